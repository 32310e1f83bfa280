import { DatabaseSync } from 'node:sqlite';
import { HandoverError } from '../../base/errors.ts';
import { encodeCopyRow } from '../../formats/copyText.ts';
import { keySeparator, type RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import type { Slice, Stream } from '../../model/stream.ts';
import { fileFailure } from '../csv/failure.ts';
import { digestOf } from '../fileDigest.ts';
import { RowPacker } from '../rowPacker.ts';
import { snapshotLost, sourceClosed, streamMissing } from '../sourceFailure.ts';
import { withTooLarge } from '../tooLarge.ts';
import { readCatalogue, type TableLayout } from './catalogue.ts';
import type { SqliteConfiguration } from './configuration.ts';
import { sqliteFailure } from './failure.ts';
import { encodeBytes, isDoubtful, textOf, type Value } from './rows.ts';
import { bytesSql, quoted, readSql, type RowRange } from './statement.ts';

/**
 * A SQLite database, opened to be read only. One transaction from `open` to `close` shows it at one
 * instant; the snapshot's name is made of the file's digest, so that other processes read under the
 * same as long as nobody writes. Records are lines of COPY text in the order of the rows' numbers;
 * a cursor is such a number, or, where rows have none, how many have passed.
 */
export class SqliteSource implements Source {
  readonly #file: string;
  readonly #streams: SqliteConfiguration['streams'];
  readonly #largest: number;
  readonly #digest: (data: Uint8Array) => string;
  #database: DatabaseSync | undefined;
  #layouts: ReadonlyMap<string, TableLayout> = new Map();
  #snapshot: string | undefined;

  constructor(
    file: string,
    { streams, largestMiB }: Pick<SqliteConfiguration, 'streams' | 'largestMiB'>,
    digest: (data: Uint8Array) => string,
  ) {
    this.#file = file;
    this.#streams = streams;
    this.#largest = largestMiB * 1024 ** 2;
    this.#digest = digest;
  }

  /**
   * @throws HandoverError `source-file-missing`, `source-file-damaged`, `source-unavailable` when it
   * is locked or is written to all the time, `source-column-missing`.
   */
  async open(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      signal.throwIfAborted();
      const state = (): Promise<string> =>
        digestOf([this.#file, `${this.#file}-wal`], this.#digest).catch((error: unknown) => {
          throw fileFailure(error, this.#file);
        });
      const before = await state();
      this.#asking(() => this.#begin());
      if ((await state()) === before) {
        this.#snapshot = before;
        return;
      }
      await this.close();
    }
    throw new HandoverError('source-unavailable', 'the database is written to all the time', {
      next: 'Read from a copy, or when the old system stands still: handover resume',
      failure: 'transient',
    });
  }

  snapshot(): string | undefined {
    return this.#snapshot;
  }

  async streams(): Promise<Stream[]> {
    return this.#asking(() =>
      [...this.#layouts.values()].map(({ name, columns, key }) => {
        const row = this.#one(`SELECT count(*) FROM ${quoted(name)}`);
        return { name, columns, key, count: Number(row[0]) };
      }),
    );
  }

  /** Pieces with about the same range of row numbers; rows without numbers are one piece. */
  async slices(stream: Stream, want: number): Promise<Slice[]> {
    const { name, rowid } = this.#layoutOf(stream);
    const bounds =
      rowid === undefined ? [] : this.#asking(() => this.#cutPoints(name, rowid, want));
    return [...bounds, undefined].map((upTo, at) => {
      const after = bounds[at - 1];
      const range: RowRange = {
        ...(after !== undefined && { after: String(after) }),
        ...(upTo !== undefined && { upTo: String(upTo) }),
      };
      const id = String(at + 1).padStart(4, '0');
      return { stream: stream.name, id, range: JSON.stringify(range) };
    });
  }

  /** As the file is now, whatever the open transaction still shows. */
  async layout(stream: Stream): Promise<Pick<Stream, 'columns' | 'key'> | undefined> {
    return this.#asking(() => {
      const database = new DatabaseSync(this.#file, { readOnly: true });
      try {
        return readCatalogue(database, this.#streams).find(({ name }) => name === stream.name);
      } finally {
        database.close();
      }
    });
  }

  async probe(stream: Stream): Promise<ReadonlyMap<string, number>> {
    const { name, columns } = this.#layoutOf(stream);
    const counts = columns.map((column) => `count(nullif(${quoted(column.name)}, ''))`);
    return this.#asking(() => {
      const row = this.#one(`SELECT ${counts.join(', ')} FROM ${quoted(name)}`);
      return new Map(columns.map((column, at) => [column.name, Number(row[at])]));
    });
  }

  /** @throws HandoverError `snapshot-lost`, and those of {@link open}. */
  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    const { snapshot, stream } = request;
    signal.throwIfAborted();
    if (snapshot !== undefined && snapshot !== this.#snapshot) throw snapshotLost();
    try {
      for (const batch of this.#batches(request, this.#layoutOf(stream))) {
        yield batch;
        signal.throwIfAborted();
      }
    } catch (error) {
      throw sqliteFailure(error, this.#file);
    }
  }

  async close(): Promise<void> {
    this.#database?.close();
    this.#database = undefined;
    this.#snapshot = undefined;
  }

  /** The transaction takes its snapshot with the first statement that reads. */
  #begin(): void {
    this.#database = new DatabaseSync(this.#file, { readOnly: true, timeout: busyMs });
    this.#database.exec('BEGIN');
    const layouts = readCatalogue(this.#database, this.#streams);
    this.#layouts = new Map(layouts.map((layout) => [layout.name, layout]));
  }

  *#batches(request: ReadRequest, layout: TableLayout): Generator<RecordBatch> {
    const names = request.stream.columns.map(({ name }) => name);
    const key = layout.key.map((name) => names.indexOf(name));
    const packer = new RowPacker(request);
    const bytesOf = this.#prepare(bytesSql(layout, names, this.#largest));
    let passed = layout.rowid === undefined ? Number(request.after ?? 0) : 0;
    for (const [number, tooLarge, ...row] of this.#rows(request, layout, names)) {
      const place = number ?? BigInt(passed++);
      const line = isDoubtful(row)
        ? encodeBytes(row, bytesOf.get(place as bigint) as unknown as Value[])
        : encodeCopyRow(row.map(textOf));
      const batch = packer.add({
        line: withTooLarge(line, String(tooLarge)),
        key: key.map((at) => textOf(row[at] ?? null) ?? '').join(keySeparator),
        cursor: String(number ?? passed),
      });
      if (batch !== undefined) yield batch;
    }
    const last = packer.finish();
    if (last !== undefined) yield last;
  }

  #rows(
    request: ReadRequest,
    layout: TableLayout,
    names: readonly string[],
  ): Iterable<[number: Value, tooLarge: Value, ...row: Value[]]> {
    const range = JSON.parse(request.slice.range) as RowRange;
    const after = request.after ?? range.after;
    const bounded = { ...range, ...(after !== undefined && { after }) };
    const statement = this.#prepare(readSql(layout, names, bounded, this.#largest));
    const parameters =
      layout.rowid === undefined
        ? [BigInt(request.after ?? 0)]
        : [bounded.after, bounded.upTo].flatMap((one) => (one === undefined ? [] : [BigInt(one)]));
    return statement.iterate(...parameters) as unknown as Iterable<[Value, Value, ...Value[]]>;
  }

  #cutPoints(table: string, rowid: string, want: number): bigint[] {
    const [count, least, most] = this.#one(
      `SELECT count(*), min(${rowid}), max(${rowid}) FROM ${quoted(table)}`,
    ) as [bigint, bigint | null, bigint | null];
    const pieces = BigInt(Math.min(want, Math.floor(Number(count) / fewestRecords)));
    if (pieces < 2n || least === null || most === null) return [];
    const span = most - least;
    const bounds = Array.from({ length: Number(pieces) - 1 }, (_, at) => {
      return least + (span * BigInt(at + 1)) / pieces;
    });
    return [...new Set(bounds)];
  }

  #one(sql: string): Value[] {
    return this.#prepare(sql).get() as unknown as Value[];
  }

  #prepare(sql: string): ReturnType<DatabaseSync['prepare']> {
    const statement = this.#open().prepare(sql);
    statement.setReadBigInts(true);
    statement.setReturnArrays(true);
    return statement;
  }

  #asking<T>(ask: () => T): T {
    try {
      return ask();
    } catch (error) {
      throw sqliteFailure(error, this.#file);
    }
  }

  #open(): DatabaseSync {
    if (this.#database) return this.#database;
    throw sourceClosed();
  }

  #layoutOf(stream: Stream): TableLayout {
    const layout = this.#layouts.get(stream.name);
    if (layout) return layout;
    throw streamMissing('table', stream.name);
  }
}

/** Times that the file may change while it is being looked at. */
const mostAttempts = 5;
/** How long to wait for whoever writes. */
const busyMs = 5_000;
/** A slice smaller than this costs more to start than it gains. */
const fewestRecords = 5_000;
