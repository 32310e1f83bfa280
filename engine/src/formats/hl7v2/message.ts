import { isAscii } from 'node:buffer';
import { charsetOf, follows, guessCharset, shieldTrailing } from './charset.ts';
import type { Charset } from './charset.ts';
import { canPart, delimitersOf, usualDelimiters } from './delimiters.ts';
import type { Delimiters } from './delimiters.ts';
import { Segment, codesOf } from './segment.ts';
import type { SegmentContext } from './segment.ts';

/** What is wrong with a message that can still be read. No value of the message is in it. */
export type MessageProblem =
  /** MSH-1 and MSH-2 do not part anything; the usual delimiters are taken. */
  | 'delimiters-unusable'
  /** MSH-18 names a set that is not known; the bytes are read by what they look like. */
  | 'charset-unknown'
  /** The bytes do not follow the character set that MSH-18 names. */
  | 'charset-broken'
  /** A line that begins no segment: it was taken as the rest of the one before. */
  | 'line-continued';

/** A parsed message: its bytes, and where each segment stands in them. */
export interface Hl7Message {
  /** Exactly as read. */
  bytes: Buffer;
  /** One character per byte. */
  text: string;
  marks: Delimiters;
  charset: Charset;
  segments: readonly Segment[];
  problems: readonly MessageProblem[];
}

/** Segments that a message may have. */
const mostSegments = 200_000;

/**
 * Parse one message: find its delimiters, character set and segments, and nothing more. Undefined
 * when there is no MSH segment, nothing that can part its fields, or more segments than any message
 * has.
 */
export function parseMessage(bytes: Buffer): Hl7Message | undefined {
  const message = parseUpTo(bytes, mostSegments + 1);
  return message === undefined || message.segments.length > mostSegments ? undefined : message;
}

/** Bytes in which a header is looked for first, and then: nearly all are far shorter. */
const headLengths = [2 * 1024, 64 * 1024] as const;

/**
 * The same of the first segment alone, by the same rules: as `parseMessage` has it, or undefined
 * where that finds none. Quick whatever is behind it. Of a longer one than any header is, the
 * beginning.
 */
export function parseHead(bytes: Buffer): Hl7Message | undefined {
  let head: Hl7Message | undefined;
  for (const length of headLengths) {
    const piece = bytes.subarray(0, length);
    head = parseUpTo(piece, 2);
    // The set that it names is kept to only if all bytes follow it, and can hide delimiters.
    if (head !== undefined && head.charset.trailing !== 'never') return parseUpTo(bytes, 2);
    // Where a second segment begins, the first one is whole.
    if (piece.length === bytes.length || head?.segments.length === 2) break;
  }
  return head;
}

/** Parse the first segments, `most` of them at most. */
function parseUpTo(bytes: Buffer, most: number): Hl7Message | undefined {
  let text = bytes.toString('latin1');
  const start = startOf(text);
  if (!text.startsWith('MSH', start) || !canPart(text.charAt(start + 3))) return undefined;
  const problems = new Set<MessageProblem>();
  const named = delimitersOf(text.slice(start, start + 16));
  if (named === undefined) problems.add('delimiters-unusable');
  const marks = named ?? usualDelimiters;
  const ascii = isAscii(bytes) && !bytes.includes(escapeByte);
  const charset = ascii ? asciiCharset : charsetFor(text, start, marks, bytes, problems);
  let units: SegmentContext['units'] = bytes;
  if (charset.trailing !== 'never') {
    text = shieldTrailing(text, charset.trailing);
    units = Uint16Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  }
  const escapes = marks.escape !== '' && text.indexOf(marks.escape, start + 9) >= 0;
  const nested = marks.subcomponent !== '' && text.indexOf(marks.subcomponent, start + 9) >= 0;
  const coded = !ascii || escapes;
  const context = { text, units, marks, codes: codesOf(marks), charset, coded, nested };
  const segments = segmentsOf(context, start, problems, most);
  return { bytes, text, marks, charset, segments, problems: [...problems] };
}

/** Shifts to another set in ISO 2022. */
const escapeByte = 0x1b;

const asciiCharset = charsetOf('ASCII') as Charset;

