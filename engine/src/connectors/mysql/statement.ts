import type { TableLayout } from './catalogue.ts';
import { isBinary } from './columnType.ts';

/** A key range on the first key column: from `from` on, up to and without `before`; literals. */
export interface KeyRange {
  from?: string;
  before?: string;
}

/** Where a read goes on: after a key (literals), or after so many rows. */
export type Place = { key: readonly string[] } | { rows: number };

/**
 * One page of a table in total order: of each row the positions of the values with more than `largest`
 * bytes, then its columns, NULL in place of those. Keys are compared as their index compares them, whatever the
 * collation: the index is unique, so no two keys are the same to it.
 */
export function pageSql(
  layout: TableLayout,
  columns: readonly string[],
  range: KeyRange,
  place: Place | undefined,
  { rows, largest }: { rows: number; largest: number },
): string {
  const long = longColumns(layout, columns);
  const values = columns.map((name) =>
    long.includes(name) ? `IF(${isLarger(name, largest)}, NULL, ${quoted(name)})` : quoted(name),
  );
  const places = long.map(
    (name) => `IF(${isLarger(name, largest)}, '${columns.indexOf(name)}', NULL)`,
  );
  const marks = places.length === 0 ? "''" : `CONCAT_WS(',', ${places.join(', ')})`;
  return page(layout, [marks, ...values], range, place, rows);
}

/** How many bytes the long columns of the rows of a page have together, those left out not counted. */
export function sizesSql(
  layout: TableLayout,
  columns: readonly string[],
  range: KeyRange,
  place: Place | undefined,
  { rows, largest }: { rows: number; largest: number },
): string {
  const sizes = longColumns(layout, columns).map((name) => {
    return `IF(${isLarger(name, largest)}, 0, COALESCE(LENGTH(${quoted(name)}), 0))`;
  });
  return page(layout, [sizes.join(' + ')], range, place, rows);
}

function isLarger(name: string, largest: number): string {
  return `COALESCE(LENGTH(${quoted(name)}), 0) > ${largest}`;
}

/** Columns whose values can be large; a key is never left out. */
export function longColumns(
  { columns, mostBytes, key }: TableLayout,
  wanted: readonly string[],
): string[] {
  return wanted.filter((name) => {
    const most = mostBytes[columns.findIndex((column) => column.name === name)];
    return (most === undefined || most > longBytes) && !key.includes(name);
  });
}

/** What a `text` can hold; a longer value takes a `mediumtext`. */
const longBytes = 65_535;

function page(
  layout: TableLayout,
  expressions: readonly string[],
  range: KeyRange,
  place: Place | undefined,
  rows: number,
): string {
  const select = `SELECT ${expressions.join(', ')} FROM ${quoted(layout.name)}`;
  if (!layout.indexed) {
    const passed = place !== undefined && 'rows' in place ? place.rows : 0;
    return `${select} LIMIT ${rows} OFFSET ${passed}`;
  }
  const key = layout.key.map(quoted);
  const conditions = [
    ...(place !== undefined && 'key' in place ? [after(key, place.key)] : []),
    ...(range.from === undefined ? [] : [`${key[0] as string} >= ${range.from}`]),
    ...(range.before === undefined ? [] : [`${key[0] as string} < ${range.before}`]),
  ];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  return `${select}${where} ORDER BY ${key.join(', ')} LIMIT ${rows}`;
}

/** `(a, b) > (1, 2)` written out, for the server finds no index for the short form. */
function after(key: readonly string[], values: readonly string[]): string {
  const [first, ...more] = key as [string, ...string[]];
  const [value, ...others] = values as [string, ...string[]];
  if (more.length === 0) return `${first} > ${value}`;
  return `${first} >= ${value} AND (${first} > ${value} OR (${after(more, others)}))`;
}

export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A value that came from the server, as it is written in a statement. */
export function literal(value: Buffer, dataType: string): string {
  if (isNumeric(dataType) && /^-?\d+(\.\d+)?$/.test(value.toString('latin1'))) {
    return value.toString('latin1');
  }
  const hex = value.toString('hex');
  if (dataType === 'bit') return `CAST(x'${hex}' AS UNSIGNED)`;
  return isBinary(dataType) ? `x'${hex}'` : `_utf8mb4 x'${hex}'`;
}

function isNumeric(dataType: string): boolean {
  return /int$|^decimal$|^year$/.test(dataType);
}
