import { sha256 } from '../base/digest.ts';
import { exitCodes, HandoverError } from '../base/errors.ts';
import type { Principal, Role } from '../contract/access.ts';
import { scopeText, systemScope, type SystemScope } from '../contract/scopes.ts';
import { isoInstant } from '../store/instant.ts';
import type { Queries } from '../store/session.ts';
import type { AccountServices } from './accounts.ts';

/** How long a token of a client lives; it asks for another with its key. */
export const clientTokenMs = 5 * 60_000;

const prefix = 'hndvc_';
const secretBytes = 32;

/** How a client proves itself: with one of these keys, or of those that it publishes. */
export type ClientKeys = { keys: object } | { url: string };

/** A machine that has a key of its own (SMART Backend Services). */
export interface Client {
  name: string;
  proof: ClientKeys;
  scopes: readonly SystemScope[];
}

export interface ClientLine {
  name: string;
  scopes: readonly string[];
  /** Where its keys are asked for; undefined: they were given. */
  keysUrl: string | undefined;
  createdBy: string;
  createdAt: string;
  revoked: boolean;
}

type Services = Pick<AccountServices, 'database' | 'clock'>;

/**
 * Register a client. The caller has judged its keys and recorded it in the audit log.
 * @throws HandoverError `client-exists`, `client-unfit` (exit 2)
 */
export async function addClient(
  { database, clock }: Services,
  { name, proof, scopes, createdBy }: Client & { createdBy: string },
): Promise<void> {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)) throw unfitName();
  const keys = 'keys' in proof ? JSON.stringify(proof.keys) : null;
  const url = 'url' in proof ? proof.url : null;
  const { count } = await database.transaction((transaction) =>
    transaction.query(
      `insert into access.client (name, keys, keys_url, scopes, created_by, created_at)
       values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
      [name, keys, url, scopes.map(scopeText), createdBy, clock.now()],
    ),
  );
  if (count === 1) return;
  throw new HandoverError('client-exists', `There is a client "${name}" already.`, {
    exitCode: exitCodes.usage,
    next: 'Choose another name; a revoked client keeps its name for the record.',
  });
}

function unfitName(): HandoverError {
  return new HandoverError('client-unfit', 'A name is lower-case letters, digits, dots, hyphens.', {
    exitCode: exitCodes.usage,
    next: 'Nothing was made. See `handover client add --help`.',
  });
}

/** Revoke a client: its tokens count no more from the next request on. @throws HandoverError `client-unknown` (exit 2) */
export async function revokeClient({ database, clock }: Services, name: string): Promise<void> {
  const { count } = await database.transaction((transaction) =>
    transaction.query(
      'update access.client set revoked_at = coalesce(revoked_at, $2) where name = $1',
      [name, clock.now()],
    ),
  );
  if (count === 1) return;
  throw new HandoverError('client-unknown', `There is no client "${name}".`, {
    exitCode: exitCodes.usage,
    next: 'See them with `handover client list`.',
  });
}

/** Every client that was ever registered, by name. */
export async function listClients(reader: Queries): Promise<ClientLine[]> {
  const { rows } = await reader.query<{
    name: string;
    scopes: string[];
    keys_url: string | null;
    created_by: string;
    created: string;
    revoked: boolean;
  }>(
    `select name, scopes, keys_url, created_by, revoked_at is not null as revoked,
            ${isoInstant('created_at')} as created
       from access.client order by name`,
  );
  return rows.map(({ name, scopes, keys_url: url, created_by: createdBy, created, revoked }) => ({
    name,
    scopes,
    keysUrl: url ?? undefined,
    createdBy,
    createdAt: created,
    revoked,
  }));
}

/** A client that is not revoked. */
export async function clientOf(reader: Queries, name: string): Promise<Client | undefined> {
  const { rows } = await reader.query<{
    keys: string | null;
    keys_url: string | null;
    scopes: string[];
  }>(
    'select keys::text as keys, keys_url, scopes from access.client where name = $1 and revoked_at is null',
    [name],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const { keys, keys_url: url } = row;
  const proof = url === null ? { keys: JSON.parse(keys ?? '{}') as object } : { url };
  return { name, proof, scopes: read(row.scopes) };
}

/**
 * Take an assertion of a client once: false for one that was taken before. What has ended is forgotten,
 * for it is refused by its end.
 */
export async function takeAssertion(
  { database, clock }: Services,
  client: string,
  id: string,
  endsAt: Date,
): Promise<boolean> {
  return database.transaction(async (transaction) => {
    const now = clock.now();
    await transaction.query('delete from access.client_assertion where expires_at < $1', [now]);
    await transaction.query('delete from access.client_token where expires_at < $1', [now]);
    const { count } = await transaction.query(
      `insert into access.client_assertion (digest, expires_at) values ($1, $2)
       on conflict do nothing`,
      [sha256(JSON.stringify([client, id])), endsAt],
    );
    return count === 1;
  });
}

/** Give a client a token for scopes. The caller has recorded it. @returns the token; its digest is kept. */
export async function issueClientToken(
  { database, clock, random }: Omit<AccountServices, 'key'>,
  client: string,
  scopes: readonly SystemScope[],
): Promise<string> {
  const token = `${prefix}${random.bytes(secretBytes).toString('base64url')}`;
  const expiresAt = new Date(clock.now().getTime() + clientTokenMs);
  await database.transaction((transaction) =>
    transaction.query(
      `insert into access.client_token (digest, client, scopes, expires_at)
       values ($1, $2, $3, $4)`,
      [sha256(token), client, scopes.map(scopeText), expiresAt],
    ),
  );
  return token;
}

/** Whose token it is, and what it is for; undefined for one that ended or whose client was revoked. */
export async function principalOfClientToken(
  { database, clock }: Services,
  token: string,
): Promise<Principal | undefined> {
  if (!token.startsWith(prefix)) return undefined;
  const { rows } = await database.query<{ client: string; scopes: string[] }>(
    `select t.client, t.scopes from access.client_token t join access.client c on c.name = t.client
      where t.digest = $1 and t.expires_at > $2 and c.revoked_at is null`,
    [sha256(token), clock.now()],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const scopes = read(row.scopes);
  return { name: row.client, kind: 'machine', roles: rolesOf(scopes), scopes };
}

/** The roles that the table of rights knows for what scopes are for: who reads charts, who writes them. */
function rolesOf(scopes: readonly SystemScope[]): Role[] {
  const may = new Set(scopes.flatMap((scope) => scope.may));
  const reads = may.has('r') || may.has('s');
  const writes = may.has('c') || may.has('u') || may.has('d');
  return [...(reads ? (['clinician'] as const) : []), ...(writes ? (['operator'] as const) : [])];
}

function read(texts: readonly string[]): SystemScope[] {
  return texts.map(systemScope).filter((scope) => scope !== undefined);
}
