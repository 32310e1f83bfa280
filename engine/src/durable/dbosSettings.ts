import type { DBOSConfig, DBOSSerializer, DLogger } from '@dbos-inc/dbos-sdk';
import type { Pool } from 'pg';
import type { Log } from '../base/log.ts';
import { pooledUrl } from './dbosMigration.ts';
import { applicationVersion, dbosSchema } from './dbosTables.ts';
import { stripFailure } from './failure.ts';
import { storableText } from './storable.ts';

/**
 * DBOS as Handover runs it: in our database, under our version and worker id, without telemetry,
 * conductor, notification session or migration of its own.
 */
export function dbosSettings(pool: Pool, worker: string, log: Log): DBOSConfig {
  return {
    name: 'handover',
    systemDatabaseUrl: pooledUrl,
    systemDatabasePool: pool,
    systemDatabaseSchemaName: dbosSchema,
    applicationVersion,
    executorID: worker,
    runMigrations: false,
    useListenNotify: false,
    enableOTLP: false,
    tracingEnabled: false,
    logger: quietLogger(log),
    serializer: storableSerializer,
    // Nothing is scheduled through DBOS; its schedule loop should hardly ever look.
    schedulerPollingIntervalMs: 3_600_000,
  };
}

/**
 * The last gate before DBOS's tables: whatever reaches it is ids, counts and tokens, or an error
 * that keeps its code only, DBOS's own errors included.
 */
const storableSerializer: DBOSSerializer = {
  name: () => 'handover',
  parse: (text) => (text === null || text === undefined ? null : JSON.parse(text)),
  stringify: (value: unknown) => {
    const message = errorMessage(value);
    if (message === undefined) return storableText(value);
    const stripped = stripFailure(new Error(message));
    return JSON.stringify({ name: stripped.name, message: stripped.message });
  },
};

/** DBOS hands an error over as the record of its properties. */
function errorMessage(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('name' in value && 'message' in value)) return undefined;
  const { name, message } = value;
  return typeof name === 'string' && name.length > 0 && typeof message === 'string'
    ? message
    : undefined;
}

/** DBOS writes URLs, ids and whole errors into its log; ours takes no free text. */
export function quietLogger(log: Log): DLogger {
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: () => log.debug('durable.engine-warned'),
    error: () => log.debug('durable.engine-failed'),
  };
}
