import type { DuckDBDataChunk, DuckDBTableFunction } from '@duckdb/node-api';
import { systemRandom } from '../base/random.ts';
import { sqlName, sqlText } from './fileQueries.ts';

/** A column of a Parquet file; cells of `bigint`, `decimal`, `date` and `timestamp` are texts. */
export interface ParquetColumn {
  name: string;
  type:
    | { kind: 'boolean' | 'integer' | 'bigint' | 'double' | 'text' | 'date' | 'timestamp' }
    | { kind: 'decimal'; precision: number; scale: number };
  /** A list of them in each cell. */
  collection: boolean;
}

type Scalar = string | boolean | number | null;
export type ParquetCell = Scalar | readonly Scalar[];

export interface ParquetBatch {
  rows: number;
  columns: readonly (readonly ParquetCell[])[];
}

/** Rows that a batch is best made of. */
export const bestBatchRows = 4096;

/** What stands between cells, and for nothing: drawn anew for each file, so no text holds them. */
interface Marks {
  between: string;
  nothing: string;
}

/**
 * Write a Parquet file (zstd) from batches, asked for one after the other until there is none: no
 * more than a row group is held. A column of a batch is handed over as one text that DuckDB takes
 * apart, which costs a tenth of handing over each cell.
 * @param file absolute path; nothing else on the disk can be opened
 * @throws what `next` throws
 */
export async function writeParquet(
  file: string,
  columns: readonly ParquetColumn[],
  next: () => ParquetBatch | undefined,
): Promise<void> {
  const duckdb = await import('@duckdb/node-api');
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    threads: '2',
    memory_limit: '1GB',
    temp_directory: '',
  });
  const marks = { between: mark(), nothing: mark() };
  let failure: unknown;
  const source = handingOver(duckdb, columns.length, (chunk) => {
    try {
      const batch = next();
      chunk.rowCount = batch === undefined ? 0 : 1;
      if (batch !== undefined) fill(chunk, columns, batch, marks);
    } catch (error) {
      failure = error;
      throw new Error('the batches ended early', { cause: error });
    }
  });
  try {
    const connection = await instance.connect();
    connection.registerTableFunction(source);
    await connection.run(`set allowed_paths = [${sqlText(file)}]`);
    await connection.run('set enable_external_access = false');
    const cells = columns.map(
      (_, at) => `unnest(string_split(c${at}, ${sqlText(marks.between)})) c${at}`,
    );
    const shown = columns.map((column, at) => shownColumn(column, `c${at}`, marks));
    await connection.run(
      `copy (select ${shown.join(', ')} from (select ${cells.join(', ')} from handed_over()))
       to ${sqlText(file)} (format parquet, compression zstd, use_tmp_file false)`,
    );
  } catch (error) {
    throw failure ?? error;
  } finally {
    instance.closeSync();
  }
}

function mark(): string {
  return `\u001f${systemRandom.bytes(12).toString('base64url')}\u001f`;
}

/** A table function of one text for each column and batch. */
function handingOver(
  { DuckDBTableFunction: tableFunction, VARCHAR: text }: typeof import('@duckdb/node-api'),
  columns: number,
  fillChunk: (chunk: DuckDBDataChunk) => void,
): DuckDBTableFunction {
  return tableFunction.create({
    name: 'handed_over',
    bindFunction(info) {
      for (let at = 0; at < columns; at++) info.addResultColumn(`c${at}`, text);
    },
    initFunction: () => undefined,
    mainFunction: (_, chunk) => fillChunk(chunk),
  });
}

function fill(
  chunk: DuckDBDataChunk,
  columns: readonly ParquetColumn[],
  batch: ParquetBatch,
  { between, nothing }: Marks,
): void {
  for (const [at, { collection }] of columns.entries()) {
    const cells = batch.columns[at] as readonly ParquetCell[];
    let text = '';
    for (let row = 0; row < batch.rows; row++) {
      const cell = cells[row] as ParquetCell;
      if (row > 0) text += between;
      text += cell === null ? nothing : collection ? listText(cell) : String(cell);
    }
    chunk.setColumnValues(at, [text]);
  }
}

/** A list as JSON of texts. */
function listText(cell: ParquetCell): string {
  const items = Array.isArray(cell) ? (cell as readonly Scalar[]) : [cell as Scalar];
  return JSON.stringify(items.map((item) => (item === null ? null : String(item))));
}

function shownColumn(
  { name, type, collection }: ParquetColumn,
  cell: string,
  marks: Marks,
): string {
  const text = `nullif(${cell}, ${sqlText(marks.nothing)})`;
  const value = collection ? `from_json(${text}, '["VARCHAR"]')` : text;
  const sql = sqlType(type);
  const cast = sql === 'varchar' ? value : `(${value})::${sql}${collection ? '[]' : ''}`;
  return `${cast} as ${sqlName(name)}`;
}

function sqlType(type: ParquetColumn['type']): string {
  switch (type.kind) {
    case 'text':
      return 'varchar';
    case 'timestamp':
      return 'timestamptz';
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`;
    case 'boolean':
    case 'integer':
    case 'bigint':
    case 'double':
    case 'date':
      return type.kind;
  }
}
