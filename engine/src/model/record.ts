import type { Cursor } from './stream.ts';

/**
 * Records of one slice exactly as read, packed: record `i` is `bytes[offsets[i] … offsets[i + 1]]`.
 * Packed because a million small objects cost more than the work done on them.
 */
export interface RecordBatch {
  stream: string;
  mediaType: RecordMediaType;
  bytes: Buffer;
  /** `count + 1` byte offsets into `bytes`, rising. */
  offsets: Uint32Array;
  /** One source key per record (several key columns joined by U+001F); empty text: no key. */
  keys: readonly string[];
  /** The place after the last record. */
  cursor: Cursor;
  /** Lines of the file that the records were read from, if it is one. */
  lines?: readonly LineMark[];
}

/**
 * `text/x-copy` is PostgreSQL's COPY text format without the line end. `text/csv` and
 * `text/x-fixed-width` are lines of a file as they stand in it, again without the line end; their
 * parameters say how to read them (`recordLayout.ts`).
 */
export type RecordMediaType =
  | 'text/x-copy'
  | 'application/json'
  | `text/csv;${string}`
  | `text/x-fixed-width;${string}`
  | DocumentMediaType;

/** Records that are documents of a published standard, exactly as they stood in their file. */
export type DocumentMediaType =
  'x-application/hl7-v2+er7' | 'application/cda+xml' | 'application/edi-x12';

/** The record with this ordinal begins in this line (from 1); those after it, a line later each. */
export type LineMark = readonly [ordinal: number, line: number];

/** The line in which a record begins; undefined when its batch was not read from lines. */
export function lineOf(
  marks: readonly LineMark[] | undefined,
  ordinal: number,
): number | undefined {
  const mark = marks?.findLast(([first]) => first <= ordinal);
  return mark && mark[1] + ordinal - mark[0];
}

/** Separates the parts of a composite source key. */
export const keySeparator = '\u001f';
