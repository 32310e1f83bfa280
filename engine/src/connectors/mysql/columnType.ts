import type { ColumnType } from '../../model/stream.ts';

/** `DATA_TYPE` of the catalogue; whatever is not listed is read as the text the server prints. */
const columnTypes: Readonly<Record<string, ColumnType>> = {
  tinyint: 'integer',
  smallint: 'integer',
  mediumint: 'integer',
  int: 'integer',
  bigint: 'integer',
  year: 'integer',
  decimal: 'decimal',
  float: 'decimal',
  double: 'decimal',
  date: 'date',
  time: 'time',
  datetime: 'localDateTime',
  timestamp: 'instant',
  binary: 'binary',
  varbinary: 'binary',
  tinyblob: 'binary',
  blob: 'binary',
  mediumblob: 'binary',
  longblob: 'binary',
  bit: 'binary',
};

export function columnTypeOf(dataType: string): ColumnType {
  return columnTypes[dataType] ?? 'text';
}

/** Whether values are bytes rather than text. */
export function isBinary(dataType: string): boolean {
  return columnTypes[dataType] === 'binary' || spatial.has(dataType);
}

const spatial: ReadonlySet<string> = new Set([
  'geometry',
  'point',
  'linestring',
  'polygon',
  'multipoint',
  'multilinestring',
  'multipolygon',
  'geometrycollection',
]);
