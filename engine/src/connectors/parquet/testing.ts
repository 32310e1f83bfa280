import { writeFile } from 'node:fs/promises';
import { DuckDBInstance } from '@duckdb/node-api';
import { sqlName, sqlText } from '../../query/fileQueries.ts';

/** Write the answer of a query as a Parquet file with small row groups. */
export async function writeParquet(path: string, query: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run(
      `COPY (${query}) TO ${sqlText(path)} (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Write rows of text as a Parquet file; other types by their name in SQL. */
export async function writeRows(
  path: string,
  columns: readonly string[],
  rows: readonly (readonly (string | null)[])[],
  types: Readonly<Record<string, string>> = {},
): Promise<void> {
  const lines = rows.map((row) =>
    JSON.stringify(Object.fromEntries(row.map((value, at) => [`c${at}`, value]))),
  );
  const json = `${path}.json`;
  await writeFile(json, lines.join('\n'));
  const shape = columns.map((_, at) => `c${at}: 'VARCHAR'`).join(', ');
  const selected = columns.map(
    (name, at) => `c${at}::${types[name] ?? 'VARCHAR'} AS ${sqlName(name)}`,
  );
  await writeParquet(
    path,
    `SELECT ${selected.join(', ')} FROM read_json(${sqlText(json)}, columns = {${shape}},
       format = 'newline_delimited', maximum_object_size = 100000000)`,
  );
}
