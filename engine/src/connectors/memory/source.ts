import { encodeCopyRow } from '../../formats/copyText.ts';
import { keySeparator, type RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import type { Slice, Stream } from '../../model/stream.ts';
import { snapshotLost, sourceClosed, streamMissing } from '../sourceFailure.ts';

/** One table of a source that lives in memory. */
export interface MemoryTable {
  stream: Stream;
  /** Text of each column in the stream's order. */
  rows: readonly (readonly (string | null)[])[];
}

interface HeldTable {
  stream: Stream;
  records: HeldRecord[];
  /** Values that are neither null nor empty, by column. */
  populated: ReadonlyMap<string, number>;
}

interface HeldRecord {
  key: string;
  line: Buffer;
}

/**
 * A source for simulations: tables as values, read as COPY text like those of PostgreSQL. `open`
 * takes the snapshot; the tables may change afterwards unseen. Records come in the order of their
 * keys' bytes, without a key in the order given; a cursor is the number of records passed.
 */
export class MemorySource implements Source {
  readonly #tables: readonly MemoryTable[];
  #held: ReadonlyMap<string, HeldTable> | undefined;
  #snapshots = 0;

  constructor(tables: readonly MemoryTable[]) {
    this.#tables = tables;
  }

  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#snapshots++;
    this.#held = new Map(this.#tables.map((table) => [table.stream.name, hold(table)]));
  }

  snapshot(): string | undefined {
    return this.#held === undefined ? undefined : `memory-${this.#snapshots}`;
  }

  async streams(): Promise<Stream[]> {
    return [...this.#open().values()].map(({ stream, records }) => ({
      ...stream,
      count: records.length,
    }));
  }

  async slices(stream: Stream, want: number): Promise<Slice[]> {
    const { length } = this.#table(stream.name).records;
    const pieces = stream.key.length === 0 ? 1 : Math.max(1, Math.min(want, length));
    return Array.from({ length: pieces }, (_, at) => ({
      stream: stream.name,
      id: String(at + 1).padStart(4, '0'),
      range: JSON.stringify([
        Math.floor((at * length) / pieces),
        Math.floor(((at + 1) * length) / pieces),
      ]),
    }));
  }

  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    const { stream, slice, after, snapshot } = request;
    if (snapshot !== undefined && snapshot !== this.snapshot()) throw snapshotLost();
    const { records } = this.#table(stream.name);
    const [start, end] = JSON.parse(slice.range) as [number, number];
    for (let at = after === undefined ? start : Number(after); at < end;) {
      signal.throwIfAborted();
      const stop = cutAt(records, at, end, request);
      yield pack(stream.name, records.slice(at, stop), String(stop));
      at = stop;
    }
  }

  async probe(stream: Stream): Promise<ReadonlyMap<string, number>> {
    return this.#table(stream.name).populated;
  }

  async close(): Promise<void> {
    this.#held = undefined;
  }

  #open(): ReadonlyMap<string, HeldTable> {
    if (this.#held) return this.#held;
    throw sourceClosed();
  }

  #table(name: string): HeldTable {
    const table = this.#open().get(name);
    if (table) return table;
    throw streamMissing('table', name);
  }
}

function hold({ stream, rows }: MemoryTable): HeldTable {
  const positions = stream.key.map((name) =>
    stream.columns.findIndex((column) => column.name === name),
  );
  const records = rows.map((row) => ({
    key: positions.map((at) => row[at] ?? '').join(keySeparator),
    line: Buffer.from(encodeCopyRow(row)),
  }));
  if (stream.key.length > 0) {
    records.sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)));
  }
  const populated = new Map(
    stream.columns.map(({ name }, at) => [
      name,
      rows.filter((row) => row[at] !== null && row[at] !== '').length,
    ]),
  );
  return { stream, records, populated };
}

/** Where the batch that starts at `start` ends: bounded by records and bytes, never empty. */
function cutAt(
  records: readonly HeldRecord[],
  start: number,
  end: number,
  limits: Pick<ReadRequest, 'records' | 'bytes'>,
): number {
  let bytes = 0;
  let at = start;
  while (at < end && at - start < limits.records) {
    bytes += (records[at] as HeldRecord).line.length;
    if (at > start && bytes > limits.bytes) break;
    at++;
  }
  return at;
}

function pack(stream: string, records: readonly HeldRecord[], cursor: string): RecordBatch {
  const offsets = new Uint32Array(records.length + 1);
  records.forEach((record, at) => {
    offsets[at + 1] = (offsets[at] as number) + record.line.length;
  });
  return {
    stream,
    mediaType: 'text/x-copy',
    bytes: Buffer.concat(records.map((record) => record.line)),
    offsets,
    keys: records.map((record) => record.key),
    cursor,
  };
}
