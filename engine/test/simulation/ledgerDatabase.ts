import { Client } from 'pg';
import { silentLog } from '../../src/base/log.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { testCluster } from '../../src/store/testing.ts';

/** A real PostgreSQL with the ledger in it, emptied between two seeds. */
export interface LedgerDatabase {
  database: Database;
  reset(): Promise<void>;
  close(): Promise<void>;
}

/** A seed asks the same small questions some two thousand times: nobody plans or counts them anew. */
const quick = {
  plan_cache_mode: 'force_generic_plan',
  track_activities: 'off',
  track_counts: 'off',
  update_process_title: 'off',
};

const resetsBetweenTruncations = 10;

const migrations = new URL('../../src/store/migrations/control/', import.meta.url);

/** The server is the process' one test server: without fsync, gone when the process ends. */
export async function openLedgerDatabase(): Promise<LedgerDatabase> {
  const fresh = await (await testCluster()).freshDatabase();
  const database = openDatabase(fresh.spec, {
    log: silentLog,
    instants: 'text',
    max: 4,
    prepared: true,
    settings: quick,
  });
  await migrate({ database, folder: migrations });
  const cleaner = new Client({ connectionString: fresh.spec.url });
  await cleaner.connect();
  // Triggers, which keep the ledger append-only, rest in this session.
  await cleaner.query('set session_replication_role = replica');
  const { rows } = await cleaner.query<{ schema: string; name: string }>(
    `select schemaname as schema, tablename as name from pg_tables
      where schemaname in ('handover', 'audit') and tablename not in ('schema_migration', 'tree')
        and tablename !~ '_[0-9a-f]{32}$'`,
  );
  const tables = rows.map(({ schema, name }) => `${schema}."${name}"`);
  const stump = `update audit.tree set size = 0, roots = ''`;
  const empty = tables.map((name) => `delete from ${name}`).join(';');
  let resets = 0;
  return {
    database,
    async reset() {
      // Deleting is quicker than truncating, until there are many dead rows to step over.
      const afresh = ++resets % resetsBetweenTruncations === 0;
      await emptied(cleaner, `${afresh ? `truncate ${tables.join()}` : empty};${stump}`);
    },
    async close() {
      await cleaner.end();
      await database.close();
      await fresh.drop();
    },
  };
}

const mostDeadlocks = 20;

/**
 * A process that the story has killed may still be in the midst of a transaction, and each of the two
 * can wait for the other: PostgreSQL then ends one of them, and the dead one comes to its end.
 */
async function emptied(cleaner: Client, statement: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await cleaner.query(statement);
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== deadlockDetected || attempt >= mostDeadlocks) {
        throw error;
      }
    }
  }
}

const deadlockDetected = '40P01';
