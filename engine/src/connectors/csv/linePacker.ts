import { openLineReader } from '../../formats/rowReader.ts';
import { keySeparator, type LineMark, type RecordBatch } from '../../model/record.ts';
import type { ReadRequest } from '../../model/source.ts';
import type { FileHead } from './lineFile.ts';

/** Packs records into batches: the bytes as they stand in the file, without what ends the line. */
export class LinePacker {
  readonly #request: Pick<ReadRequest, 'stream' | 'records' | 'bytes'>;
  readonly #head: FileHead;
  /** Positions of the key's columns, rising, and which of them each part of the key is. */
  readonly #places: readonly number[];
  readonly #order: readonly number[];
  readonly #reader: ReturnType<typeof openLineReader>;
  #bytes: Buffer;
  #offsets = new Uint32Array(256);
  #lines: LineMark[] = [];
  #nextLine = -1;
  count = 0;
  filled = 0;

  constructor(request: Pick<ReadRequest, 'stream' | 'records' | 'bytes'>, head: FileHead) {
    const { stream } = request;
    const places = stream.key.map((name) => stream.columns.findIndex((one) => one.name === name));
    this.#request = request;
    this.#head = head;
    this.#places = places.toSorted((one, other) => one - other);
    this.#order = places.map((place) => this.#places.indexOf(place));
    this.#reader = openLineReader(head.layout, []);
    this.#bytes = Buffer.allocUnsafeSlow(startBytes);
  }

  /** Whether a record of this size no longer fits into the batch at hand. */
  isFullFor(size: number): boolean {
    const { records, bytes } = this.#request;
    return this.count > 0 && (this.count === records || this.filled + size > bytes);
  }

  /** Add `source[start … end]`, which begins in this line. */
  add(source: Buffer, start: number, end: number, line: number): void {
    const filled = this.filled + end - start;
    if (filled > this.#bytes.length) this.#grow(filled);
    source.copy(this.#bytes, this.filled, start, end);
    this.filled = filled;
    if (line !== this.#nextLine) this.#lines.push([this.count, line]);
    this.#nextLine = line + 1;
    this.count++;
    if (this.count === this.#offsets.length) this.#growOffsets();
    this.#offsets[this.count] = filled;
  }

  /** Hand out what was added; the next batch has memory of its own. */
  take(cursor: string): RecordBatch {
    const batch: RecordBatch = {
      stream: this.#request.stream.name,
      mediaType: this.#head.mediaType,
      bytes: this.#bytes.subarray(0, this.filled),
      offsets: this.#offsets.slice(0, this.count + 1),
      keys: [],
      cursor,
      lines: this.#lines,
    };
    const keyed = { ...batch, keys: this.#keysOf(batch) };
    this.#bytes = Buffer.allocUnsafeSlow(this.filled + startBytes);
    this.#lines = [];
    this.#nextLine = -1;
    this.count = 0;
    this.filled = 0;
    return keyed;
  }

  /** No key where it has no part, or where the record cannot be read that far. */
  #keysOf(batch: RecordBatch): string[] {
    const keys: string[] = [];
    if (this.#places.length > 0) this.#reader.open(batch);
    for (let ordinal = 0; ordinal < this.count; ordinal++) {
      const parts =
        this.#places.length > 0 ? this.#reader.fields(ordinal, this.#places) : undefined;
      const has = parts?.some((part) => part !== null && part !== '') === true;
      keys.push(has ? this.#order.map((at) => parts?.[at] ?? '').join(keySeparator) : '');
    }
    return keys;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.filled);
    this.#bytes = larger;
  }

  #growOffsets(): void {
    const larger = new Uint32Array(this.#offsets.length * 2);
    larger.set(this.#offsets);
    this.#offsets = larger;
  }
}

const startBytes = 1024;
