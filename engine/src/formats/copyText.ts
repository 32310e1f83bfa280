import { isAscii, isUtf8 } from 'node:buffer';
import type { RecordBatch } from '../model/record.ts';

/**
 * One record of a table: `null` is NULL, `''` is empty text, `undefined` is a column that was not
 * asked for.
 */
export type Row = (string | null | undefined)[];

/** Why a record cannot be read as a row. */
export type CopyProblem =
  /** Bytes that are not UTF-8: an encoding declared wrongly, or damage. */
  | 'encoding-invalid'
  | 'field-count'
  | 'escape-invalid'
  /** A cell of a worksheet that holds no value but an error. */
  | 'cell-error'
  | 'value-too-large';

/**
 * PostgreSQL's COPY text format (PostgreSQL documentation, COPY, "Text Format"): fields parted by a
 * tab, `\N` for NULL, and a backslash before what would otherwise end a field or a line.
 */
export function encodeCopyRow(row: readonly (string | null)[]): string {
  return row.map((field) => (field === null ? '\\N' : escapeField(field))).join('\t');
}

/**
 * A field of which no value can be made: a byte that no text holds, then what is there instead. Whoever
 * reads the field is told so, and a record is held only where the field is read.
 */
export function encodeCopyError(what: string): string {
  return errorMark + escapeField(what);
}

const errorMark = '\\377';

/** What {@link encodeCopyError} says of a value that the source did not give for its size. */
export const valueTooLarge = 'value-too-large';

function escapeField(field: string): string {
  return escapable.test(field)
    ? field.replace(/[\\\t\n\r\b\f\v]/g, (character) => escapeOf.get(character) as string)
    : field;
}

// oxlint-disable-next-line no-control-regex -- these are the characters that the format escapes
const escapable = /[\\\t\n\r\x08\f\v]/;

const escapeOf: ReadonlyMap<string, string> = new Map([
  ['\\', '\\\\'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\v', '\\v'],
]);

/**
 * Reads the rows of packed batches. Only the wanted columns become strings; of the others it is
 * counted how many records hold a value (neither NULL nor empty), so that nothing unread is unseen.
 */
export class CopyReader {
  readonly #wanted: readonly boolean[];
  /** Populated values met so far, by the position of their column; wanted columns stay at 0. */
  readonly populated: Uint32Array;
  #batch: RecordBatch | undefined;
  /** The whole batch as text when it is ASCII, where offsets in bytes and characters agree. */
  #ascii: string | undefined;
  #utf8 = false;

  readonly #empty: '' | null;

  /** `wanted` has one entry for each column; `empty` is what a text without characters is read as. */
  constructor(wanted: readonly boolean[], empty: '' | null = '') {
    this.#wanted = wanted;
    this.#empty = empty;
    this.populated = new Uint32Array(wanted.length);
  }

  /** Turn to a batch; its bytes are checked once as a whole. */
  open(batch: RecordBatch): void {
    const bytes = batch.bytes.subarray(batch.offsets[0], batch.offsets.at(-1));
    this.#batch = batch;
    this.#ascii = isAscii(bytes)
      ? batch.bytes.toString('latin1', 0, batch.offsets.at(-1))
      : undefined;
    this.#utf8 = this.#ascii !== undefined || isUtf8(bytes);
  }

  /** Put record `ordinal` of the opened batch into `row`; the answer is the problem, if any. */
  read(ordinal: number, row: Row): CopyProblem | undefined {
    const batch = this.#batch as RecordBatch;
    const start = batch.offsets[ordinal] as number;
    const end = batch.offsets[ordinal + 1] as number;
    if (this.#ascii !== undefined) return this.#split(this.#ascii, start, end, row);
    if (!this.#recordIsUtf8(batch.bytes, start, end)) return 'encoding-invalid';
    const text = batch.bytes.toString('utf8', start, end);
    return this.#split(text, 0, text.length, row);
  }

  /**
   * A valid batch can still be cut inside a character, but then one side of the cut begins with a
   * continuation byte; a cut elsewhere leaves valid parts.
   */
  #recordIsUtf8(bytes: Buffer, start: number, end: number): boolean {
    if (!this.#utf8) return isUtf8(bytes.subarray(start, end));
    return !isContinuation(bytes[start]) && (end === bytes.length || !isContinuation(bytes[end]));
  }

  #split(text: string, start: number, end: number, row: Row): CopyProblem | undefined {
    const wanted = this.#wanted;
    const last = wanted.length - 1;
    let at = start;
    for (let column = 0; column <= last; column++) {
      let stop = text.indexOf('\t', at);
      if (stop === -1 || stop > end) stop = end;
      if (stop === end && column !== last) return 'field-count';
      if (wanted[column] === true) {
        const field = stop === at ? this.#empty : decodeField(text.slice(at, stop));
        if (field === undefined) {
          if (text.startsWith(errorMark + valueTooLarge, at)) return valueTooLarge;
          return text.startsWith(errorMark, at) ? 'cell-error' : 'escape-invalid';
        }
        row[column] = field;
      } else if (stop > at && !isNull(text, at, stop)) {
        this.populated[column] = (this.populated[column] as number) + 1;
      }
      at = stop + 1;
    }
    return at === end + 1 ? undefined : 'field-count';
  }
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function isNull(text: string, start: number, end: number): boolean {
  return (
    end - start === 2 && text.charCodeAt(start) === 0x5c && text.charCodeAt(start + 1) === 0x4e
  );
}

/** The value of one field; `undefined` when an escape makes bytes that are not UTF-8. */
function decodeField(field: string): string | null | undefined {
  if (!field.includes('\\')) return field;
  if (field === '\\N') return null;
  return /\\[x0-7]/.test(field) ? unescapeBytes(field) : unescapeLetters(field);
}

function unescapeLetters(field: string): string {
  return field.replace(/\\([^])/g, (_, letter: string) => letterOf.get(letter) ?? letter);
}

/** `\ooo` and `\xhh` stand for bytes, so such a field is undone as bytes. */
function unescapeBytes(field: string): string | undefined {
  const latin = Buffer.from(field, 'utf8').toString('latin1');
  const undone = latin.replace(
    /\\(?:x([0-9a-f]{1,2})|([0-7]{1,3})|([^]))/gi,
    (_, hex: string | undefined, octal: string | undefined, letter: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
      return letterOf.get(letter) ?? letter;
    },
  );
  const bytes = Buffer.from(undone, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

const letterOf: ReadonlyMap<string, string> = new Map([
  ['t', '\t'],
  ['n', '\n'],
  ['r', '\r'],
  ['b', '\b'],
  ['f', '\f'],
  ['v', '\v'],
]);
