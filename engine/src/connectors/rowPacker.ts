import type { LineMark, RecordBatch, RecordMediaType } from '../model/record.ts';
import type { ReadRequest } from '../model/source.ts';
import type { Cursor } from '../model/stream.ts';

/** A row on its way into a batch. */
export interface PackedRow {
  /** COPY text without a line end; bytes where they are no UTF-8, to be held as they are. */
  line: string | Buffer;
  key: string;
  /** The place after it. */
  cursor: Cursor;
  /** The line or row of the file it was read from, if it is one. */
  place?: number;
}

/** Packs records that came one by one, as rows of a driver do, into batches within the bounds of a request. */
export class RowPacker {
  readonly #request: Pick<ReadRequest, 'stream' | 'records' | 'bytes'>;
  #bytes = Buffer.allocUnsafeSlow(startBytes);
  #offsets = new Uint32Array(256);
  #keys: string[] = [];
  #cursor: Cursor = '';
  #lines: LineMark[] = [];
  #nextPlace = -1;
  #filled = 0;

  readonly #mediaType: RecordMediaType;

  constructor(
    request: Pick<ReadRequest, 'stream' | 'records' | 'bytes'>,
    mediaType: RecordMediaType = 'text/x-copy',
  ) {
    this.#request = request;
    this.#mediaType = mediaType;
  }

  /** Add a row; the answer is the batch that it no longer fitted into. */
  add({ line, key, cursor, place }: PackedRow): RecordBatch | undefined {
    const count = this.#keys.length;
    const end = this.#write(line);
    const full = count === this.#request.records || end > this.#request.bytes;
    const batch = count > 0 && full ? this.#take(end) : undefined;
    this.#filled = batch === undefined ? end : end - batch.bytes.length;
    if (place !== undefined) this.#mark(place);
    this.#keys.push(key);
    this.#cursor = cursor;
    this.#setOffset(this.#keys.length, this.#filled);
    return batch;
  }

  /** The last batch, if anything is left. */
  finish(): RecordBatch | undefined {
    return this.#keys.length > 0 ? this.#take(this.#filled) : undefined;
  }

  /** Note where the next record stands, unless that follows from the one before it. */
  #mark(place: number): void {
    const ordinal = this.#keys.length;
    if (ordinal === 0 || place !== this.#nextPlace) this.#lines.push([ordinal, place]);
    this.#nextPlace = place + 1;
  }

  /** Write behind what is there; the answer is where it ends. */
  #write(line: string | Buffer): number {
    const at = this.#filled;
    // A character takes at most three bytes for each of its 16-bit units.
    this.#reserve(at + (typeof line === 'string' ? line.length * 3 : line.length));
    if (typeof line === 'string') return at + this.#bytes.write(line, at, 'utf8');
    return at + line.copy(this.#bytes, at);
  }

  #reserve(needed: number): void {
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#filled);
    this.#bytes = larger;
  }

  /** Hand out what was added; a row written behind it moves to the next batch's own memory. */
  #take(written: number): RecordBatch {
    const rest = this.#bytes.subarray(this.#filled, written);
    const batch: RecordBatch = {
      stream: this.#request.stream.name,
      mediaType: this.#mediaType,
      bytes: this.#bytes.subarray(0, this.#filled),
      offsets: this.#offsets.slice(0, this.#keys.length + 1),
      keys: this.#keys,
      cursor: this.#cursor,
      ...(this.#lines.length > 0 && { lines: this.#lines }),
    };
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(this.#filled, rest.length) + startBytes);
    rest.copy(this.#bytes);
    this.#keys = [];
    this.#lines = [];
    this.#filled = 0;
    return batch;
  }

  #setOffset(at: number, offset: number): void {
    if (at === this.#offsets.length) {
      const larger = new Uint32Array(this.#offsets.length * 2);
      larger.set(this.#offsets);
      this.#offsets = larger;
    }
    this.#offsets[at] = offset;
  }
}

const startBytes = 1024;
