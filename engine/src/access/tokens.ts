import { sha256 } from '../base/digest.ts';
import { exitCodes, HandoverError } from '../base/errors.ts';
import { isRole, type Principal, type Role } from '../contract/access.ts';
import { isoInstant } from '../store/instant.ts';
import type { Queries } from '../store/session.ts';
import type { AccountServices } from './accounts.ts';

/** What a machine shows, and how it is told from a secret of another kind when it leaks. */
const prefix = 'hndvr_';
const secretBytes = 32;

export interface TokenLine {
  name: string;
  roles: readonly Role[];
  createdBy: string;
  expiresAt: string;
  revoked: boolean;
}

/**
 * Make a token for a machine. The caller has recorded it in the audit log.
 * @returns the token, shown this once; its digest is kept.
 * @throws HandoverError `token-exists` (exit 2)
 */
export async function addToken(
  { database, clock, random }: Omit<AccountServices, 'key'>,
  token: { name: string; roles: readonly Role[]; createdBy: string; days: number },
): Promise<string> {
  const secret = `${prefix}${random.bytes(secretBytes).toString('base64url')}`;
  const now = clock.now();
  const expiresAt = new Date(now.getTime() + token.days * 86_400_000);
  const { count } = await database.transaction((transaction) =>
    transaction.query(
      `insert into access.token (name, digest, roles, created_by, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6) on conflict (name) do nothing`,
      [token.name, sha256(secret), token.roles, token.createdBy, now, expiresAt],
    ),
  );
  if (count === 1) return secret;
  throw new HandoverError('token-exists', `There is a token "${token.name}" already.`, {
    exitCode: exitCodes.usage,
    next: 'Choose another name; a revoked token keeps its name for the record.',
  });
}

/** @throws HandoverError `token-unknown` (exit 2) */
export async function revokeToken(
  { database, clock }: Pick<AccountServices, 'database' | 'clock'>,
  name: string,
): Promise<void> {
  const { count } = await database.transaction((transaction) =>
    transaction.query(
      'update access.token set revoked_at = coalesce(revoked_at, $2) where name = $1',
      [name, clock.now()],
    ),
  );
  if (count === 1) return;
  throw new HandoverError('token-unknown', `There is no token "${name}".`, {
    exitCode: exitCodes.usage,
    next: 'See them with `handover token list`.',
  });
}

/** Whose token it is; undefined for one that is not known, has expired or was revoked. */
export async function principalOfToken(
  { database, clock }: Pick<AccountServices, 'database' | 'clock'>,
  token: string,
): Promise<Principal | undefined> {
  if (!token.startsWith(prefix)) return undefined;
  const { rows } = await database.query<{ name: string; roles: string[] }>(
    `select name, roles from access.token
      where digest = $1 and revoked_at is null and expires_at > $2`,
    [sha256(token), clock.now()],
  );
  const [row] = rows;
  return row && { name: row.name, kind: 'machine', roles: row.roles.filter(isRole) };
}

/** Every token that was ever made, by name. */
export async function listTokens(reader: Queries): Promise<TokenLine[]> {
  const { rows } = await reader.query<{
    name: string;
    roles: string[];
    created_by: string;
    expires: string;
    revoked: boolean;
  }>(
    `select name, roles, created_by, revoked_at is not null as revoked,
            ${isoInstant('expires_at')} as expires
       from access.token order by name`,
  );
  return rows.map(({ name, roles, created_by: createdBy, expires: expiresAt, revoked }) => ({
    name,
    roles: roles.filter(isRole),
    createdBy,
    expiresAt,
    revoked,
  }));
}
