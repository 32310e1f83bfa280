import { escapeIdentifier, escapeLiteral } from 'pg';
import { HandoverError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import type { Column, Cursor, Slice, Stream } from '../../model/stream.ts';
import { openDatabase, type Database } from '../../store/database.ts';
import type { Queries, ReadTransaction } from '../../store/session.ts';
import { snapshotLost, sourceClosed, streamMissing } from '../sourceFailure.ts';
import { readCatalogue, type TableLayout } from './catalogue.ts';
import type { PostgresConfiguration } from './configuration.ts';
import { sourceFailure } from './failure.ts';
import { holdSnapshot, type HeldSnapshot } from './heldSnapshot.ts';
import { readSlice } from './readSlice.ts';
import type { PackerOptions } from './recordPacker.ts';
import { cutSlices } from './slices.ts';
import { from, oversizeMark, readSql, type KeyRange, type Place } from './statement.ts';

/**
 * A schema of a PostgreSQL database. All readers share one exported snapshot, so slices that are
 * read hours apart show the hospital at one instant. Records are lines of COPY text.
 *
 * A cursor is the key as JSON, `["100017"]`; without a key, the number of records passed and the
 * state of the database they were counted in, `{"rows":500,"of":"742:745:"}`.
 */
export class PostgresSource implements Source {
  readonly #configuration: PostgresConfiguration;
  readonly #log: Log;
  #database: Database | undefined;
  #held: HeldSnapshot | undefined;
  #layouts: ReadonlyMap<string, TableLayout> = new Map();
  #charset: string | undefined;
  #renewing: Promise<void> | undefined;

  constructor(configuration: PostgresConfiguration, log: Log) {
    this.#configuration = configuration;
    this.#log = log;
  }

  /** @throws HandoverError `source-unavailable`, `source-denied`, `source-schema-missing`. */
  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { url, schema, connections, charset } = this.#configuration;
    // One connection holds the snapshot, one answers questions and cancels.
    this.#database = openDatabase(
      { url },
      { log: this.#log, max: connections + 2, settings: sessionSettings, applicationName },
    );
    try {
      this.#held = await holdSnapshot(this.#database);
      const layouts = await this.#inSnapshot((queries) => readCatalogue(queries, schema));
      this.#layouts = new Map(layouts.map((layout) => [layout.name, layout]));
      const encoding = await this.#database.query<{ server_encoding: string }>(
        'SHOW server_encoding',
      );
      const knowsItsCharset = encoding.rows[0]?.server_encoding !== 'SQL_ASCII';
      this.#charset = knowsItsCharset || charset === 'utf-8' ? undefined : charset;
    } catch (error) {
      await this.close();
      throw sourceFailure(error);
    }
  }

  snapshot(): string | undefined {
    return this.#held?.name;
  }

  /** With an exact count each, as of the snapshot. */
  async streams(): Promise<Stream[]> {
    return this.#asking(async (queries) => {
      const streams: Stream[] = [];
      for (const layout of this.#layouts.values()) {
        streams.push(streamOf(layout, await this.#count(queries, layout)));
      }
      return streams;
    });
  }

  /** As of the snapshot, without their counts. */
  async describe(): Promise<Stream[]> {
    return [...this.#layouts.values()].map((layout) => {
      const { count: _, ...stream } = streamOf(layout, 0);
      return stream;
    });
  }

  /** From the catalogue as it is now: a snapshot would go on showing the old one. */
  async layout(stream: Stream): Promise<Pick<Stream, 'columns' | 'key'> | undefined> {
    try {
      const now = await readCatalogue(this.#open(), this.#configuration.schema);
      const found = now.find(({ name }) => name === stream.name);
      return found && streamOf(found, 0);
    } catch (error) {
      throw sourceFailure(error);
    }
  }

  /** How many records hold a value, neither NULL nor '', by column. */
  async probe(stream: Stream): Promise<ReadonlyMap<string, number>> {
    const layout = this.#layoutOf(stream);
    const counts = layout.columns.map((column, at) => `${populated(column)}::text AS c${at}`);
    return this.#asking(async (queries) => {
      const { rows } = await queries.query<Record<string, string>>(
        `SELECT ${counts.join(', ')} FROM ${from(this.#configuration.schema, layout)}`,
      );
      const row = rows[0] ?? {};
      return new Map(layout.columns.map(({ name }, at) => [name, Number(row[`c${at}`])]));
    });
  }

  async slices(stream: Stream, want: number): Promise<Slice[]> {
    const layout = this.#layoutOf(stream);
    return this.#asking(async (queries) => {
      const count = stream.count ?? (await this.#count(queries, layout));
      return cutSlices(queries, this.#configuration.schema, layout, want, count);
    });
  }

  /**
   * @throws HandoverError `snapshot-lost` when the snapshot is gone, in which case {@link snapshot}
   * names a new one if it was our own; `source-unavailable`, `source-charset`, `source-refused`.
   */
  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    const layout = this.#layoutOf(request.stream);
    const database = this.#open();
    const snapshot = request.snapshot ?? this.#held?.name;
    const prepare = async (transaction: ReadTransaction) => {
      await this.#adopt(transaction, snapshot);
      if (this.#charset) await transaction.query("SET LOCAL client_encoding TO 'SQL_ASCII'");
      return this.#plan(transaction, request, layout);
    };
    try {
      yield* readSlice({ database, prepare, charset: this.#charset }, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      throw sourceFailure(error);
    }
  }

  async close(): Promise<void> {
    const [held, database] = [this.#held, this.#database];
    this.#held = undefined;
    this.#database = undefined;
    await this.#renewing?.catch(() => undefined);
    await held?.release();
    await database?.close();
  }

  async #plan(
    queries: Queries,
    request: ReadRequest,
    layout: TableLayout,
  ): Promise<{ sql: string; packing: PackerOptions }> {
    const { stream, slice, after, records, bytes } = request;
    const columns = stream.columns.map((column) => column.name);
    const { schema, largestMiB } = this.#configuration;
    const bounds = { wanted: request.where, largest: largestMiB * 1024 ** 2 };
    const binary = stream.columns.flatMap(({ type }, at) => (type === 'binary' ? [at] : []));
    const state = layout.key.length === 0 ? await stateOf(queries) : '';
    const place = placeOf(after, state);
    const passedBefore = place && 'rows' in place ? place.rows : 0;
    const range = JSON.parse(slice.range) as KeyRange;
    return {
      sql: readSql(schema, layout, stream.columns, range, place, bounds),
      packing: {
        stream: stream.name,
        records,
        bytes,
        ...(binary.length > 0 && { oversize: { mark: oversizeMark, columns: binary } }),
        keyColumns: layout.key.map((column) => columns.indexOf(column.name)),
        cursor: (key, passed) =>
          key.length > 0
            ? JSON.stringify(key)
            : JSON.stringify({ rows: passedBefore + passed, of: state }),
      },
    };
  }

  #open(): Database {
    if (this.#database) return this.#database;
    throw sourceClosed();
  }

  async #asking<T>(ask: (queries: Queries) => Promise<T>): Promise<T> {
    try {
      return await this.#inSnapshot(ask);
    } catch (error) {
      throw sourceFailure(error);
    }
  }

  #inSnapshot<T>(work: (transaction: ReadTransaction) => Promise<T>): Promise<T> {
    return this.#open().read(async (transaction) => {
      await this.#adopt(transaction, this.#held?.name);
      return work(transaction);
    });
  }

  /** Make a transaction see what the snapshot sees; must come first in it. */
  async #adopt(transaction: ReadTransaction, snapshot: string | undefined): Promise<void> {
    try {
      await transaction.query(`SET TRANSACTION SNAPSHOT ${escapeLiteral(snapshot ?? '')}`);
    } catch (error) {
      if (!(error instanceof HandoverError) || error.failure !== 'permanent') throw error;
      if (snapshot === this.#held?.name) await this.#renew();
      throw snapshotLost();
    }
  }

  /** The connection that held our snapshot is gone; whoever starts again reads under a new one. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#replaceSnapshot().finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async #replaceSnapshot(): Promise<void> {
    const lost = this.#held;
    this.#held = await holdSnapshot(this.#open());
    await lost?.release();
  }

  async #count(queries: Queries, layout: TableLayout): Promise<number> {
    const { rows } = await queries.query<{ count: string }>(
      `SELECT count(*)::text AS count FROM ${from(this.#configuration.schema, layout)}`,
    );
    return Number(rows[0]?.count);
  }

  #layoutOf(stream: Stream): TableLayout {
    const layout = this.#layouts.get(stream.name);
    if (layout) return layout;
    throw streamMissing('table', stream.name);
  }
}

const applicationName = 'handover-source';

/** Values print the same whatever the server's defaults, and nothing ends the waiting snapshot. */
const sessionSettings = {
  search_path: 'pg_catalog',
  DateStyle: 'ISO, YMD',
  IntervalStyle: 'iso_8601',
  bytea_output: 'hex',
  extra_float_digits: '1',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
};

function streamOf(layout: TableLayout, count: number): Stream {
  const key = layout.key.map((column) => column.name);
  return { name: layout.name, columns: layout.columns, key, count };
}

function populated(column: Column): string {
  const name = `t.${escapeIdentifier(column.name)}`;
  return column.type === 'text' ? `count(nullif(${name}::text, ''))` : `count(${name})`;
}

/**
 * What a snapshot sees, as text. Rows without a key are counted, and a count means the same place
 * only as long as the same rows are seen.
 */
async function stateOf(queries: Queries): Promise<string> {
  const { rows } = await queries.query<{ state: string }>(
    'SELECT txid_current_snapshot()::text AS state',
  );
  return (rows[0] as { state: string }).state;
}

function placeOf(after: Cursor | undefined, state: string): Place {
  if (after === undefined) return undefined;
  const cursor = JSON.parse(after) as string[] | { rows: number; of: string };
  if (Array.isArray(cursor)) return { key: cursor };
  if (cursor.of !== state) throw snapshotLost();
  return { rows: cursor.rows };
}
