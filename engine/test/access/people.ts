import { addAccount } from '../../src/access/accounts.ts';
import { beginSession } from '../../src/access/sessions.ts';
import { totpAt, totpStep } from '../../src/access/totp.ts';
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import type { Role } from '../../src/contract/access.ts';
import type { ProjectKey } from '../../src/keys/projectKey.ts';
import type { Database } from '../../src/store/database.ts';

export const password = 'correct horse battery staple';

/** Somebody with an account, as tests need them. */
export interface Person {
  name: string;
  /** A code of the second factor that is taken for a minute at least, however slow the machine is. */
  code: () => Promise<string>;
  /** What a command that acts as them reads from standard input. */
  lines: () => Promise<string>;
  /** The cookie of a new session. */
  cookie: () => Promise<string>;
}

/** Make an account in a project's control database. */
export async function person(
  { database, key }: { database: Database; key: ProjectKey },
  name: string,
  ...roles: Role[]
): Promise<Person> {
  const services = { database, key, clock: systemClock, random: systemRandom };
  const secret = await addAccount(services, { name, roles, password });
  const code = async (): Promise<string> => {
    // Forgetting which code was taken last spares waiting half a minute for the next one.
    await database.transaction((transaction) =>
      transaction.query('update access.account set totp_step = 0 where name = $1', [name]),
    );
    return totpAt(secret, totpStep(systemClock.now()) + 1);
  };
  return {
    name,
    code,
    lines: async () => `${password}\n${await code()}\n`,
    cookie: async () => `handover-session=${await beginSession(services, name)}`,
  };
}
