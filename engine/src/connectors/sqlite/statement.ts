import type { TableLayout } from './catalogue.ts';

/** Rows by their number: above `after`, up to and with `upTo`; texts, since they have 64 bits. */
export interface RowRange {
  after?: string;
  upTo?: string;
}

/**
 * All rows of a range in total order: the number of each (or NULL), then the positions of the values that
 * have more than `largest` bytes, then its columns, NULL in place of those. Parameters:
 * by number the bounds that the range has, else how many rows to pass over.
 */
export function readSql(
  layout: TableLayout,
  columns: readonly string[],
  range: RowRange,
  largest: number,
): string {
  const { rowid } = layout;
  const values = columns.map((name) => boundedSql(layout, name, largest));
  const select = `SELECT ${[rowid ?? 'NULL', tooLargeSql(layout, columns, largest), ...values].join(', ')}`;
  if (rowid === undefined) return `${select} ${counted(layout, -1)}`;
  const bounds = [
    ...(range.after === undefined ? [] : [`${rowid} > ?`]),
    ...(range.upTo === undefined ? [] : [`${rowid} <= ?`]),
  ];
  const where = bounds.length === 0 ? '' : ` WHERE ${bounds.join(' AND ')}`;
  return `${select} FROM ${quoted(layout.name)}${where} ORDER BY ${rowid}`;
}

/** One row again, each column as the bytes it is kept in. Parameter: its number or its place. */
export function bytesSql(layout: TableLayout, columns: readonly string[], largest: number): string {
  const values = columns.map((name) => `CAST(${boundedSql(layout, name, largest)} AS BLOB)`);
  const select = `SELECT ${values.join(', ')}`;
  const { rowid } = layout;
  if (rowid === undefined) return `${select} ${counted(layout, 1)}`;
  return `${select} FROM ${quoted(layout.name)} WHERE ${rowid} = ?`;
}

/** SQLite knows the length of a value without reading it. A key is never left out. */
function boundedSql({ key }: TableLayout, name: string, largest: number): string {
  if (key.includes(name)) return quoted(name);
  return `iif(octet_length(${quoted(name)}) > ${largest}, NULL, ${quoted(name)})`;
}

function tooLargeSql({ key }: TableLayout, columns: readonly string[], largest: number): string {
  const places = columns.flatMap((name, at) =>
    key.includes(name) ? [] : [`iif(octet_length(${quoted(name)}) > ${largest}, '${at}', NULL)`],
  );
  return places.length === 0 ? "''" : `concat_ws(',', ${places.join(', ')})`;
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function counted({ name, order }: TableLayout, limit: number): string {
  const ordered = order.length === 0 ? '' : ` ORDER BY ${order.map(quoted).join(', ')}`;
  return `FROM ${quoted(name)}${ordered} LIMIT ${limit} OFFSET ?`;
}
