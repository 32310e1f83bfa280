import { HandoverError, exitCodes } from '../base/errors.ts';
import { lockingStatements } from './fileQueries.ts';

/** A value as DuckDB answers it here: numbers as doubles (64-bit ones as bigint), text, or nothing. */
export type WorkValue = string | number | bigint | boolean | null;
export type WorkRow = readonly WorkValue[];

/**
 * Tables of a DuckDB of its own, in memory: it reads the named files and nothing else, writes nowhere,
 * and what does not fit its limit fails, because what it would spill is a patient's plain text.
 */
export interface WorkTables {
  run(sql: string): Promise<void>;
  /** All rows of a small answer. */
  rows(sql: string): Promise<WorkRow[]>;
  /** A large answer by columns, some two thousand values at a time; nothing is fetched ahead. */
  columns(sql: string): AsyncGenerator<readonly WorkRow[]>;
  /** Rows of text into a table, which has as many columns. */
  append(table: string, rows: readonly (readonly (string | null)[])[]): Promise<void>;
  close(): void;
}

export interface WorkLimits {
  memoryMiB: number;
  threads: number;
}

/**
 * @param files absolute paths; the only ones that statements can open.
 * @throws HandoverError `linkage-memory` from any statement that needs more than the limit.
 */
export async function openWorkTables(
  files: readonly string[],
  limits: WorkLimits,
): Promise<WorkTables> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(limits.threads),
    memory_limit: `${limits.memoryMiB}MiB`,
    temp_directory: '',
  });
  const connection = await instance.connect();
  const close = (): void => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    for (const statement of lockingStatements(files)) await connection.run(statement);
  } catch (error) {
    close();
    throw error;
  }
  return {
    run: async (sql) => void (await connection.run(sql).catch(refuse)),
    rows: async (sql) => {
      const answer = await connection.runAndReadAll(sql).catch(refuse);
      return answer.getRows() as unknown as WorkRow[];
    },
    async *columns(sql) {
      const result = await connection.stream(sql).catch(refuse);
      for (;;) {
        const chunk = await result.fetchChunk().catch(refuse);
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk.getColumns() as unknown as WorkRow[];
      }
    },
    append: async (table, rows) => {
      const appender = await connection.createAppender(table);
      try {
        for (const row of rows) {
          for (const value of row) {
            if (value === null) appender.appendNull();
            else appender.appendVarchar(value);
          }
          appender.endRow();
        }
        appender.flushSync();
      } catch (error) {
        refuse(error);
      } finally {
        appender.closeSync();
      }
    },
    close,
  };
}

/** A message of DuckDB may quote a value of the file: only the kind of failure is told. */
function refuse(error: unknown): never {
  const text = error instanceof Error ? error.message : '';
  if (/out of memory/i.test(text)) {
    throw new HandoverError('linkage-memory', 'The records do not fit the memory allowed.', {
      next: 'Give more with --memory, or link fewer records at once.',
      exitCode: exitCodes.unexpected,
    });
  }
  const kind = /^([A-Z][A-Za-z ]+ Error)/.exec(text)?.[1] ?? 'error';
  throw new HandoverError('linkage-failed', `A question to the records failed: ${kind}.`, {
    next: 'Check that the files are CSV or Parquet with a heading, and that none changed meanwhile.',
  });
}
