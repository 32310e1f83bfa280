import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ColumnType } from '../../model/stream.ts';
import { parseCsv } from '../../terminology/csv.ts';
import { fileFailure } from '../csv/failure.ts';
import { columnTypeOf } from '../sqlite/columnType.ts';
import { dictionaryInvalid } from './failure.ts';

/** What the sender says of one table. */
export interface TableEntry {
  columns: string[];
  key: string[];
  types: Record<string, ColumnType>;
}

const heads = ['table', 'column', 'type', 'key'] as const;

/**
 * The data dictionary of a delivery: a row for each column of each table, in order. `key` holds the
 * column's place in the key, from 1, or nothing.
 * @throws HandoverError `source-file-missing`, `export-dictionary-invalid`.
 */
export async function readDictionary(
  folder: string,
  name: string,
): Promise<ReadonlyMap<string, TableEntry>> {
  const path = join(folder, name);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileFailure(error, path);
  });
  const { rows, problems } = parseCsv(text);
  const [problem] = problems;
  if (problem !== undefined) throw dictionaryInvalid(name, `line ${problem.line}`);
  const [head, ...entries] = rows;
  const names = head?.fields.map((field) => field.trim().toLowerCase()) ?? [];
  const missing = heads.find((one) => !names.includes(one));
  if (missing !== undefined) throw dictionaryInvalid(name, `no head "${missing}"`);
  const field = (fields: readonly string[], one: (typeof heads)[number]): string =>
    fields[names.indexOf(one)]?.trim() ?? '';
  const tables = new Map<string, TableEntry>();
  for (const { line, fields } of entries) {
    const [table, column, type, key] = heads.map((one) => field(fields, one)) as Fields;
    if (table === '' || column === '' || !/^\d*$/.test(key)) {
      throw dictionaryInvalid(name, `line ${line}`);
    }
    enter(tables, table, column, type, key);
  }
  for (const [table, entry] of tables) {
    if (Object.keys(entry.key).length < entry.key.length) {
      throw dictionaryInvalid(name, `the key of ${table} has a gap`);
    }
  }
  return tables;
}

type Fields = [table: string, column: string, type: string, key: string];

function enter(tables: Map<string, TableEntry>, ...[table, column, type, key]: Fields): void {
  const entry = tables.get(table) ?? { columns: [], key: [], types: {} };
  tables.set(table, entry);
  entry.columns.push(column);
  const meant = columnTypeOf(type);
  if (meant !== 'text') entry.types[column] = meant;
  if (key !== '') entry.key[Number(key) - 1] = column;
}
