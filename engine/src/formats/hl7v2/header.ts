import type { Delimiters } from './delimiters.ts';
import { parseHead } from './message.ts';
import type { Segment } from './segment.ts';

/** What the MSH segment of a message says; the rest of the message is not looked at. */
export interface MessageHeader {
  /** Its fields are as {@link parseMessage} has them, as they are written. */
  segment: Segment;
  marks: Delimiters;
  /** Whether MSH-1 and MSH-2 part anything; if not, the usual delimiters were taken. */
  isUsable: boolean;
}

/** The MSH of a message; undefined when it does not begin with one, or nothing can part its fields. */
export function headerOf(message: Buffer): MessageHeader | undefined {
  const head = parseHead(message);
  const segment = head?.segments[0];
  if (head === undefined || segment === undefined) return undefined;
  const { marks, problems } = head;
  return { segment, marks, isUsable: !problems.includes('delimiters-unusable') };
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
  const type = rawComponent(header, 9, 1).trim();
  return /^[A-Z][A-Z0-9]{2}$/.test(type) ? type : undefined;
}

/** What tells a message from others of its sender: MSH-3, MSH-4, MSH-10 and MSH-7 without its precision. */
export function identityOf(header: MessageHeader): string[] {
  const field = (number: number): string => header.segment.field(number).trim();
  return [field(3), field(4), field(10), rawComponent(header, 7, 1).trim()];
}
