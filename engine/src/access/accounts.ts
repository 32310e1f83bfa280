import { exitCodes, HandoverError } from '../base/errors.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { isRole, type Role } from '../contract/access.ts';
import type { ProjectKey } from '../keys/projectKey.ts';
import type { Database } from '../store/database.ts';
import { isoInstant } from '../store/instant.ts';
import type { Queries } from '../store/session.ts';
import { isCommonPassword } from './commonPasswords.ts';
import { hashPassword, longestPassword, shortestPassword } from './passwords.ts';
import { totpSecretBytes } from './totp.ts';

/** An account as it may be shown: nothing that proves who somebody is. */
export interface Account {
  name: string;
  roles: readonly Role[];
  createdAt: string;
  disabledAt: string | undefined;
}

export interface AccountServices {
  database: Database;
  key: Pick<ProjectKey, 'seal' | 'open' | 'secret'>;
  clock: Clock;
  random: Random;
}

/** Whether there is any: until then the host's own sign-in code is all there is. */
export async function hasAccounts(reader: Queries): Promise<boolean> {
  const { rows } = await reader.query('select 1 from access.account limit 1');
  return rows.length > 0;
}

/** Every account, by name. */
export async function listAccounts(reader: Queries): Promise<Account[]> {
  const { rows } = await reader.query<{
    name: string;
    roles: string[];
    created_at: string;
    disabled_at: string | null;
  }>(`select name, roles, ${isoInstant('created_at')} as created_at, ${isoInstant('disabled_at')} as disabled_at
        from access.account order by name`);
  return rows.map((row) => ({
    name: row.name,
    roles: row.roles.filter(isRole),
    createdAt: row.created_at,
    disabledAt: row.disabled_at ?? undefined,
  }));
}

/**
 * Make an account with a second factor. The caller has recorded it in the audit log.
 * @returns the secret of the second factor, which is shown this once.
 * @throws HandoverError `account-exists`, `account-unfit` (exit 2)
 */
export async function addAccount(
  { database, key, clock, random }: AccountServices,
  { name, roles, password }: { name: string; roles: readonly Role[]; password: string },
): Promise<Buffer> {
  judgeAccount(name, roles, password);
  const totp = random.bytes(totpSecretBytes);
  const hash = await hashPassword(password, random);
  const { count } = await database.transaction((transaction) =>
    transaction.query(
      `insert into access.account (name, roles, password, totp, created_at)
       values ($1, $2, $3, $4, $5) on conflict do nothing`,
      [name, roles, hash, key.seal(totp, totpContext(name)), clock.now()],
    ),
  );
  if (count === 1) return totp;
  throw accountExists(name);
}

export function accountExists(name: string): HandoverError {
  return new HandoverError('account-exists', `There is an account "${name}" already.`, {
    exitCode: exitCodes.usage,
    next: 'Choose another name; one that was disabled keeps its name for the record.',
  });
}

/** What the second factor of an account is sealed to. */
export function totpContext(account: string): string {
  return `account-totp/${account}`;
}

/** Names that accounts have; those of an identity provider may be addresses. */
export function isAccountName(text: string): boolean {
  return /^[a-z0-9][a-z0-9._@-]{0,63}$/.test(text);
}

/** @throws HandoverError `account-unfit` (exit 2) */
export function judgeName(name: string): void {
  if (!isAccountName(name)) {
    throw unfit('A name is lower-case letters, digits, dots, hyphens, @; 64 at most.');
  }
}

function judgeAccount(name: string, roles: readonly Role[], password: string): void {
  judgeName(name);
  if (roles.length === 0) throw unfit('An account has at least one role.');
  if (password.length < shortestPassword || password.length > longestPassword) {
    throw unfit(`A password has ${shortestPassword} to ${longestPassword} characters.`);
  }
  if (password.toLowerCase().includes(name)) throw unfit('A password does not hold the name.');
  if (isCommonPassword(password)) {
    throw unfit('A password is not made of one, two or three that everybody uses.');
  }
}

function unfit(message: string): HandoverError {
  return new HandoverError('account-unfit', message, {
    exitCode: exitCodes.usage,
    next: 'Nothing was made. See `handover account add --help`.',
  });
}

/**
 * Disable an account: its sessions end with the same commit, and no sign-in is taken any more.
 * @throws HandoverError `account-unknown` (exit 2)
 */
export async function disableAccount(
  { database, clock }: Pick<AccountServices, 'database' | 'clock'>,
  name: string,
): Promise<void> {
  const now = clock.now();
  const found = await database.transaction(async (transaction) => {
    const { count } = await transaction.query(
      'update access.account set disabled_at = coalesce(disabled_at, $2) where name = $1',
      [name, now],
    );
    await transaction.query(
      'update access.session set ended_at = $2 where account = $1 and ended_at is null',
      [name, now],
    );
    return count === 1;
  });
  if (found) return;
  throw new HandoverError('account-unknown', `There is no account "${name}".`, {
    exitCode: exitCodes.usage,
    next: 'See them with `handover account list`.',
  });
}
