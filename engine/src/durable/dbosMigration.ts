import { Error as DbosErrors } from '@dbos-inc/dbos-sdk';
import type { GlobalLogger } from '@dbos-inc/dbos-sdk/internal/telemetry/logs';
import {
  ensureSystemDatabase,
  verifySystemDatabase,
} from '@dbos-inc/dbos-sdk/internal/system_database';
import type { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import { dbosSchema } from './dbosTables.ts';

/**
 * DBOS demands a URL but connects through the pool it is given: this one leads nowhere, and so the
 * real one, which may hold a password, is never in its hands.
 */
export const pooledUrl = 'postgresql://handover@pool/handover';

const lock = `hashtextextended('handover.durable.migration', 0)`;

/**
 * Brings DBOS's tables to the version of the package, in the database of the pool. Any number of
 * processes may do so at once: one migrates, the others wait and find it done.
 *
 * They wait by asking again and not in the server: DBOS builds indexes concurrently, which waits
 * for every statement that runs, and a statement that waits for this lock would be one.
 */
export async function migrateDbos(pool: Pool, logger: GlobalLogger, clock: Clock): Promise<void> {
  if (await isMigrated(pool, logger)) return;
  const session = await pool.connect();
  try {
    for (;;) {
      const { rows } = await session.query<{ held: boolean }>(
        `select pg_try_advisory_lock(${lock}) as held`,
      );
      if (rows[0]?.held) break;
      await clock.sleep(50);
    }
    await ensureSystemDatabase(pooledUrl, logger, pool, dbosSchema, false);
  } finally {
    // Ends the session, and the lock with it, however this went.
    session.release(true);
  }
}

async function isMigrated(pool: Pool, logger: GlobalLogger): Promise<boolean> {
  try {
    await verifySystemDatabase(pooledUrl, logger, pool, dbosSchema, false);
    return true;
  } catch (error) {
    if (error instanceof DbosErrors.DBOSInitializationError) return false;
    throw error;
  }
}
