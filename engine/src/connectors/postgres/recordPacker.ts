import { keySeparator, type RecordBatch } from '../../model/record.ts';
import { encodeCopyError, valueTooLarge } from '../../formats/copyText.ts';
import { fieldText } from './copyField.ts';

const newline = 0x0a;
const error = encodeCopyError(valueTooLarge);

export interface PackerOptions {
  stream: string;
  /** Bounds of a batch, as in `ReadRequest`. */
  records: number;
  bytes: number;
  /** Positions of the key columns; empty for a stream without a key. */
  keyColumns: readonly number[];
  /** Text that stands in these columns for bytes that are too many: the record is marked instead. */
  oversize?: { mark: string; columns: readonly number[] };
  /** The cursor after a record: from its key, or from how many records have passed. */
  cursor: (key: readonly string[], passed: number) => string;
}

/**
 * Turns COPY text, cut anywhere, into batches. A newline always ends a row, for COPY escapes those
 * inside values. Rows are copied once, from the network's chunk to where the batch keeps them.
 */
export class RecordPacker {
  readonly #options: PackerOptions;
  #bytes: Buffer;
  #offsets: Uint32Array;
  #keys: string[] = [];
  /** End of the last whole record; what follows up to `#filled` is the start of the next. */
  #filled = 0;
  #count = 0;
  #passed = 0;

  constructor(options: PackerOptions) {
    this.#options = options;
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(options.bytes, 256 * 1024) + 1024);
    this.#offsets = new Uint32Array(Math.min(options.records, 4096) + 1);
  }

  /** Take in a chunk; yields the batches that it fills. */
  *add(chunk: Buffer): Generator<RecordBatch> {
    let at = 0;
    while (at < chunk.length) {
      const end = chunk.indexOf(newline, at);
      if (end < 0) {
        this.#append(chunk, at, chunk.length);
        return;
      }
      this.#append(chunk, at, end);
      at = end + 1;
      if (this.#count > 0 && this.#filled > this.#options.bytes) yield this.#cut();
      this.#endRecord();
      if (this.#count === this.#options.records) yield this.#cut();
    }
  }

  /** The last batch, if anything is left. */
  *finish(): Generator<RecordBatch> {
    if (this.#count > 0) yield this.#cut();
  }

  #append(chunk: Buffer, start: number, end: number): void {
    const needed = this.#filled + end - start;
    if (needed > this.#bytes.length) this.#grow(needed);
    chunk.copy(this.#bytes, this.#filled, start, end);
    this.#filled = needed;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#filled);
    this.#bytes = larger;
  }

  #endRecord(): void {
    const start = this.#offsets[this.#count] as number;
    if (this.#options.oversize !== undefined) this.#markOversize(start, this.#options.oversize);
    this.#keys.push(this.#keyOf(start));
    this.#count++;
    if (this.#count === this.#offsets.length) {
      const larger = new Uint32Array(this.#offsets.length * 2);
      larger.set(this.#offsets);
      this.#offsets = larger;
    }
    this.#offsets[this.#count] = this.#filled;
  }

  #markOversize(start: number, { mark, columns }: NonNullable<PackerOptions['oversize']>): void {
    const record = this.#bytes.subarray(start, this.#filled);
    if (!record.includes(mark)) return;
    const fields = record.toString('latin1').split('\t');
    const marked = fields.map((field, at) =>
      field === mark && columns.includes(at) ? error : field,
    );
    const written = Buffer.from(marked.join('\t'), 'latin1');
    this.#filled = start;
    this.#append(written, 0, written.length);
  }

  #keyOf(start: number): string {
    const { keyColumns } = this.#options;
    if (keyColumns.length === 1) {
      return fieldText(this.#bytes, start, this.#filled, keyColumns[0] as number);
    }
    return this.#keyParts(start, this.#filled).join(keySeparator);
  }

  #keyParts(start: number, end: number): string[] {
    return this.#options.keyColumns.map((column) => fieldText(this.#bytes, start, end, column));
  }

  /** Hand out the whole records; a started one moves to the next batch's own memory. */
  #cut(): RecordBatch {
    const { stream, cursor } = this.#options;
    const end = this.#offsets[this.#count] as number;
    const last = this.#keyParts(this.#offsets[this.#count - 1] as number, end);
    this.#passed += this.#count;
    const batch: RecordBatch = {
      stream,
      mediaType: 'text/x-copy',
      bytes: this.#bytes.subarray(0, end),
      offsets: this.#offsets.slice(0, this.#count + 1),
      keys: this.#keys,
      cursor: cursor(last, this.#passed),
    };
    this.#startBatch(end);
    return batch;
  }

  #startBatch(from: number): void {
    const rest = this.#bytes.subarray(from, this.#filled);
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(from, rest.length) + 1024);
    rest.copy(this.#bytes);
    this.#filled = rest.length;
    this.#keys = [];
    this.#count = 0;
    this.#offsets[0] = 0;
  }
}
