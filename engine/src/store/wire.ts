import { Client } from 'pg';
import { wireTo, type Wire } from '../model/wire.ts';
import type { ConnectionSpec } from './connection.ts';

/**
 * Where a connection to PostgreSQL goes and how it is guarded, as `pg` itself reads the URL and the
 * `PG…` variables. Only what says `sslmode=verify-full` counts as verified: other words for it mean
 * something weaker to other programs, and to `pg` from its next version on.
 * @throws Error of `pg`, for a file of certificates that is not there.
 */
export function databaseWire({ url }: ConnectionSpec): Wire {
  const { host, ssl } = new Client({ connectionString: url });
  if (!isObject(ssl)) return wireTo(host, ssl ? 'unverified' : 'none');
  const asked = URL.parse(url)?.searchParams.get('sslmode');
  const isVerified = asked === 'verify-full' && ssl['rejectUnauthorized'] !== false;
  return wireTo(host, isVerified ? 'verified' : 'unverified');
}

/** `pg` types it as a boolean. */
function isObject(ssl: unknown): ssl is Readonly<Record<string, unknown>> {
  return typeof ssl === 'object' && ssl !== null;
}
