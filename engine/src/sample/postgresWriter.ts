import { exitCodes, HandoverError } from '../base/errors.ts';
import { encodeCopyRow } from '../formats/copyText.ts';
import type { Log } from '../base/log.ts';
import type { ConnectionSpec } from '../store/connection.ts';
import { openDatabase } from '../store/database.ts';
import type { Transaction } from '../store/session.ts';
import { chunksOf } from './chunks.ts';
import { legacySchema, tableSql } from './schemaSql.ts';
import type { Table } from './table.ts';
import { emptyTally, type TableTally } from './tally.ts';
import type { World } from './world.ts';

/**
 * The sample as schema `legacy` of a PostgreSQL database, in one transaction: all of it or none.
 * Truths are not written, for a source does not know them.
 * @throws HandoverError `sample-schema-exists`, and what the database says.
 */
export async function writePostgres(
  spec: ConnectionSpec,
  tables: readonly Table[],
  world: World,
  services: { log: Log; progress: (table: string, rows: number) => void },
): Promise<Record<string, TableTally>> {
  const database = openDatabase(spec, { log: services.log, max: 1 });
  try {
    const tallies = await database.transaction(
      async (transaction) => {
        await createSchema(transaction);
        const made: Record<string, TableTally> = {};
        for (const table of tables) {
          made[table.name] = await copyTable(transaction, table, world, services.progress);
        }
        return made;
      },
      { operation: 'sample.commit' },
    );
    await database.transaction((transaction) => analyse(transaction, tables));
    return tallies;
  } finally {
    await database.close();
  }
}

async function createSchema(transaction: Transaction): Promise<void> {
  const existing = await transaction.query('SELECT FROM pg_namespace WHERE nspname = $1', [
    legacySchema,
  ]);
  if (existing.count > 0) {
    throw new HandoverError('sample-schema-exists', 'the database has a schema "legacy" already', {
      next: 'Give the sample a database of its own. Nothing was changed.',
      exitCode: exitCodes.usage,
    });
  }
  await transaction.query(`CREATE SCHEMA ${legacySchema}`);
}

async function copyTable(
  transaction: Transaction,
  table: Table,
  world: World,
  progress: (table: string, rows: number) => void,
): Promise<TableTally> {
  const tally = emptyTally();
  await transaction.query(tableSql(table));
  function* bytes(): Generator<Buffer> {
    const want = { truths: false, encode: encodeCopyRow };
    for (const chunk of chunksOf(table.name, table.rows(world), tally, want)) {
      yield Buffer.from(chunk.rows);
      progress(table.name, tally.rows);
    }
  }
  await transaction.copyIn(`COPY ${legacySchema}.${table.name} FROM STDIN`, bytes());
  return tally;
}

/** A real hospital's tables have statistics; the connector cuts its slices by them. */
async function analyse(transaction: Transaction, tables: readonly Table[]): Promise<void> {
  for (const table of tables) await transaction.query(`ANALYZE ${legacySchema}.${table.name}`);
}
