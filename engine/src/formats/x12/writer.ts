import type { Delimiters } from './delimiters.ts';
import type { X12Segment } from './segment.ts';

/** An element to write: a text, the components of a composite, or repetitions of either. */
export type Written = string | readonly (string | readonly string[])[];

export class X12WriteError extends Error {
  readonly code = 'x12-write-delimiter';
  constructor(segment: string, element: number) {
    super(`${segment}-${element}: the value holds a delimiter, and X12 has no escape for one`);
    this.name = 'X12WriteError';
  }
}

/** A segment put together again from its smallest parts, with what stood before it. */
export function rewriteSegment(segment: X12Segment, by: Delimiters): string {
  const elements = segment.raw.split(by.element).map((element) => {
    if (segment.id === 'ISA') return element;
    const repetitions = by.repetition === undefined ? [element] : element.split(by.repetition);
    const parted = repetitions.map((each) => each.split(by.component).join(by.component));
    return parted.join(by.repetition ?? '');
  });
  return segment.before + elements.join(by.element) + by.terminator;
}

/**
 * A new segment; empty elements and components at its end are left out, as the standard asks.
 * @throws X12WriteError for a value that holds a delimiter.
 */
export function writeSegment(id: string, elements: readonly Written[], by: Delimiters): string {
  const parts = elements.map((element, at) => {
    if (typeof element === 'string') return plain(element, id, at + 1, by);
    const repetitions = element.map((each) =>
      typeof each === 'string'
        ? plain(each, id, at + 1, by)
        : trimmed(each.map((part) => plain(part, id, at + 1, by))).join(by.component),
    );
    if (repetitions.length > 1 && by.repetition === undefined) throw new X12WriteError(id, at + 1);
    return repetitions.join(by.repetition ?? '');
  });
  return [id, ...trimmed(parts)].join(by.element) + by.terminator;
}

function plain(value: string, id: string, element: number, by: Delimiters): string {
  for (const character of Object.values(by) as (string | undefined)[]) {
    if (character !== undefined && value.includes(character)) throw new X12WriteError(id, element);
  }
  return value;
}

function trimmed(parts: readonly string[]): string[] {
  let end = parts.length;
  while (end > 0 && parts[end - 1] === '') end--;
  return parts.slice(0, end);
}

/** What an ISA says, apart from its delimiters. */
export interface HeaderValues {
  /** ISA05 and ISA06, ISA07 and ISA08: qualifier and number. */
  sender: readonly [qualifier: string, id: string];
  receiver: readonly [qualifier: string, id: string];
  /** ISA09 `YYMMDD` and ISA10 `HHMM`. */
  date: string;
  time: string;
  /** ISA13, nine digits. */
  control: string;
  /** ISA15: `P`, or `T` for a test. */
  usage: string;
}

/** An ISA of 5010, with every element as wide as it must be. */
export function writeHeader(values: HeaderValues, by: Delimiters): string {
  const { sender, receiver, date, time, control, usage } = values;
  const none = ['00', ' '.repeat(10)];
  const parties = [...sender, ...receiver].map((each, at) => fit(each, at % 2 === 0 ? 2 : 15));
  const version = [by.repetition ?? 'U', '00501'];
  const numbers = [control.padStart(9, '0').slice(-9), '0', fit(usage, 1), by.component];
  const elements = [
    ...none,
    ...none,
    ...parties,
    fit(date, 6),
    fit(time, 4),
    ...version,
    ...numbers,
  ];
  return ['ISA', ...elements].join(by.element) + by.terminator;
}

const fit = (value: string, width: number): string => value.padEnd(width).slice(0, width);
