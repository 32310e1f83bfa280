import { keySeparator, type RecordBatch } from '../model/record.ts';
import type { Row } from './copyText.ts';
import { openRowReader } from './rowReader.ts';

/**
 * The key of each record of a batch for a join on some of its columns. `undefined` where a column
 * holds nothing, or where the record cannot be read: nobody reaches that one, and its own stream
 * holds it.
 */
export function joinKeys(
  records: RecordBatch,
  columns: readonly string[],
  joined: readonly string[],
): (string | undefined)[] {
  const places = joined.map((name) => columns.indexOf(name));
  const wanted = columns.map((name) => joined.includes(name));
  const reader = openRowReader(records.mediaType, wanted);
  if (reader === undefined) return records.keys.map(() => undefined);
  reader.open(records);
  const row: Row = columns.map(() => undefined);
  return records.keys.map((_, ordinal) => {
    if (reader.read(ordinal, row) !== undefined) return undefined;
    const parts = places.map((place) => row[place] ?? '');
    return parts.includes('') ? undefined : parts.join(keySeparator);
  });
}
