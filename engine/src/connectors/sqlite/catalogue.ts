import type { DatabaseSync } from 'node:sqlite';
import { exitCodes, HandoverError } from '../../base/errors.ts';
import type { Column } from '../../model/stream.ts';
import { columnTypeOf } from './columnType.ts';
import type { SqliteConfiguration } from './configuration.ts';

/** What the catalogue says of one table or view. */
export interface TableLayout {
  name: string;
  columns: Column[];
  key: readonly string[];
  /**
   * The name under which each row's number can be asked for; undefined for a view or a table
   * `WITHOUT ROWID`, whose rows are counted off in order instead.
   */
  rowid: string | undefined;
  /** Columns that put the rows of such a table into a total order; none for a view. */
  order: readonly string[];
}

/** Tables and views, sorted by name. */
export function readCatalogue(
  database: DatabaseSync,
  streams: SqliteConfiguration['streams'],
): TableLayout[] {
  const tables = database
    .prepare(
      "SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY name",
    )
    .all() as unknown as TableRow[];
  const known = tables.filter(({ name }) => !name.startsWith('sqlite_'));
  for (const name of Object.keys(streams)) {
    if (!known.some((table) => table.name === name)) throw unknown('table', name);
  }
  return known.map((table) => layoutOf(database, table, streams[table.name]));
}

interface TableRow {
  name: string;
  type: 'table' | 'view';
  sql: string | null;
}

interface ColumnRow {
  name: string;
  type: string;
  notnull: number;
  /** Place in the primary key, from 1; 0: none. */
  pk: number;
  /** 1: hidden in a virtual table. */
  hidden: number;
}

function layoutOf(
  database: DatabaseSync,
  { name, type, sql }: TableRow,
  declared: SqliteConfiguration['streams'][string] | undefined,
): TableLayout {
  const rows = (
    database.prepare('SELECT * FROM pragma_table_xinfo(?)').all(name) as unknown as ColumnRow[]
  ).filter(({ hidden }) => hidden !== 1);
  const names = rows.map((row) => row.name);
  for (const column of [...(declared?.key ?? []), ...Object.keys(declared?.types ?? {})]) {
    if (!names.includes(column)) throw unknown(`column in ${name}`, column);
  }
  const primary = rows.filter(({ pk }) => pk > 0).toSorted((one, other) => one.pk - other.pk);
  const primaryKey = primary.map((row) => row.name);
  const key =
    declared?.key ?? (primaryKey.length > 0 ? primaryKey : uniqueKey(database, name, rows));
  const numbered = type === 'table' && !/\bwithout\s+rowid\b/i.test(sql ?? '');
  return {
    name,
    columns: rows.map((row) => columnOf(row, declared?.types[row.name])),
    key,
    rowid: numbered ? rowidName(names) : undefined,
    order: numbered ? [] : primaryKey,
  };
}

function columnOf(row: ColumnRow, type: Column['type'] | undefined): Column {
  const { name, type: sourceType, notnull, pk } = row;
  const nullable = notnull === 0 && pk === 0;
  return { name, sourceType, type: type ?? columnTypeOf(sourceType), nullable };
}

/** A column of that name hides the row's number, which has three names for that reason. */
function rowidName(columns: readonly string[]): string | undefined {
  const taken = new Set(columns.map((name) => name.toLowerCase()));
  return ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name));
}

/** The unique index with the fewest columns that cannot be NULL; none: no key. */
function uniqueKey(database: DatabaseSync, table: string, columns: readonly ColumnRow[]): string[] {
  const indexes = database
    .prepare('SELECT name FROM pragma_index_list(?) WHERE "unique" AND NOT partial ORDER BY name')
    .all(table) as unknown as { name: string }[];
  const required = new Set(columns.filter((one) => one.notnull === 1).map(({ name }) => name));
  return (
    indexes
      .map(({ name }) =>
        database
          .prepare('SELECT name FROM pragma_index_info(?) ORDER BY seqno')
          .all(name)
          .map((row) => row['name'] as string | null),
      )
      .filter((names): names is string[] =>
        names.every((name) => name !== null && required.has(name)),
      )
      .toSorted((one, other) => one.length - other.length)[0] ?? []
  );
}

function unknown(what: string, name: string): HandoverError {
  return new HandoverError('source-column-missing', `the source has no ${what} called "${name}"`, {
    next: 'Correct `streams` of this source in the plan.',
    exitCode: exitCodes.planInvalid,
  });
}
