import type { ColumnType } from '../../model/stream.ts';

/**
 * SQLite takes any word for a type and holds any value in any column; the word says what was meant.
 * The first match decides.
 */
const meanings: readonly (readonly [RegExp, ColumnType])[] = [
  [/bool/, 'boolean'],
  [/timestamptz|with time zone/, 'instant'],
  [/timestamp|datetime/, 'localDateTime'],
  [/date/, 'date'],
  [/time/, 'time'],
  [/dec|num|money|real|floa|doub/, 'decimal'],
  [/int/, 'integer'],
  [/blob|binary|bytea/, 'binary'],
];

export function columnTypeOf(declared: string): ColumnType {
  const word = declared.toLowerCase();
  return meanings.find(([pattern]) => pattern.test(word))?.[1] ?? 'text';
}
