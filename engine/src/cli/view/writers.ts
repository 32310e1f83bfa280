import { open, rename, rm } from 'node:fs/promises';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { exitCodes, HandoverError } from '../../base/errors.ts';
import { sqlName } from '../../query/fileQueries.ts';
import { bestBatchRows, writeParquet } from '../../query/parquetWriter.ts';
import type { ColumnKind } from '../../views/columnType.ts';
import type { ViewColumn } from '../../views/selects.ts';
import type { TableBatch } from '../../views/table.ts';
import { copyText, csvText, ndjsonText, type TableText } from '../../views/tableText.ts';
import { NewFile } from '../convert/newFile.ts';
import { outputFailure } from '../convert/outputFailure.ts';

export const batchRows = bestBatchRows;

/** Writes the rows of a view somewhere; nothing is there until all of them are. */
export type ViewWriter = (
  out: string,
  columns: readonly ViewColumn[],
  batches: Iterator<TableBatch>,
) => Promise<void>;

/** Formats by what a file's name ends with. */
export const fileWriters: Readonly<Record<string, ViewWriter>> = {
  csv: textWriter(csvText),
  ndjson: textWriter(ndjsonText),
  parquet: parquetFile,
};

function textWriter(text: TableText): ViewWriter {
  return async (out, columns, batches) => {
    const file = await NewFile.create(out);
    try {
      await file.write(text.head(columns));
      for (let next = batches.next(); next.done !== true; next = batches.next()) {
        await file.write(text.rows(columns, next.value));
      }
      await file.finish();
    } catch (error) {
      await file.abandon();
      throw error;
    }
  };
}

async function parquetFile(
  out: string,
  columns: readonly ViewColumn[],
  batches: Iterator<TableBatch>,
): Promise<void> {
  const file = await NewFile.create(out);
  await file.finish();
  await rm(out);
  const partial = path.resolve(`${out}.partial`);
  try {
    await (await open(partial, 'w', 0o600)).close();
    await writeParquet(partial, columns, () => {
      const next = batches.next();
      return next.done === true ? undefined : next.value;
    });
    const written = await open(partial, 'r');
    await written.sync();
    await written.close();
    await rename(partial, out);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** A new table in the database of a URL, filled by COPY in one transaction. */
export function postgresWriter(url: string): ViewWriter {
  return async (table, columns, batches) => {
    const client = new Client({ connectionString: url });
    try {
      await client.connect();
    } catch (error) {
      throw new HandoverError(
        'database-unreachable',
        'The database of the view cannot be reached.',
        {
          exitCode: exitCodes.unavailable,
          next: 'Check the URL in the environment, and that the server is up.',
          cause: error,
        },
      );
    }
    try {
      await client.query('begin');
      await createTable(client, table, columns);
      const lines = Readable.from(copyLines(columns, batches), { objectMode: false });
      await pipeline(lines, client.query(copyFrom(`copy ${tableName(table)} from stdin`)));
      await client.query('commit');
    } catch (error) {
      throw tableFailure(table, error);
    } finally {
      await client.end();
    }
  };
}

async function createTable(
  client: Client,
  table: string,
  columns: readonly ViewColumn[],
): Promise<void> {
  const made = columns.map(
    ({ name, type, collection }) => `${sqlName(name)} ${sqlType(type)}${collection ? '[]' : ''}`,
  );
  await client.query(`create table ${tableName(table)} (${made.join(', ')})`);
}

/** What the server said, by its SQLSTATE (PostgreSQL, appendix A), as an error that says what to do. */
function tableFailure(table: string, error: unknown): unknown {
  const { code } = error as { code?: string };
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code)) return outputFailure(table, error);
  if (code === '42P07') {
    return new HandoverError(
      'output-exists',
      `The table ${table} is there already, and stays as it is.`,
      { exitCode: exitCodes.usage, next: 'Name a new table, or drop that one.' },
    );
  }
  return new HandoverError('output-unwritable', `The table ${table} cannot be written (${code}).`, {
    cause: error,
    exitCode: exitCodes.usage,
    next: 'Name a schema that is there and that the user may create tables in. Nothing was written.',
  });
}

function* copyLines(
  columns: readonly ViewColumn[],
  batches: Iterator<TableBatch>,
): Generator<string> {
  for (let next = batches.next(); next.done !== true; next = batches.next()) {
    yield copyText.rows(columns, next.value);
  }
}

/** `schema.table`, or a table alone. */
function tableName(written: string): string {
  return written.split('.').map(sqlName).join('.');
}

function sqlType(type: ColumnKind): string {
  switch (type.kind) {
    case 'decimal':
      return type.precision === 38 ? 'numeric' : `numeric(${type.precision}, ${type.scale})`;
    case 'double':
      return 'double precision';
    case 'timestamp':
      return 'timestamptz';
    case 'boolean':
    case 'integer':
    case 'bigint':
    case 'date':
    case 'text':
      return type.kind;
  }
}
