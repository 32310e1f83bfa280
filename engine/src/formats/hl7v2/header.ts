import { usualDelimiters } from './delimiters.ts';
import type { Delimiters } from './delimiters.ts';
import { parseMessage } from './message.ts';
import type { Segment } from './segment.ts';

/** What the first line of a message says; the rest of it is not looked at. */
export interface MessageHeader {
  segment: Segment;
  marks: Delimiters;
  /** Whether MSH-1 and MSH-2 part anything. */
  isUsable: boolean;
}

/** A first line is no longer than this. */
const longestHeader = 64 * 1024;

/** The MSH of a message; undefined when it does not begin with one. */
export function headerOf(message: Buffer): MessageHeader | undefined {
  const parsed = parseMessage(message.subarray(0, endOfHeader(message)));
  const segment = parsed?.segments[0];
  if (parsed === undefined || segment === undefined) return undefined;
  const isUsable = !parsed.problems.includes('delimiters-unusable');
  return { segment, marks: isUsable ? parsed.marks : usualDelimiters, isUsable };
}

/** Line ends and marks may stand before the header. */
function endOfHeader(message: Buffer): number {
  let at = 0;
  while (at < message.length && (message[at] as number) <= 0x20) at++;
  while (at < message.length && message[at] !== 0x0d && message[at] !== 0x0a) at++;
  return Math.min(at, longestHeader);
}

/** Component `number`, from 1, of the first repetition of a field, as it is written. */
export function rawComponent(header: MessageHeader, field: number, number: number): string {
  const [first = ''] = header.segment.field(field).split(header.marks.repetition, 1);
  return first.split(header.marks.component, number)[number - 1] ?? '';
}

/**
 * MSH-9.1, such as `ADT`, by the names that the standard's own have. Undefined for anything else: what
 * stands there is then no name but a value.
 */
export function messageType(header: MessageHeader): string | undefined {
  const type = rawComponent(header, 9, 1);
  return /^[A-Z][A-Z0-9]{2}$/.test(type) ? type : undefined;
}
