import { HandoverError, exitCodes } from '../base/errors.ts';
import type { Role } from '../contract/access.ts';
import type { Queries, Transaction } from '../store/session.ts';
import {
  accountExists,
  isAccountName,
  judgeName,
  totpContext,
  type AccountServices,
} from './accounts.ts';
import { totpSecretBytes } from './totp.ts';

/** Somebody whom an identity provider vouches for. */
export interface Identity {
  issuer: string;
  subject: string;
  /** The provider's own id of the session, by which it may end it. */
  providerSession: string | undefined;
  account: string;
  roles: readonly Role[];
  /** The provider says that it asked for a second factor. */
  isStrong: boolean;
}

/** Whose sessions a provider ends: all of a subject, or one, of those that began until an instant. */
export interface Logout {
  issuer: string;
  subject: string | undefined;
  providerSession: string | undefined;
  until: Date;
}

/** What an identity comes to here. */
export interface Welcome {
  account: string;
  /** A code of the account's own second factor is still to be asked for. */
  needsCode: boolean;
  /** What changes with this sign-in, for the record. */
  changes: 'nothing' | 'roles' | 'account';
}

interface Row {
  name: string;
  roles: Role[];
  issuer: string | null;
  subject: string | null;
  has_code: boolean;
  disabled: boolean;
}

/**
 * What somebody's account here is, before anything is changed: the one of their subject, the one that
 * was made ahead for their name, or a new one, which needs a provider that asks for two factors.
 * @throws HandoverError `provider-refused`, `account-taken`, `second-factor-missing` (exit 9)
 */
export async function welcome(reader: Queries, identity: Identity): Promise<Welcome> {
  const { account, issuer, subject, isStrong } = identity;
  if (!isAccountName(account)) throw refused();
  const { rows } = await reader.query<Row>(
    `select name, roles, issuer, subject, totp is not null as has_code, disabled_at is not null as disabled
       from access.account where (issuer = $1 and subject = $2) or name = $3
      order by (issuer = $1 and subject = $2) desc nulls last limit 1`,
    [issuer, subject, account],
  );
  const [row] = rows;
  if (row?.disabled === true) throw refused();
  if (row !== undefined && !isOwn(row, identity)) throw taken();
  if (!isStrong && row?.has_code !== true) throw factorMissing();
  const name = row?.name ?? account;
  const isKnown = row?.subject === subject;
  const same = isKnown && row.roles.toSorted().join() === identity.roles.toSorted().join();
  return {
    account: name,
    needsCode: !isStrong,
    changes: row === undefined ? 'account' : same ? 'nothing' : 'roles',
  };
}

/** An account is never handed to another subject, and a local one never to a provider. */
function isOwn(row: Row, { issuer, subject }: Identity): boolean {
  return row.issuer === issuer && (row.subject === null || row.subject === subject);
}

/**
 * Keep what an identity said of its account: that it is theirs, and its roles, for all its sessions.
 * @throws HandoverError `provider-refused` where the account was disabled or taken meanwhile.
 */
export async function keepIdentity(
  { database, clock }: Pick<AccountServices, 'database' | 'clock'>,
  name: string,
  { issuer, subject, roles }: Pick<Identity, 'issuer' | 'subject' | 'roles'>,
): Promise<void> {
  const { count } = await database.transaction((transaction) =>
    transaction.query(
      `insert into access.account as a (name, roles, issuer, subject, created_at)
       values ($1, $2, $3, $4, $5)
       on conflict (name) do update set roles = excluded.roles, subject = excluded.subject
        where a.disabled_at is null and a.issuer = excluded.issuer
          and coalesce(a.subject, excluded.subject) = excluded.subject`,
      [name, roles, issuer, subject, clock.now()],
    ),
  );
  if (count !== 1) throw refused();
}

/**
 * Make an account ahead for somebody of a provider that asks for one factor alone: the second is kept
 * here. Roles are those of the provider's groups, from the first sign-in on.
 * @returns the secret of the second factor, which is shown this once.
 * @throws HandoverError `account-exists`, `account-unfit` (exit 2)
 */
export async function addFederatedAccount(
  { database, key, clock, random }: AccountServices,
  { name, roles, issuer }: { name: string; roles: readonly Role[]; issuer: string },
): Promise<Buffer> {
  judgeName(name);
  const totp = random.bytes(totpSecretBytes);
  const { count } = await database.transaction((transaction) =>
    transaction.query(
      `insert into access.account (name, roles, issuer, totp, created_at)
       values ($1, $2, $3, $4, $5) on conflict do nothing`,
      [name, roles, issuer, key.seal(totp, totpContext(name)), clock.now()],
    ),
  );
  if (count === 1) return totp;
  throw accountExists(name);
}

/** The accounts with live sessions that a logout is about. */
export async function accountsOf(reader: Queries, logout: Logout): Promise<string[]> {
  const { rows } = await reader.query<{ account: string }>(
    `select distinct s.account from ${concerned}`,
    parametersOf(logout),
  );
  return rows.map(({ account }) => account);
}

/** End what a provider ended. The caller has recorded it. */
export async function endProviderSessions(
  { database, clock }: Pick<AccountServices, 'database' | 'clock'>,
  logout: Logout,
): Promise<void> {
  await database.transaction((transaction: Transaction) =>
    transaction.query(
      `update access.session set ended_at = $5
        where digest in (select s.digest from ${concerned})`,
      [...parametersOf(logout), clock.now()],
    ),
  );
}

const concerned = `access.session s join access.account a on a.name = s.account
   where a.issuer = $1 and ($2::text is null or a.subject = $2)
     and ($3::text is null or s.provider_session = $3)
     and s.began_at <= $4 and s.ended_at is null`;

function parametersOf({ issuer, subject, providerSession, until }: Logout) {
  return [issuer, subject ?? null, providerSession ?? null, until];
}

function refused(): HandoverError {
  return new HandoverError('provider-refused', 'The provider’s answer does not sign anybody in.', {
    exitCode: exitCodes.approvalNeeded,
    next: 'Ask compliance whether there is an account of yours, and what the provider calls it.',
  });
}

function taken(): HandoverError {
  return new HandoverError('account-taken', 'An account of that name is somebody else’s.', {
    exitCode: exitCodes.approvalNeeded,
    next: 'Ask compliance: a local account, or another person’s, has the name that the provider gives.',
  });
}

function factorMissing(): HandoverError {
  return new HandoverError('second-factor-missing', 'The provider asked for one factor alone.', {
    exitCode: exitCodes.approvalNeeded,
    next: 'Use your second factor there, or ask compliance for an account here: handover account add NAME --provider',
  });
}
