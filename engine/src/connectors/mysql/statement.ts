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
 * One page of a table in total order. Keys are compared as their index compares them, whatever the
 * collation: the index is unique, so no two keys are the same to it.
 */
export function pageSql(
  layout: TableLayout,
  columns: readonly string[],
  range: KeyRange,
  place: Place | undefined,
  rows: number,
): string {
  const select = `SELECT ${columns.map(quoted).join(', ')} FROM ${quoted(layout.name)}`;
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
