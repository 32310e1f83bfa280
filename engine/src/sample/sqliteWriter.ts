import { access } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { exitCodes, HandoverError } from '../base/errors.ts';
import { columnTypeOfSql } from './columnTypes.ts';
import type { Table, TableColumn } from './table.ts';
import { count, emptyTally, type TableTally } from './tally.ts';
import type { World } from './world.ts';

/** Rows between two reports of progress. */
const rowsAtOnce = 5_000;

/**
 * The sample as a SQLite database, in one transaction. Truths are not written, for a source does not
 * know them.
 * @throws HandoverError `sample-file-exists`.
 */
export async function writeSqlite(
  path: string,
  tables: readonly Table[],
  world: World,
  progress: (table: string, rows: number) => void,
): Promise<Record<string, TableTally>> {
  await requireFree(path);
  const database = new DatabaseSync(path);
  try {
    database.exec('BEGIN');
    const tallies: Record<string, TableTally> = {};
    for (const table of tables) tallies[table.name] = fill(database, table, world, progress);
    database.exec('COMMIT');
    return tallies;
  } finally {
    database.close();
  }
}

async function requireFree(path: string): Promise<void> {
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (!there) return;
  throw new HandoverError('sample-file-exists', 'there is a file where the sample would go', {
    next: 'Name a new file with --out. Nothing was changed.',
    exitCode: exitCodes.usage,
  });
}

function fill(
  database: DatabaseSync,
  table: Table,
  world: World,
  progress: (table: string, rows: number) => void,
): TableTally {
  const tally = emptyTally();
  const columns = table.columns.map((column) => `${column.name} ${sqliteType(column)}`);
  const key = `PRIMARY KEY (${table.key.join(', ')})`;
  database.exec(`CREATE TABLE ${table.name} (${[...columns, key].join(', ')})`);
  const places = table.columns.map(() => '?').join(', ');
  const insert = database.prepare(`INSERT INTO ${table.name} VALUES (${places})`);
  for (const { values, truth } of table.rows(world)) {
    count(tally, truth);
    insert.run(...values);
    if (tally.rows % rowsAtOnce === 0) progress(table.name, tally.rows);
  }
  progress(table.name, tally.rows);
  return tally;
}

/**
 * SQLite would turn the text of a decimal column into a number and lose its digits; a type with
 * TEXT in its name leaves it alone (sqlite.org/datatype3.html, 3.1).
 */
function sqliteType({ type }: TableColumn): string {
  if (columnTypeOfSql(type) === 'decimal') return 'DECIMAL_TEXT';
  const required = /NOT NULL/.test(type) ? ' NOT NULL' : '';
  return `${/^[a-z]+(\(\d+\))?/.exec(type)?.[0] ?? 'text'}${required}`;
}
