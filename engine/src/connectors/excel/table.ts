import type { Column, ColumnType, Stream } from '../../model/stream.ts';
import { distinctNames } from '../csv/lineFile.ts';
import { columnMissing, streamDoubled } from '../csv/failure.ts';
import type { ExcelConfiguration } from './configuration.ts';
import { sheetMissing, tooLarge } from './failure.ts';
import { sheetRows, widest, type Cell, type Merge, type SheetRow } from './sheetRows.ts';
import type { Workbook } from './workbook.ts';

/** What the plan says of one sheet. */
export interface SheetPlan {
  name: string;
  /** Undefined: a chart, or a sheet of macros. */
  part: string | undefined;
  header: number;
  key: readonly string[];
  types: Readonly<Record<string, ColumnType>>;
}

/** A sheet that was walked over. */
export interface Table {
  plan: SheetPlan;
  stream: Stream;
  merges: readonly Merge[];
  populated: ReadonlyMap<string, number>;
}

/**
 * Every sheet is a stream, hidden ones too: what is in them needs a decision like all else.
 * @throws HandoverError `source-sheet-missing`, `source-stream-doubled`.
 */
export function plansOf(
  { archive, sheets }: Workbook,
  streams: ExcelConfiguration['streams'],
): SheetPlan[] {
  const named = new Map(
    Object.entries(streams).map(([name, { sheet = name }]): [string, string] => [sheet, name]),
  );
  const names = sheets.map(({ name }) => name);
  const missing = [...named.keys()].find((sheet) => !names.includes(sheet));
  if (missing !== undefined) throw sheetMissing(archive.path, missing, names);
  const plans = new Map<string, SheetPlan>();
  for (const { name: sheet, part } of sheets) {
    const name = named.get(sheet) ?? sheet;
    if (plans.has(name)) throw streamDoubled(name);
    const { header = 1, key = [], types = {} } = streams[name] ?? {};
    plans.set(name, { name, part, header, key, types });
  }
  return [...plans.values()];
}

/** Columns of a sheet as its header names them; none where it has no such row. */
export async function readColumns(workbook: Workbook, plan: SheetPlan): Promise<Column[]> {
  if (plan.part === undefined) return [];
  for await (const rows of sheetRows(workbook, plan.part)) {
    const header = rows.find(({ number }) => number >= plan.header);
    if (header !== undefined) return columnsOf(workbook, plan, header);
  }
  return [];
}

/**
 * Walk over a sheet once: how many records it has, what is populated, which cells are merged.
 * @throws HandoverError `source-column-missing`, `source-file-damaged`, `source-file-large`.
 */
export async function readTable(workbook: Workbook, plan: SheetPlan): Promise<Table> {
  const { name, part, key } = plan;
  const merges: Merge[] = [];
  let columns: Column[] = [];
  let counts = new Uint32Array(0);
  let count = 0;
  if (part === undefined) {
    return { plan, stream: { name, columns, key: [] }, merges, populated: new Map() };
  }
  for await (const rows of sheetRows(workbook, part, (merge) => merges.push(merge))) {
    for (const row of rows) {
      if (row.number < plan.header) continue;
      if (row.number === plan.header) {
        columns = columnsOf(workbook, plan, row);
        counts = new Uint32Array(columns.length);
      } else {
        count++;
        for (const [at, cell] of row.cells.entries())
          if (cell !== null && cell !== '') counts[at]!++;
      }
    }
  }
  const populated = new Map(columns.map((column, at) => [column.name, counts[at] ?? 0]));
  const below = merges.filter(({ bottom }) => bottom > plan.header);
  return { plan, stream: { name, columns, key, count }, merges: below, populated };
}

function columnsOf({ archive }: Workbook, plan: SheetPlan, { number, cells }: SheetRow): Column[] {
  if (number !== plan.header) return [];
  const names = distinctNames(cells.map((cell) => (typeof cell === 'string' ? cell.trim() : '')));
  const declared = [...plan.key, ...Object.keys(plan.types)];
  const missing = declared.find((name) => !names.includes(name));
  if (missing !== undefined) throw columnMissing(archive.path, missing, names, declared);
  return names.map((name) => {
    const type = plan.types[name] ?? 'text';
    return { name, sourceType: type, type, nullable: !plan.key.includes(name) };
  });
}

/**
 * Of merged cells only the first holds the value that all of them show, so the others are no empty
 * cells: what they mean is not ours to say. Asked of rows in their order.
 */
export class MergedCells {
  readonly #path: string;
  readonly #columns: number;
  /** The one that begins last comes first. */
  readonly #ahead: Merge[];
  #active: Merge[] = [];

  constructor(path: string, { stream, merges }: Table) {
    this.#path = path;
    this.#columns = stream.columns.length;
    this.#ahead = merges.toSorted((one, other) => other.top - one.top);
  }

  /** The cells of a row, as many as there are columns at least. */
  cellsOf({ number, cells }: SheetRow): Cell[] {
    while (cells.length < this.#columns) cells.push(null);
    for (let next = this.#ahead.at(-1); next && next.top <= number; next = this.#ahead.at(-1)) {
      this.#active.push(next);
      this.#ahead.pop();
    }
    if (this.#active.length === 0) return cells;
    this.#active = this.#active.filter(({ bottom }) => bottom >= number);
    // They never overlap: a row cannot have more of them than columns.
    if (this.#active.length > widest)
      throw tooLarge(this.#path, 'has merged cells over each other');
    for (const { top, left, right } of this.#active) {
      for (let column = left; column <= Math.min(right, cells.length); column++) {
        const first = number === top && column === left;
        if (!first) cells[column - 1] = { error: 'merged with others' };
      }
    }
    return cells;
  }
}
