import type { TableLayout } from './catalogue.ts';

/** Rows by their number: above `after`, up to and with `upTo`; texts, since they have 64 bits. */
export interface RowRange {
  after?: string;
  upTo?: string;
}

/**
 * All rows of a range in total order, the number of each (or NULL) before its columns. Parameters:
 * by number the bounds that the range has, else how many rows to pass over.
 */
export function readSql(layout: TableLayout, columns: readonly string[], range: RowRange): string {
  const { rowid } = layout;
  const select = `SELECT ${[rowid ?? 'NULL', ...columns.map(quoted)].join(', ')}`;
  if (rowid === undefined) return `${select} ${counted(layout, -1)}`;
  const bounds = [
    ...(range.after === undefined ? [] : [`${rowid} > ?`]),
    ...(range.upTo === undefined ? [] : [`${rowid} <= ?`]),
  ];
  const where = bounds.length === 0 ? '' : ` WHERE ${bounds.join(' AND ')}`;
  return `${select} FROM ${quoted(layout.name)}${where} ORDER BY ${rowid}`;
}

/** One row again, each column as the bytes it is kept in. Parameter: its number or its place. */
export function bytesSql(layout: TableLayout, columns: readonly string[]): string {
  const select = `SELECT ${columns.map((name) => `CAST(${quoted(name)} AS BLOB)`).join(', ')}`;
  const { rowid } = layout;
  if (rowid === undefined) return `${select} ${counted(layout, 1)}`;
  return `${select} FROM ${quoted(layout.name)} WHERE ${rowid} = ?`;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function counted({ name, order }: TableLayout, limit: number): string {
  const ordered = order.length === 0 ? '' : ` ORDER BY ${order.map(quoted).join(', ')}`;
  return `FROM ${quoted(name)}${ordered} LIMIT ${limit} OFFSET ?`;
}
