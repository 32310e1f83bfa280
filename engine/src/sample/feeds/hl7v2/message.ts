import type { WrittenField, WrittenSegment } from '../../../formats/hl7v2/writer.ts';
import { addMinutes, clockTime, isoInstant, legacyDate } from '../../calendar.ts';
import type { Day, LocalMinute } from '../../calendar.ts';
import type { Person } from '../../people.ts';
import type { Expected } from '../../table.ts';

/** A message before its sender has put a header on it. */
export interface FeedMessage {
  sent: LocalMinute;
  type: string;
  event: string;
  person: Person;
  /** What follows the header. */
  segments: readonly WrittenSegment[];
  makes: Readonly<Record<string, number>>;
  /** Rows of the tables that say the same. */
  tells: readonly Expected[];
}

/** A segment from its fields by their numbers. */
export function segment(
  name: string,
  fields: Readonly<Record<number, WrittenField>>,
): WrittenSegment {
  const first = name === 'MSH' || name === 'FHS' || name === 'BHS' ? 3 : 1;
  const numbers = Object.keys(fields).map(Number);
  const length = Math.max(first, ...numbers) - first + 1;
  return { name, fields: Array.from({ length }, (_, at) => fields[at + first]) };
}

export const date = (day: Day): string => legacyDate(day, 'yyyyMMdd');

/** `yyyyMMddHHmm`, as the clocks of the house showed. */
export function minute({ day, minute: at }: LocalMinute): string {
  return date(day) + clockTime(at).replace(':', '');
}

/** The same with seconds and the offset from UTC. */
export function instant(at: LocalMinute): string {
  return `${minute(at)}00${isoInstant(at).slice(-6).replace(':', '')}`;
}

export const later = addMinutes;

/** Local code first, the standard one beside it. */
export function coded(
  local: string,
  text: string,
  standard?: readonly [code: string, system: string],
): string[] {
  return standard === undefined
    ? [local, text, 'L']
    : [local, text, 'L', standard[0], text, standard[1]];
}
