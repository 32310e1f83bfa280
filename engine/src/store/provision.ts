import { Client } from 'pg';
import { exitCodes, HandoverError } from '../base/errors.ts';
import type { ConnectionSpec } from './connection.ts';
import { databaseFailure } from './sqlFailure.ts';

/** A database and the role that owns it; both carry the same name in an embedded server. */
export interface Tenant {
  database: string;
  role: string;
}

/** The two databases of a project that keeps its own server: neither role may enter the other's. */
export const embeddedTenants = {
  control: { database: 'handover_control', role: 'handover_control' },
  target: { database: 'handover_target', role: 'handover_target' },
} as const satisfies Record<string, Tenant>;

/**
 * Create what is missing of `tenants` on a server of our own. Roles are no superusers, create
 * nothing outside their database and cannot connect to another tenant's. Safe to repeat, and for
 * several programs to do at once.
 */
export async function provision(
  superuser: ConnectionSpec,
  tenants: readonly Tenant[] = Object.values(embeddedTenants),
): Promise<void> {
  await withClient(superuser, async (client) => {
    await client.query('select pg_advisory_lock(1213484868, 0)');
    for (const tenant of tenants) await ensureTenant(client, tenant);
  });
}

async function ensureTenant(client: Client, { database, role }: Tenant): Promise<void> {
  const roleName = client.escapeIdentifier(role);
  const databaseName = client.escapeIdentifier(database);
  const roles = await client.query('select from pg_roles where rolname = $1', [role]);
  if (roles.rowCount === 0) {
    await client.query(
      `create role ${roleName} login nosuperuser nocreatedb nocreaterole noreplication`,
    );
  }
  const databases = await client.query('select from pg_database where datname = $1', [database]);
  if (databases.rowCount === 0) {
    await client.query(`create database ${databaseName} owner ${roleName} template template0`);
  }
  await client.query(`revoke all on database ${databaseName} from public`);
  await client.query('revoke connect on database postgres, template1 from public');
}

/**
 * For databases that somebody else runs (`DATABASE_URL`): change nothing, only say whether they
 * will do.
 * @throws HandoverError `database-too-old` (before PostgreSQL 14), `database-encoding` (not UTF-8),
 *   `database-rights` (the role may not create tables), or whatever connecting throws.
 */
export async function verifyDatabase(spec: ConnectionSpec): Promise<void> {
  await withClient(spec, async (client) => {
    const { rows } = await client.query<{ version: number; encoding: string; may: boolean }>(
      `select current_setting('server_version_num')::int as version,
              current_setting('server_encoding') as encoding,
              has_database_privilege(current_database(), 'CREATE')
                and coalesce(has_schema_privilege(current_schema(), 'CREATE'), false) as may`,
    );
    for (const { version, encoding, may } of rows) {
      if (version < 140_000)
        throw unfit('database-too-old', 'the server is older than PostgreSQL 14');
      if (encoding !== 'UTF8') throw unfit('database-encoding', 'the database is not in UTF-8');
      if (!may) throw unfit('database-rights', 'the role may not create tables and schemas there');
    }
  });
}

function unfit(code: string, message: string): HandoverError {
  return new HandoverError(code, message, {
    next: 'Give DATABASE_URL a database in UTF-8 on PostgreSQL 14 or newer, owned by its role.',
    exitCode: exitCodes.unavailable,
  });
}

/** One connection outside any pool, always closed. */
export async function withClient<T>(
  spec: ConnectionSpec,
  use: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({ connectionString: spec.url, connectionTimeoutMillis: 15_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await use(client);
  } catch (error) {
    throw databaseFailure(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}
