import { sqlName } from '../../query/fileQueries.ts';
import type { ColumnType } from '../../model/stream.ts';

/** By the beginning of DuckDB's name for the type; the first match decides. */
const meanings: readonly (readonly [RegExp, ColumnType])[] = [
  [/\[\d*\]$|^(STRUCT|MAP|UNION)\b/, 'text'],
  [/^BOOLEAN$/, 'boolean'],
  [/^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/, 'integer'],
  [/^(DECIMAL|FLOAT|DOUBLE)/, 'decimal'],
  [/^DATE$/, 'date'],
  [/^TIMESTAMP WITH TIME ZONE$/, 'instant'],
  [/^TIMESTAMP/, 'localDateTime'],
  [/^TIME$/, 'time'],
  [/^BLOB$/, 'binary'],
];

export function columnTypeOf(fileType: string): ColumnType {
  return meanings.find(([pattern]) => pattern.test(fileType))?.[1] ?? 'text';
}

/** SQL for a column's value as text, without loss: bytes as `\x` and hex, as PostgreSQL writes them. */
export function textSql(name: string, fileType: string): string {
  const column = sqlName(name);
  return fileType === 'BLOB' ? `'\\x' || lower(hex(${column}))` : `${column}::VARCHAR`;
}
