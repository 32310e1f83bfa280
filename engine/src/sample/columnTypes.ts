import type { ColumnType } from '../model/stream.ts';

const types: Readonly<Record<string, ColumnType>> = {
  integer: 'integer',
  smallint: 'integer',
  bigint: 'integer',
  numeric: 'decimal',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'localDateTime',
  timestamptz: 'instant',
  bytea: 'binary',
};

/** What a column of the sample holds, by its PostgreSQL type with or without constraints. */
export function columnTypeOfSql(type: string): ColumnType {
  return types[/^[a-z]+/.exec(type)?.[0] ?? ''] ?? 'text';
}
