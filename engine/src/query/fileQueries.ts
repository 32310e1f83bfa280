import type { DuckDBInstance } from '@duckdb/node-api';

/** What a file says of one value: as text, without loss. */
export type TextRow = readonly (string | null)[];

/**
 * Questions to files, put to a DuckDB of its own in memory. It can open the named files and nothing
 * else on the disk or the network, writes nowhere (so nothing of a patient is spilled), and no
 * statement can change that.
 */
export interface FileQueries {
  /** All rows of a small answer. */
  rows(sql: string): Promise<TextRow[]>;
  /** A large answer, some two thousand rows at a time; nothing is fetched ahead of the reader. */
  stream(sql: string): AsyncGenerator<readonly TextRow[]>;
  close(): void;
}

/** Above this much memory a statement fails; it is never spilled. */
const memoryLimit = '1GB';

/** @param files absolute paths; the only ones that statements can open. */
export async function openFileQueries(files: readonly string[]): Promise<FileQueries> {
  // Loaded here, by the few who ask files: it is half of what a start of the program would load.
  const duckdb = await import('@duckdb/node-api');
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    threads: '2',
    memory_limit: memoryLimit,
    temp_directory: '',
  });
  const connection = await instance.connect();
  try {
    for (const statement of lockingStatements(files)) await connection.run(statement);
  } catch (error) {
    instance.closeSync();
    throw error;
  }
  return {
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRows() as unknown as TextRow[],
    stream: (sql) => streamed(instance, sql),
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** A text as SQL writes it. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as SQL writes it. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Nothing is read but these files, nothing is loaded, and none of it can be set otherwise. */
export function lockingStatements(files: readonly string[]): string[] {
  return [
    "set TimeZone = 'UTC'",
    'set preserve_insertion_order = true',
    'set autoinstall_known_extensions = false',
    'set autoload_known_extensions = false',
    `set allowed_paths = [${files.map(sqlText).join(', ')}]`,
    'set enable_external_access = false',
    'set lock_configuration = true',
  ];
}

/** On a connection of its own: an answer that is being fetched takes up the whole of one. */
async function* streamed(
  instance: DuckDBInstance,
  sql: string,
): AsyncGenerator<readonly TextRow[]> {
  const connection = await instance.connect();
  try {
    const result = await connection.stream(sql);
    for (;;) {
      const chunk = await result.fetchChunk();
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk.getRows() as unknown as TextRow[];
    }
  } finally {
    connection.closeSync();
  }
}
