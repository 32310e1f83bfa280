import { sha256 } from '../base/digest.ts';
import { isRole, type Principal } from '../contract/access.ts';
import { isoInstant } from '../store/instant.ts';
import type { AccountServices } from './accounts.ts';

/** A session nobody asks in ends after this long (ASVS 5, 7.3.1). */
export const idleMs = 30 * 60_000;
/** Every session ends after this long (ASVS 5, 7.3.2). */
export const absoluteMs = 8 * 3_600_000;
/** How exactly it is kept when somebody last asked. */
const seenEveryMs = 10_000;

const secretBytes = 32;

type SessionServices = Pick<AccountServices, 'database' | 'clock' | 'random'>;

/** Begin a session, of an identity provider's where one signed in. @returns its secret; only its digest is kept. */
export async function beginSession(
  { database, clock, random }: SessionServices,
  account: string,
  providerSession?: string,
): Promise<string> {
  const secret = random.bytes(secretBytes).toString('base64url');
  await database.transaction((transaction) =>
    transaction.query(
      `insert into access.session (digest, account, began_at, seen_at, provider_session)
       values ($1, $2, $3, $3, $4)`,
      [sha256(secret), account, clock.now(), providerSession ?? null],
    ),
  );
  return secret;
}

/**
 * Whose session it is; undefined for one that idled, is old, was ended, or whose account was disabled:
 * that is looked up with every question, so a revocation counts from the next one on. A look by a
 * person keeps it from going idle.
 */
export async function principalOfSession(
  { database, clock }: Pick<SessionServices, 'database' | 'clock'>,
  secret: string,
  byPerson: boolean,
): Promise<Principal | undefined> {
  const now = clock.now();
  const digest = sha256(secret);
  const { rows } = await database.query<{
    name: string;
    roles: string[];
    seen_at: Date | string;
    glass: string | null;
  }>(held, [digest, now, before(now, idleMs), before(now, absoluteMs)]);
  const [row] = rows;
  if (row === undefined) return undefined;
  if (byPerson && now.getTime() - new Date(row.seen_at).getTime() >= seenEveryMs) {
    await database.transaction((transaction) =>
      transaction.query('update access.session set seen_at = $2 where digest = $1', [digest, now]),
    );
  }
  const glass = row.glass === null ? {} : { glassUntil: row.glass };
  return { name: row.name, kind: 'person', roles: row.roles.filter(isRole), ...glass };
}

const held = `
  select a.name, a.roles, s.seen_at,
         (select ${isoInstant('max(g.expires_at)')}
            from access.break_glass g where g.account = a.name and g.expires_at > $2) as glass
    from access.session s join access.account a on a.name = s.account
   where s.digest = $1 and s.ended_at is null and a.disabled_at is null
     and s.seen_at >= $3 and s.began_at >= $4`;

function before(now: Date, durationMs: number): Date {
  return new Date(now.getTime() - durationMs);
}

export async function endSession(
  { database, clock }: Pick<SessionServices, 'database' | 'clock'>,
  secret: string,
): Promise<void> {
  await database.transaction((transaction) =>
    transaction.query(
      'update access.session set ended_at = $2 where digest = $1 and ended_at is null',
      [sha256(secret), clock.now()],
    ),
  );
}
