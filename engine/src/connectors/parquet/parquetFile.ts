import { sqlText, type FileQueries } from '../../query/fileQueries.ts';
import { parquetFailure } from './failure.ts';

/** One file of a stream, and which rows of the stream it holds. */
export interface Part {
  path: string;
  /** Rows of the stream before it. */
  first: number;
  rows: number;
  /** Rows of the stream before each of its row groups: there it can be cut. */
  groups: readonly number[];
}

/** A column as the file says it. */
export interface FileColumn {
  name: string;
  type: string;
}

/** @throws HandoverError `source-file-damaged`, `source-unavailable`. */
export async function readColumns(queries: FileQueries, path: string): Promise<FileColumn[]> {
  const sql = `SELECT column_name, column_type FROM (DESCRIBE SELECT * EXCLUDE (file_row_number) FROM ${fileSql(path)})`;
  const rows = await asking(path, () => queries.rows(sql));
  return rows.map(([name, type]) => ({ name: name ?? '', type: type ?? '' }));
}

/** @throws HandoverError `source-file-damaged`, `source-unavailable`. */
export async function readPart(queries: FileQueries, path: string, first: number): Promise<Part> {
  const sql = `SELECT row_group_id::VARCHAR, any_value(row_group_num_rows)::VARCHAR
    FROM parquet_metadata(${sqlText(path)}) GROUP BY row_group_id ORDER BY row_group_id`;
  const rows = await asking(path, () => queries.rows(sql));
  const groups: number[] = [];
  let at = first;
  for (const [, count] of rows) {
    groups.push(at);
    at += Number(count);
  }
  return { path, first, rows: at - first, groups };
}

/** The file as a table, with the number of each row in it, from 0. */
export function fileSql(path: string): string {
  return `read_parquet(${sqlText(path)}, hive_partitioning = false, file_row_number = true)`;
}

export async function asking<T>(path: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw parquetFailure(error, path);
  }
}
