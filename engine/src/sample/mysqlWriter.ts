import type { createConnection as Connect, Connection } from 'mysql2/promise';
import { exitCodes, HandoverError } from '../base/errors.ts';
import { columnTypeOfSql } from './columnTypes.ts';
import type { Table, TableColumn } from './table.ts';
import { count, emptyTally, type TableTally } from './tally.ts';
import type { World } from './world.ts';

/** Rows of one statement. */
const rowsAtOnce = 1_000;

/**
 * The sample in a MySQL or MariaDB database, which must be empty. Truths are not written, for a
 * source does not know them.
 * @throws HandoverError `sample-schema-exists`, and what the server says.
 */
export async function writeMysql(
  url: string,
  tables: readonly Table[],
  world: World,
  progress: (table: string, rows: number) => void,
): Promise<Record<string, TableTally>> {
  // Loaded here: most hospitals are written elsewhere.
  const { createConnection } = await import('mysql2/promise');
  const connection = await createConnection(optionsOf(url));
  try {
    await requireEmpty(connection);
    await connection.query("SET SESSION sql_mode = 'STRICT_ALL_TABLES'");
    const tallies: Record<string, TableTally> = {};
    for (const table of tables) {
      tallies[table.name] = await fill(connection, table, world, progress);
    }
    return tallies;
  } finally {
    await connection.end();
  }
}

function optionsOf(url: string): Parameters<typeof Connect>[0] & object {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const socketPath = searchParams.get('socket');
  return {
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    charset: 'utf8mb4',
    ...(socketPath === null ? { host: hostname, port: Number(port || 3306) } : { socketPath }),
  };
}

async function requireEmpty(connection: Connection): Promise<void> {
  const [tables] = await connection.query('SHOW TABLES');
  if (Array.isArray(tables) && tables.length === 0) return;
  throw new HandoverError('sample-schema-exists', 'the database has tables already', {
    next: 'Give the sample a database of its own. Nothing was changed.',
    exitCode: exitCodes.usage,
  });
}

async function fill(
  connection: Connection,
  table: Table,
  world: World,
  progress: (table: string, rows: number) => void,
): Promise<TableTally> {
  const tally = emptyTally();
  const columns = table.columns.map((column) => `${column.name} ${mysqlType(column)}`);
  const key = `PRIMARY KEY (${table.key.join(', ')})`;
  await connection.query(
    `CREATE TABLE ${table.name} (${[...columns, key].join(', ')}) CHARACTER SET utf8mb4`,
  );
  let rows: (readonly (string | null)[])[] = [];
  const insert = async (): Promise<void> => {
    if (rows.length > 0) await connection.query(`INSERT INTO ${table.name} VALUES ?`, [rows]);
    progress(table.name, tally.rows);
    rows = [];
  };
  await connection.beginTransaction();
  for (const { values, truth } of table.rows(world)) {
    count(tally, truth);
    rows.push(values);
    if (rows.length === rowsAtOnce) await insert();
  }
  await insert();
  await connection.commit();
  return tally;
}

/** A decimal column has a fixed number of digits; what was typed keeps its own only as text. */
function mysqlType({ type }: TableColumn): string {
  const required = /NOT NULL|PRIMARY KEY/.test(type) ? ' NOT NULL' : '';
  const held = columnTypeOfSql(type);
  if (held === 'decimal') return `varchar(40)${required}`;
  if (held === 'localDateTime') return `datetime${required}`;
  return `${/^[a-z]+(\(\d+\))?/.exec(type)?.[0] ?? 'text'}${required}`;
}
