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

const migrations = new URL('../../src/store/migrations/control/', import.meta.url);

/** The server is the process' one test server: without fsync, gone when the process ends. */
export async function openLedgerDatabase(): Promise<LedgerDatabase> {
  const fresh = await (await testCluster()).freshDatabase();
  const database = openDatabase(fresh.spec, { log: silentLog, instants: 'text', max: 4 });
  await migrate({ database, folder: migrations });
  const cleaner = new Client({ connectionString: fresh.spec.url });
  await cleaner.connect();
  // Triggers, which keep the ledger append-only, rest in this session.
  await cleaner.query('set session_replication_role = replica');
  const { rows } = await cleaner.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'handover'
        and tablename <> 'schema_migration' and tablename !~ '_[0-9a-f]{32}$'`,
  );
  const empty = rows.map(({ name }) => `delete from handover."${name}"`).join(';');
  return {
    database,
    reset: async () => void (await cleaner.query(empty)),
    async close() {
      await cleaner.end();
      await database.close();
      await fresh.drop();
    },
  };
}
