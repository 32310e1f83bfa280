import type { FhirObject, Value } from '../fhirpath/value.ts';
import { cellOf, type Cell } from './columnType.ts';
import { ViewIssue, type CompiledView } from './view.ts';
import type { ViewValue } from './steps.ts';

/** A cell, or for a collection all that are in it. */
export type TableCell = Cell | readonly Cell[];

/** Rows by column: `columns[2][0]` is the third cell of the first row. */
export interface TableBatch {
  rows: number;
  columns: readonly TableCell[][];
}

/**
 * The rows of a view in columns. A resource is in the table with all of its rows or, where there is
 * an issue with it, with none.
 */
export class ViewTable {
  readonly #view: CompiledView;
  readonly #writers: readonly ((value: ViewValue) => TableCell)[];
  #columns: TableCell[][];
  #rows = 0;
  readonly #emit = (row: readonly ViewValue[]): void => {
    for (let at = 0; at < row.length; at++) {
      const write = this.#writers[at] as (value: ViewValue) => TableCell;
      (this.#columns[at] as TableCell[]).push(write(row[at]));
    }
    this.#rows++;
  };

  constructor(view: CompiledView) {
    this.#view = view;
    this.#writers = view.columns.map(writerOf);
    this.#columns = view.columns.map(() => []);
  }

  get rows(): number {
    return this.#rows;
  }

  /** The issue where the view cannot be made of this resource. */
  add(
    resource: FhirObject,
    resolve?: (reference: string) => FhirObject | undefined,
  ): ViewIssue | undefined {
    const before = this.#rows;
    try {
      this.#view.rows(resource, this.#emit, resolve);
      return undefined;
    } catch (error) {
      for (const column of this.#columns) column.length = before;
      this.#rows = before;
      if (error instanceof ViewIssue) return error;
      throw error;
    }
  }

  /** The rows so far, up to so many of them; they are taken out. */
  take(most: number): TableBatch {
    const rows = Math.min(most, this.#rows);
    const columns = this.#columns;
    const whole = rows === this.#rows;
    const taken = whole ? columns : columns.map((column) => column.slice(0, rows));
    this.#columns = columns.map((column) => (whole ? [] : column.slice(rows)));
    this.#rows -= rows;
    return { rows, columns: taken };
  }
}

function writerOf({
  name,
  type,
  collection,
}: CompiledView['columns'][number]): (value: ViewValue) => TableCell {
  const cell = cellOf(type);
  const one = (value: Value): Cell => {
    const made = cell(value);
    if (made === undefined) throw misfit(name, type.kind);
    return made;
  };
  if (collection) return (value) => ((value ?? []) as readonly Value[]).map(one);
  return (value) => (value === undefined ? null : one(value as Value));
}

function misfit(column: string, kind: string): ViewIssue {
  return new ViewIssue(`not-${kind}`, column, `a value does not fit a column of type ${kind}`);
}
