import { escapeIdentifier, escapeLiteral } from 'pg';
import { keySeparator } from '../../model/record.ts';
import type { ReadRequest } from '../../model/source.ts';
import type { Column } from '../../model/stream.ts';
import type { KeyColumn, TableLayout } from './catalogue.ts';

/** A key range on the first key column: above `after`, up to and with `upTo`, as text. */
export interface KeyRange {
  after?: string;
  upTo?: string;
}

/** Where a read goes on: after a key, or after so many rows of a stream without one. */
export type Place = { key: readonly string[] } | { rows: number } | undefined;

/**
 * The query behind a COPY: all columns asked for, in total order, from a place on. Text keys are
 * ordered by their bytes: the order then depends neither on the server's locale nor on its version.
 */
export function readSql(
  schema: string,
  layout: TableLayout,
  columns: readonly Pick<Column, 'name' | 'type'>[],
  range: KeyRange,
  place: Place,
  { wanted, largest }: { wanted?: ReadRequest['where']; largest: number },
): string {
  const chosen = wanted === undefined ? [] : [chosenRows(wanted)];
  const chosenColumns = columns.map((column) => valueOf(column, largest)).join(', ');
  const select = `SELECT ${chosenColumns} FROM ${from(schema, layout)}`;
  if (layout.key.length === 0) {
    const passed = place !== undefined && 'rows' in place ? place.rows : 0;
    const only = chosen.length === 0 ? '' : ` WHERE ${chosen.join('')}`;
    return `${select}${only} ORDER BY ${orderWithoutKey(layout)} OFFSET ${passed}`;
  }
  const conditions = [...keyConditions(layout.key, range, place), ...chosen];
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  return `${select}${where} ORDER BY ${layout.key.map(ordered).join(', ')}`;
}

/** Stands in place of bytes that are too many to be read: no text of a `bytea` is like it. */
export const oversizeMark = 'handover:value-too-large';

/** A row of COPY text cannot be larger than a gibibyte, and hex doubles: the server itself would fail at it. */
function valueOf({ name, type }: Pick<Column, 'name' | 'type'>, largest: number): string {
  const column = `t.${escapeIdentifier(name)}`;
  if (type !== 'binary') return column;
  const mark = escapeLiteral(oversizeMark);
  return `CASE WHEN octet_length(${column}) > ${largest} THEN ${mark} ELSE ${column}::text END`;
}

/** `ONLY`: the children of an inheriting table are streams of their own. */
export function from(schema: string, layout: TableLayout): string {
  const name = `${escapeIdentifier(schema)}.${escapeIdentifier(layout.name)}`;
  return layout.kind === 'rows' ? `ONLY ${name} AS t` : `${name} AS t`;
}

/** A key column in the order in which it is read. */
export function ordered(column: KeyColumn): string {
  const name = `t.${escapeIdentifier(column.name)}`;
  return column.ordersByLocale ? `${name} COLLATE "C"` : name;
}

/**
 * Without a key: by the place in the table, or, where rows have no place, by all that they say.
 * Rows that are the same in everything may change places, which nobody can tell.
 */
function orderWithoutKey(layout: TableLayout): string {
  return layout.kind === 'rows' ? 't.ctid' : 't::text COLLATE "C"';
}

function keyConditions(key: readonly KeyColumn[], range: KeyRange, place: Place): string[] {
  const first = key[0] as KeyColumn;
  const conditions: string[] = [];
  if (place !== undefined && 'key' in place) {
    const values = key.map((column, at) => typed(column, place.key[at] ?? ''));
    conditions.push(`(${key.map(ordered).join(', ')}) > (${values.join(', ')})`);
  } else if (range.after !== undefined) {
    conditions.push(`${ordered(first)} > ${typed(first, range.after)}`);
  }
  if (range.upTo !== undefined) conditions.push(`${ordered(first)} <= ${typed(first, range.upTo)}`);
  return conditions;
}

/** Each text as a literal of its column's own type, so that an index of the column serves. */
function chosenRows({ columns, keys }: NonNullable<ReadRequest['where']>): string {
  const names = columns.map((name) => `t.${escapeIdentifier(name)}`).join(', ');
  const rows = [...keys].map((key) => {
    const parts = key.split(keySeparator);
    return `(${names}) = (${columns.map((_, at) => escapeLiteral(parts[at] ?? '')).join(', ')})`;
  });
  return rows.length === 0 ? 'false' : `(${rows.join(' OR ')})`;
}

function typed(column: KeyColumn, text: string): string {
  return `${escapeLiteral(text)}::${column.castType}`;
}
