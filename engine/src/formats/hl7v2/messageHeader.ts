import { delimitersOf, usualDelimiters } from './delimiters.ts';

/** What tells a message apart and orders it, as MSH has it; nothing is decoded. */
export interface MessageHeader {
  /** MSH-9.1, such as `ADT`; empty when it names no type. */
  type: string;
  /** MSH-9.2, such as `A01`. */
  event: string;
  /** MSH-3 and MSH-4: who sent it. */
  application: string;
  facility: string;
  /** MSH-7. */
  time: string;
  /** MSH-10. */
  control: string;
}

/** Characters of a header that are looked at; each of its fields is far shorter. */
const longestHeader = 16 * 1024;

/** The header of a message without parsing the rest; undefined when the bytes begin with no MSH. */
export function messageHeaderOf(bytes: Buffer): MessageHeader | undefined {
  const text = bytes.toString('latin1', 0, Math.min(bytes.length, longestHeader));
  const start = /^(?:\xef\xbb\xbf)?\s*(?=MSH)/.exec(text)?.[0].length;
  if (start === undefined) return undefined;
  const [line = ''] = text.slice(start).split(/[\r\n]/, 1);
  const marks = delimitersOf(line) ?? usualDelimiters;
  // MSH-1 is the separator itself, so MSH-n is the part at n - 1.
  const fields = line.split(marks.field, 11);
  const field = (number: number): string => (fields[number - 1] ?? '').trim();
  const [type = '', event = ''] = field(9).split(marks.component);
  return {
    type: /^[A-Z][A-Z0-9]{2}$/.test(type) ? type : '',
    event,
    application: field(3),
    facility: field(4),
    time: field(7).split(marks.component, 1)[0] ?? '',
    control: field(10),
  };
}
