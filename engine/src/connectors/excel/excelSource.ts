import { encodeCopyRow, encodeCopyError } from '../../formats/copyText.ts';
import { keySeparator, type RecordBatch } from '../../model/record.ts';
import type { ReadRequest, Source } from '../../model/source.ts';
import type { Slice, Stream } from '../../model/stream.ts';
import { digestOf, traceOf } from '../fileDigest.ts';
import { HeldFiles } from '../heldFiles.ts';
import { RowPacker } from '../rowPacker.ts';
import { streamMissing } from '../sourceFailure.ts';
import { openArchive } from './archive.ts';
import type { ExcelConfiguration } from './configuration.ts';
import { sheetRows, type Cell } from './sheetRows.ts';
import { MergedCells, plansOf, readColumns, readTable, type Table } from './table.ts';
import { readWorkbook, type Workbook } from './workbook.ts';

/** The workbook as it was when it was opened. */
interface Held {
  workbook: Workbook;
  tables: ReadonlyMap<string, Table>;
  trace: string;
  snapshot: string;
}

/**
 * The sheets of an Excel workbook. The file is the snapshot: its name is its digest, so that other
 * processes read under the same as long as no byte changes. Records are rows as lines of COPY text; a
 * cursor is the number of a row, and reading goes on from it by passing over what stands before, as a
 * sheet is packed as one piece.
 */
export class ExcelSource implements Source {
  readonly #path: string;
  readonly #streams: ExcelConfiguration['streams'];
  readonly #digest: (data: Uint8Array) => string;
  readonly #files = new HeldFiles<Held>({
    take: () => this.#take(),
    trace: () => traceOf([this.#path]),
    letGo: ({ workbook }) => workbook.archive.close(),
  });

  constructor(
    path: string,
    streams: ExcelConfiguration['streams'],
    digest: (data: Uint8Array) => string,
  ) {
    this.#path = path;
    this.#streams = streams;
    this.#digest = digest;
  }

  /**
   * Walks over every sheet once.
   * @throws HandoverError `source-file-missing`, `source-denied`, `source-file-protected`,
   * `source-file-damaged`, `source-file-large`, `source-sheet-missing`, `source-column-missing`.
   */
  async open(signal: AbortSignal): Promise<void> {
    await this.#files.open(signal);
  }

  snapshot(): string | undefined {
    return this.#files.snapshot;
  }

  async streams(): Promise<Stream[]> {
    return [...this.#files.state.tables.values()].map(({ stream }) => stream);
  }

  /** A sheet is one piece. */
  async slices(stream: Stream): Promise<Slice[]> {
    return [{ stream: this.#table(stream).stream.name, id: '0001', range: '' }];
  }

  /** As the file is now. */
  async layout(stream: Stream): Promise<Pick<Stream, 'columns' | 'key'> | undefined> {
    const archive = await openArchive(this.#path);
    try {
      const workbook = await readWorkbook(archive);
      const plan = plansOf(workbook, this.#streams).find(({ name }) => name === stream.name);
      return plan && { columns: await readColumns(workbook, plan), key: plan.key };
    } finally {
      archive.close();
    }
  }

  async probe(stream: Stream): Promise<ReadonlyMap<string, number>> {
    return this.#table(stream).populated;
  }

  /** @throws HandoverError `snapshot-lost`; then {@link snapshot} names what is there now. */
  async *read(request: ReadRequest, signal: AbortSignal): AsyncGenerator<RecordBatch> {
    signal.throwIfAborted();
    const held = this.#files.for(request);
    for await (const batch of batchesOf(held.workbook, this.#table(request.stream), request)) {
      await this.#files.requireSame(held);
      yield batch;
      signal.throwIfAborted();
    }
  }

  async close(): Promise<void> {
    this.#files.close();
  }

  async #take(): Promise<Held> {
    const archive = await openArchive(this.#path);
    try {
      const paths = [this.#path];
      const trace = await traceOf(paths);
      const workbook = await readWorkbook(archive);
      const tables = new Map<string, Table>();
      for (const plan of plansOf(workbook, this.#streams)) {
        tables.set(plan.name, await readTable(workbook, plan));
      }
      return { workbook, tables, trace, snapshot: await digestOf(paths, this.#digest) };
    } catch (error) {
      archive.close();
      throw error;
    }
  }

  #table(stream: Stream): Table {
    const table = this.#files.state.tables.get(stream.name);
    if (table) return table;
    throw streamMissing('sheet', stream.name);
  }
}

async function* batchesOf(
  workbook: Workbook,
  table: Table,
  request: ReadRequest,
): AsyncGenerator<RecordBatch> {
  const { plan, stream } = table;
  if (plan.part === undefined) return;
  const after = Math.max(plan.header, Number(request.after ?? 0));
  const key = stream.key.map((name) => stream.columns.findIndex((one) => one.name === name));
  const merged = new MergedCells(workbook.archive.path, table);
  const packer = new RowPacker(request);
  for await (const rows of sheetRows(workbook, plan.part)) {
    for (const row of rows) {
      if (row.number <= after) continue;
      const cells = merged.cellsOf(row);
      const batch = packer.add({
        line: cells.map(encoded).join('\t'),
        key: key.map((at) => keyPart(cells[at])).join(keySeparator),
        cursor: String(row.number),
        place: row.number,
      });
      if (batch !== undefined) yield batch;
    }
  }
  const last = packer.finish();
  if (last !== undefined) yield last;
}

function encoded(cell: Cell): string {
  return typeof cell === 'object' && cell !== null
    ? encodeCopyError(cell.error)
    : encodeCopyRow([cell]);
}

/** A cell that holds an error is no part of a key: its record is held without one. */
function keyPart(cell: Cell | undefined): string {
  return typeof cell === 'string' ? cell : '';
}
