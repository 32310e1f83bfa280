import type { ColumnType } from '../../model/stream.ts';

/** Base type names of `pg_type`; whatever is not listed is read as the text PostgreSQL prints. */
const columnTypes: Readonly<Record<string, ColumnType>> = {
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  oid: 'integer',
  numeric: 'decimal',
  float4: 'decimal',
  float8: 'decimal',
  bool: 'boolean',
  date: 'date',
  time: 'time',
  timetz: 'time',
  timestamp: 'localDateTime',
  timestamptz: 'instant',
  bytea: 'binary',
};

export function columnTypeOf(baseType: string): ColumnType {
  return columnTypes[baseType] ?? 'text';
}
