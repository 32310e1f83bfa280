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
}

/** `text/x-copy` is PostgreSQL's COPY text format without the line end. */
export type RecordMediaType = 'text/x-copy' | 'application/json';

/** Separates the parts of a composite source key. */
export const keySeparator = '\u001f';
