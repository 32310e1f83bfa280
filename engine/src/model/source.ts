import type { Cursor, Slice, Stream } from './stream.ts';
import type { ObjectSink } from './largeObject.ts';
import type { RecordBatch } from './record.ts';

/**
 * A system read from. The contract, shown by the source conformance suite:
 * - `open` connects and takes the snapshot, if the source has one; `close` gives both back and may
 *   be called twice.
 * - `streams` lists everything there is, not only what the plan names: what is not named needs a
 *   disposition.
 * - `read` yields batches in the total order of the slice, strictly after `after`; the same request
 *   on the same snapshot yields the same records in the same order, though perhaps cut into other
 *   batches. Nothing is skipped: what cannot be read is thrown with the place.
 */
export interface Source {
  open(signal: AbortSignal): Promise<void>;
  /** Name of the one snapshot all slices are read under; another process passes it to `read`. */
  snapshot(): string | undefined;
  streams(): Promise<Stream[]>;
  /** The same without counts, for a source that has to read a stream to count it. */
  describe?(): Promise<Stream[]>;
  /** Cut a stream into about `want` slices, fewer if it is small. */
  slices(stream: Stream, want: number): Promise<Slice[]>;
  read(request: ReadRequest, signal: AbortSignal): AsyncIterable<RecordBatch>;
  /**
   * Columns and key of a stream as they stand at this moment, whatever an older snapshot still
   * shows; undefined when the stream is gone. A source without it answers by {@link streams}.
   */
  layout?(stream: Stream): Promise<Pick<Stream, 'columns' | 'key'> | undefined>;
  /** How many records of a stream hold a value (neither null nor empty), by column. */
  probe?(stream: Stream): Promise<ReadonlyMap<string, number>>;
  close(): Promise<void>;
}

export interface ReadRequest {
  stream: Stream;
  slice: Slice;
  /**
   * Read under this snapshot (named by the process that holds it) instead of one's own.
   * Throws `snapshot-lost` when it is gone: the stream is then started again.
   */
  snapshot?: string;
  after?: Cursor;
  /**
   * Only records whose `columns` together hold one of these texts are of use (several columns joined
   * by U+001F). A source may use it to read less, by an index; it may as well yield all the others.
   */
  where?: { columns: readonly string[]; keys: ReadonlySet<string> };
  /** No batch holds more records than this. */
  records: number;
  /** No batch holds more bytes than this, large objects included, unless one record alone does. */
  bytes: number;
  /** Where large objects of the records go; absent: nobody wants them. */
  objects?: ObjectSink;
}

export interface SourceCapabilities {
  /** Every slice can be read as of one instant. */
  snapshot: boolean;
  slices: boolean;
  counts: boolean;
  /** Change capture after the snapshot. */
  follow: boolean;
  /** Deletions are seen as records. */
  deletions: boolean;
}
