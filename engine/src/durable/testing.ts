import { readFile } from 'node:fs/promises';
import { GlobalLogger } from '@dbos-inc/dbos-sdk/internal/telemetry/logs';
import { Pool } from 'pg';
import { systemClock } from '../base/clock.ts';
import { silentLog } from '../base/log.ts';
import { testCluster } from '../store/testing.ts';
import { migrateDbos } from './dbosMigration.ts';
import { quietLogger } from './dbosSettings.ts';

export interface FreshControl {
  url: string;
  drop: () => Promise<void>;
}

let template: Promise<string> | undefined;

/** A database with the tables of the workers and of DBOS, for tests and measures of the engine. */
export async function freshControl(): Promise<FreshControl> {
  template ??= makeTemplate();
  return fresh(await template);
}

/** The same without DBOS's tables. */
export async function freshUnmigrated(): Promise<FreshControl> {
  const { url, drop } = await fresh();
  await withPool(url, async (pool) => {
    const migration = new URL('../store/migrations/control/0002_workers.sql', import.meta.url);
    await pool.query('create schema handover');
    await pool.query(await readFile(migration, 'utf8'));
  });
  return { url, drop };
}

async function makeTemplate(): Promise<string> {
  const { url } = await freshUnmigrated();
  const logger = new GlobalLogger(undefined, { logger: quietLogger(silentLog) });
  await withPool(url, (pool) => migrateDbos(pool, logger, systemClock));
  return new URL(url).pathname.slice(1);
}

async function fresh(from?: string): Promise<FreshControl> {
  const database = await (await testCluster()).freshDatabase(from);
  return { url: database.spec.url, drop: () => database.drop() };
}

async function withPool(url: string, use: (pool: Pool) => Promise<void>): Promise<void> {
  const pool = new Pool({ connectionString: url });
  try {
    await use(pool);
  } finally {
    await pool.end();
  }
}