/** A byte order mark, an MLLP start block and blank lines may stand before a message. */
function startOf(text: string): number {
  let at = text.startsWith('\xef\xbb\xbf') ? 3 : 0;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x0d && code !== 0x0a && code !== 0x0b && code !== 0x20) return at;
    at++;
  }
}

function charsetFor(
  text: string,
  start: number,
  marks: Delimiters,
  bytes: Buffer,
  problems: Set<MessageProblem>,
): Charset {
  const end = /[\r\n]/.exec(text.slice(start))?.index ?? text.length;
  const header = text.slice(start, start + end).split(marks.field, 20);
  // MSH-1 is the separator itself, so MSH-18 is the part at 17.
  const names = (header[17] ?? '').split(marks.repetition).map((name) => name.trim());
  const sets = names.map((name) => charsetOf(name));
  if (sets.includes(undefined)) problems.add('charset-unknown');
  // ASCII with further sets: those are what the bytes above it, or after a shift, belong to.
  const declared = sets.find((set) => set !== undefined && set.name !== 'ASCII');
  if (declared === undefined) return guessCharset(bytes);
  if (follows(declared, bytes)) return declared;
  problems.add('charset-broken');
  return guessCharset(bytes);
}

function segmentsOf(
  context: SegmentContext,
  from: number,
  problems: Set<MessageProblem>,
  most: number,
): Segment[] {
  const { text, codes } = context;
  const segments: Segment[] = [];
  const ends = new LineEnds(text);
  let start = from;
  while (start < text.length && segments.length < most) {
    let next = ends.find(start);
    while (next < text.length && !beginsSegment(text, next, codes.field)) {
      problems.add('line-continued');
      next = ends.find(next);
    }
    segments.push(new Segment(nameAt(text, start), start, ends.end, context));
    start = next;
  }
  return segments;
}

/** Finds where lines end: each kind of end is searched for once and remembered. */
class LineEnds {
  readonly #text: string;
  #return = -1;
  #feed = -1;
  #block = -1;
  /** Where the line found last ends. */
  end = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The start of the line after the one that `from` is in; the text's length when it is the last. */
  find(from: number): number {
    const text = this.#text;
    if (this.#return < from) this.#return = indexOrEnd(text, '\r', from);
    if (this.#feed < from) this.#feed = indexOrEnd(text, '\n', from);
    if (this.#block < from) this.#block = indexOrEnd(text, endBlock, from);
    this.end = Math.min(this.#return, this.#feed, this.#block);
    let next = this.end;
    while (next < text.length && isBetweenLines(text.charCodeAt(next))) next++;
    return next;
  }
}

function indexOrEnd(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from);
  return at < 0 ? text.length : at;
}

/** Ends a message in MLLP. */
const endBlock = String.fromCharCode(0x1c);

/** Line ends, MLLP's marks, and blanks before a segment's name. */
function isBetweenLines(code: number): boolean {
  return code === 0x0d || code === 0x0a || code === 0x0b || code === 0x1c || code === 0x20;
}

/** A line that begins a segment: three letters or digits, and its end or the field separator. */
function beginsSegment(text: string, at: number, field: number): boolean {
  const after = text.charCodeAt(at + 3);
  if (after !== field && !Number.isNaN(after) && after !== 0x0d && after !== 0x0a) return false;
  return (
    isLetter(text.charCodeAt(at)) &&
    isWord(text.charCodeAt(at + 1)) &&
    isWord(text.charCodeAt(at + 2))
  );
}

const isLetter = (code: number): boolean => code >= 0x41 && code <= 0x5a;
const isWord = (code: number): boolean => isLetter(code) || (code >= 0x30 && code <= 0x39);

const names = new Map<number, string>();

/** More names than the standard and its users have. */
const mostNames = 1000;

/** The name of a segment: one string for all of that name, so that comparing two costs nothing. */
function nameAt(text: string, start: number): string {
  const first = text.charCodeAt(start);
  const key = (((first << 8) | text.charCodeAt(start + 1)) << 8) | text.charCodeAt(start + 2);
  let name = names.get(key);
  if (name === undefined) {
    // A property's name is interned by the engine, unlike a part of a text.
    [name = ''] = Object.keys({ [text.slice(start, start + 3)]: 0 });
    if (names.size < mostNames) names.set(key, name);
  }
  return name;
}
