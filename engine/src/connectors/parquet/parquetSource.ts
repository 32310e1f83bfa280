import { access, constants } from 'node:fs/promises';
import { encodeCopyRow } from '../../formats/copyText.ts';
import { keySeparator, type RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import type { Slice, Stream } from '../../model/stream.ts';
import { openFileQueries, sqlName, type FileQueries } from '../../query/fileQueries.ts';
import { fileFailure } from '../csv/failure.ts';
import { digestOf, traceOf } from '../fileDigest.ts';
import { HeldFiles } from '../heldFiles.ts';
import { RowPacker } from '../rowPacker.ts';
import { streamMissing } from '../sourceFailure.ts';
import { columnTypeOf, textSql } from './columnType.ts';
import { discover, type Discovered, type ParquetPlan } from './discover.ts';
import { columnMissing, columnsDiffer } from './columns.ts';
import { rowsMissing } from './failure.ts';
import {
  asking,
  fileSql,
  readColumns,
  readPart,
  type FileColumn,
  type Part,
} from './parquetFile.ts';
import type { ParquetConfiguration } from './configuration.ts';

/** A stream as its files are. */
interface Table {
  plan: ParquetPlan;
  columns: readonly FileColumn[];
  parts: readonly Part[];
  stream: Stream;
}

/** The folder as it was when it was opened. */
interface Held {
  queries: FileQueries;
  tables: ReadonlyMap<string, Table>;
  others: readonly string[];
  paths: readonly string[];
  trace: string;
  snapshot: string;
}

/** Rows of a stream: from `start` on, up to `end`. */
interface RowRange {
  start: number;
  end: number;
}

/**
 * A folder of Parquet files. The files are the snapshot: its name is made of their digests, so that
 * other processes read under the same as long as no byte changes. Records are lines of COPY text in
 * the order of the file; a cursor is how many rows of the stream have passed.
 */
export class ParquetSource implements Source {
  readonly #folder: string;
  readonly #streams: ParquetConfiguration['streams'];
  readonly #digest: (data: Uint8Array) => string;
  readonly #files = new HeldFiles<Held>({
    take: () => this.#take(),
    trace: ({ paths }) => traceOf(paths),
    letGo: ({ queries }) => queries.close(),
  });

  constructor(
    folder: string,
    streams: ParquetConfiguration['streams'],
    digest: (data: Uint8Array) => string,
  ) {
    this.#folder = folder;
    this.#streams = streams;
    this.#digest = digest;
  }

  /**
   * @throws HandoverError `source-file-missing`, `source-file-damaged`, `source-column-missing`,
   * `source-denied`, `source-unavailable`, `source-parts-differ`.
   */
  async open(signal: AbortSignal): Promise<void> {
    await this.#files.open(signal);
  }

  snapshot(): string | undefined {
    return this.#files.snapshot;
  }

  async streams(): Promise<Stream[]> {
    const { tables, others } = this.#files.state;
    return [
      ...[...tables.values()].map(({ stream }) => stream),
      ...others.map((name) => ({ name, columns: [], key: [] })),
    ];
  }

  /** Cut at the beginnings of row groups. */
  async slices(stream: Stream, want: number): Promise<Slice[]> {
    const { parts } = this.#table(stream);
    const cuts = parts.flatMap(({ groups }) => groups);
    const total = parts.reduce((sum, { rows }) => sum + rows, 0);
    const pieces = Math.max(1, Math.min(want, cuts.length));
    return Array.from({ length: pieces }, (_, at) => {
      const start = cuts[Math.floor((at * cuts.length) / pieces)] ?? 0;
      const end = cuts[Math.floor(((at + 1) * cuts.length) / pieces)] ?? total;
      const range: RowRange = { start, end: at === pieces - 1 ? total : end };
      return {
        stream: stream.name,
        id: String(at + 1).padStart(4, '0'),
        range: JSON.stringify(range),
      };
    });
  }

  /** As the files are now. */
  async layout(stream: Stream): Promise<Pick<Stream, 'columns' | 'key'> | undefined> {
    const { plans } = await discover(this.#folder, this.#streams);
    const plan = plans.find(({ name }) => name === stream.name);
    if (plan === undefined) return undefined;
    const queries = await openFileQueries(plan.paths);
    try {
      return (await tableOf(queries, plan)).stream;
    } finally {
      queries.close();
    }
  }

  async probe(stream: Stream): Promise<ReadonlyMap<string, number>> {
    const { columns, parts } = this.#table(stream);
    const { queries } = this.#files.state;
    const counts = new Map(columns.map(({ name }) => [name, 0]));
    const sums = columns.map(({ name, type }) =>
      type === 'VARCHAR'
        ? `count(nullif(${sqlName(name)}, ''))::VARCHAR`
        : `count(${sqlName(name)})::VARCHAR`,
    );
    for (const { path } of parts) {
      const sql = `SELECT ${sums.join(', ')} FROM ${fileSql(path)}`;
      const [row] = await asking(path, () => queries.rows(sql));
      columns.forEach(({ name }, at) => {
        counts.set(name, (counts.get(name) ?? 0) + Number(row?.[at] ?? 0));
      });
    }
    return counts;
  }

  /** @throws HandoverError `snapshot-lost`; then {@link snapshot} names what is there now. */
  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    signal.throwIfAborted();
    const held = this.#files.for(request);
    const table = this.#table(request.stream);
    for await (const batch of batchesOf(held.queries, table, request)) {
      await this.#files.requireSame(held);
      yield batch;
      signal.throwIfAborted();
    }
  }

  async close(): Promise<void> {
    this.#files.close();
  }

  async #take(): Promise<Held> {
    const { plans, others }: Discovered = await discover(this.#folder, this.#streams);
    const paths = plans.flatMap((plan) => plan.paths);
    const trace = await traceOf(paths);
    const queries = await openFileQueries(paths);
    try {
      const tables = new Map<string, Table>();
      for (const plan of plans) tables.set(plan.name, await tableOf(queries, plan));
      const snapshot = await digestOf(paths, this.#digest);
      return { queries, tables, others, paths, trace, snapshot };
    } catch (error) {
      queries.close();
      throw error;
    }
  }

  #table(stream: Stream): Table {
    const table = this.#files.state.tables.get(stream.name);
    if (table) return table;
    throw streamMissing('file', stream.name);
  }
}

