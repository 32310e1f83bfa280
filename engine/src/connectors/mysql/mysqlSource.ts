import type { Random } from '../../base/random.ts';
import { keySeparator, type RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import type { Slice, Stream } from '../../model/stream.ts';
import { RowPacker } from '../rowPacker.ts';
import { snapshotLost, sourceClosed, streamMissing } from '../sourceFailure.ts';
import { withTooLarge } from '../tooLarge.ts';
import { readCatalogue, type TableLayout } from './catalogue.ts';
import type { MysqlConfiguration } from './configuration.ts';
import { isLost, mysqlFailure } from './failure.ts';
import { encodeRow, fieldText, formsOf } from './rows.ts';
import { Session, type Field } from './session.ts';
import { PageSizes } from './pageSizes.ts';
import { literal, pageSql, quoted, sizesSql, type KeyRange, type Place } from './statement.ts';

/**
 * A MySQL or MariaDB database. One transaction on one connection shows its InnoDB tables as of one
 * instant; these servers cannot share a snapshot between connections, so slices take turns, and
 * another process cannot read under it (unless the plan says that the database is frozen). Tables are read in pages along their key. Records are lines
 * of COPY text; a cursor is the key as literals, `["100017"]`, or, without a key, how many have passed.
 */
export class MysqlSource implements Source {
  readonly #configuration: MysqlConfiguration;
  readonly #random: Random;
  #session: Session | undefined;
  #snapshot: string | undefined;
  #renewing: Promise<void> | undefined;
  #layouts: ReadonlyMap<string, TableLayout> = new Map();

  constructor(configuration: MysqlConfiguration, random: Random) {
    this.#configuration = configuration;
    this.#random = random;
  }

  /**
   * @throws HandoverError `source-unavailable`, `source-denied`, `source-schema-missing`,
   * `source-tls`, `source-column-missing`.
   */
  async open(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const session = await Session.open(this.#configuration);
    try {
      await session.rows('START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY');
      const layouts = await readCatalogue(session, this.#configuration.streams);
      this.#layouts = new Map(layouts.map((layout) => [layout.name, layout]));
    } catch (error) {
      await session.close();
      throw mysqlFailure(error);
    }
    this.#session = session;
    const { frozen } = this.#configuration;
    this.#snapshot = frozen ? undefined : this.#random.bytes(16).toString('hex');
  }

  snapshot(): string | undefined {
    return this.#snapshot;
  }

  async streams(): Promise<Stream[]> {
    const streams: Stream[] = [];
    for (const { name, columns, key } of this.#layouts.values()) {
      const [row] = await this.#texts(`SELECT count(*) FROM ${quoted(name)}`);
      streams.push({ name, columns, key, count: Number(row?.[0]) });
    }
    return streams;
  }

  async slices(stream: Stream, want: number): Promise<Slice[]> {
    const layout = this.#layoutOf(stream);
    const pieces = Math.min(want, Math.floor((stream.count ?? Infinity) / fewestRecords));
    const bounds = layout.indexed && pieces > 1 ? await this.#cutPoints(layout, pieces) : [];
    return [...bounds, undefined].map((before, at) => {
      const from = bounds[at - 1];
      const range: KeyRange = {
        ...(from !== undefined && { from }),
        ...(before !== undefined && { before }),
      };
      const id = String(at + 1).padStart(4, '0');
      return { stream: stream.name, id, range: JSON.stringify(range) };
    });
  }

  /** The catalogue is not part of the snapshot: it says what is there now. */
  async layout(stream: Stream): Promise<Pick<Stream, 'columns' | 'key'> | undefined> {
    const { streams } = this.#configuration;
    const layouts = await this.#asking((session) => readCatalogue(session, streams));
    return layouts.find(({ name }) => name === stream.name);
  }

  async probe(stream: Stream): Promise<ReadonlyMap<string, number>> {
    const { name, columns, dataTypes } = this.#layoutOf(stream);
    const counts = columns.map((column, at) => populated(column.name, dataTypes[at] ?? ''));
    const [row] = await this.#texts(`SELECT ${counts.join(', ')} FROM ${quoted(name)}`);
    return new Map(columns.map((column, at) => [column.name, Number(row?.[at])]));
  }

  /**
   * @throws HandoverError `snapshot-lost` when the connection is gone, in which case
   * {@link snapshot} names a new one; `source-unavailable`, `source-refused`.
   */
  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    const { snapshot, stream } = request;
    signal.throwIfAborted();
    if (snapshot !== undefined && snapshot !== this.#snapshot) throw snapshotLost();
    const session = this.#open();
    try {
      yield* this.#batches(session, request, this.#layoutOf(stream), signal);
    } catch (error) {
      if (signal.aborted || !isLost(error)) throw mysqlFailure(error);
      await this.#renew(session, signal);
      throw snapshotLost();
    }
  }

  async close(): Promise<void> {
    await this.#renewing?.catch(() => undefined);
    const session = this.#session;
    this.#session = undefined;
    this.#snapshot = undefined;
    await session?.close();
  }

  async *#batches(
    session: Session,
    request: ReadRequest,
    layout: TableLayout,
    signal: AbortSignal,
  ): AsyncGenerator<RecordBatch> {
    const names = request.stream.columns.map(({ name }) => name);
    const range = JSON.parse(request.slice.range) as KeyRange;
    const packer = new RowPacker(request);
    const forms = formsOf(layout);
    const key = layout.key.map((name) => names.indexOf(name));
    let place = placeOf(request.after);
    const largest = this.#configuration.largestMiB * 1024 ** 2;
    const sizes = new PageSizes(layout, names, request.bytes);
    for (;;) {
      const asked = await sizes.next((most) =>
        session.rows(sizesSql(layout, names, range, place, { rows: most, largest })),
      );
      const sql = pageSql(layout, names, range, place, { rows: asked, largest });
      const rows = await session.rows(sql);
      for (const [tooLarge, ...row] of rows) {
        place = placeAfter(layout, key, row, place);
        const batch = packer.add({
          line: withTooLarge(encodeRow(row, forms), String(tooLarge)),
          key: key
            .map((at) => fieldText(row[at] ?? null, forms[at] ?? 'text') ?? '')
            .join(keySeparator),
          cursor: JSON.stringify(place),
        });
        if (batch === undefined) continue;
        yield batch;
        signal.throwIfAborted();
      }
      if (rows.length < asked) break;
    }
    const last = packer.finish();
    if (last !== undefined) yield last;
  }

  /** First key columns at even steps along the key. */
  async #cutPoints(layout: TableLayout, pieces: number): Promise<string[]> {
    const [first] = layout.key as [string];
    const dataType = layout.dataTypes[layout.columns.findIndex(({ name }) => name === first)] ?? '';
    const [counted] = await this.#texts(`SELECT count(*) FROM ${quoted(layout.name)}`);
    const step = Math.ceil(Number(counted?.[0]) / pieces);
    const bounds = new Set<string>();
    for (let piece = 1; piece < pieces; piece++) {
      const sql = `SELECT ${quoted(first)} FROM ${quoted(layout.name)}
        ORDER BY ${layout.key.map(quoted).join(', ')} LIMIT 1 OFFSET ${piece * step}`;
      const [row] = await this.#asking((session) => session.rows(sql));
      if (row?.[0]) bounds.add(literal(row[0], dataType));
    }
    return [...bounds];
  }

  /**
   * Whoever starts again reads under a new snapshot; only the first to notice takes one. While the
   * server cannot be reached the lost session stays, and the next reader tries again.
   */
  #renew(lost: Session, signal: AbortSignal): Promise<void> {
    if (this.#session !== lost) return Promise.resolve();
    this.#renewing ??= this.open(signal)
      .then(() => lost.close())
      .finally(() => {
        this.#renewing = undefined;
      });
    return this.#renewing;
  }

  #texts(sql: string): Promise<(string | null)[][]> {
    return this.#asking((session) => session.texts(sql));
  }

  /** A question that any snapshot can answer; one that met a lost connection is put once more. */
  async #asking<T>(ask: (session: Session) => Promise<T>): Promise<T> {
    const session = this.#open();
    try {
      return await ask(session);
    } catch (error) {
      if (!isLost(error)) throw mysqlFailure(error);
    }
    await this.#renew(session, new AbortController().signal);
    return ask(this.#open());
  }

  #open(): Session {
    if (this.#session) return this.#session;
    throw sourceClosed();
  }

  #layoutOf(stream: Stream): TableLayout {
    const layout = this.#layouts.get(stream.name);
    if (layout) return layout;
    throw streamMissing('table', stream.name);
  }
}

/** A slice smaller than this costs more to start than it gains. */
const fewestRecords = 5_000;

function populated(name: string, dataType: string): string {
  const isText = /char|text|enum|set|blob|binary/.test(dataType);
  return isText ? `sum(coalesce(length(${quoted(name)}), 0) > 0)` : `count(${quoted(name)})`;
}

function placeOf(after: string | undefined): Place | undefined {
  return after === undefined ? undefined : (JSON.parse(after) as Place);
}

function placeAfter(
  layout: TableLayout,
  key: readonly number[],
  row: readonly Field[],
  before: Place | undefined,
): Place {
  if (!layout.indexed) {
    return { rows: (before !== undefined && 'rows' in before ? before.rows : 0) + 1 };
  }
  return {
    key: key.map((at) => literal(row[at] ?? Buffer.alloc(0), layout.dataTypes[at] as string)),
  };
}