/** The columns of all parts, which must be the same. */
async function tableOf(queries: FileQueries, plan: ParquetPlan): Promise<Table> {
  const { name, key, types } = plan;
  const parts: Part[] = [];
  let columns: readonly FileColumn[] | undefined;
  let count = 0;
  for (const path of plan.paths) {
    await access(path, constants.R_OK).catch((error: unknown) => {
      throw fileFailure(error, path);
    });
    const own = await readColumns(queries, path);
    if (columns !== undefined) columnsDiffer(path, columns, own);
    columns ??= own;
    const part = await readPart(queries, path, count);
    parts.push(part);
    count += part.rows;
  }
  const found = columns ?? [];
  columnMissing(plan, found);
  const described = found.map((column) => ({
    name: column.name,
    sourceType: column.type,
    type: types[column.name] ?? columnTypeOf(column.type),
    nullable: !key.includes(column.name),
  }));
  return { plan, columns: found, parts, stream: { name, columns: described, key, count } };
}

async function* batchesOf(
  queries: FileQueries,
  { columns, parts, plan }: Table,
  request: ReadRequest,
): AsyncGenerator<RecordBatch> {
  const range = JSON.parse(request.slice.range) as RowRange;
  const start = request.after === undefined ? range.start : Number(request.after);
  const key = plan.key.map((name) => columns.findIndex((column) => column.name === name));
  const packer = new RowPacker(request);
  const values = columns.map(({ name, type }) => textSql(name, type)).join(', ');
  for (const { path, first, rows } of parts) {
    const [from, to] = [Math.max(0, start - first), Math.min(rows, range.end - first)];
    if (from >= to) continue;
    const sql = `SELECT ${values} FROM ${fileSql(path)}
      WHERE file_row_number >= ${from} AND file_row_number < ${to}`;
    let passed = first + from;
    const chunks = queries.stream(sql);
    for (;;) {
      const { done, value } = await asking(path, () => chunks.next());
      if (done === true) break;
      for (const row of value) {
        const batch = packer.add({
          line: encodeCopyRow(row),
          key: key.map((at) => row[at] ?? '').join(keySeparator),
          cursor: String(++passed),
        });
        if (batch !== undefined) yield batch;
      }
    }
    if (passed !== first + to) throw rowsMissing(path);
  }
  const last = packer.finish();
  if (last !== undefined) yield last;
}
