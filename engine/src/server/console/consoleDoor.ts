import { beginSession, endSession, principalOfSession } from '../../access/sessions.ts';
import { hasAccounts, type AccountServices } from '../../access/accounts.ts';
import { judgeProof } from '../../access/signIn.ts';
import type { Principal } from '../../contract/access.ts';
import type { AccessRecord } from '../access/record.ts';
import type { ConsoleSessions } from './consoleSessions.ts';
import type { ProviderDoor } from './providerDoor.ts';

/** What somebody signs in with: the terminal's code, or an account with both its factors. */
export type Credentials = { code: string; account?: string; password?: string };

export type Entry = { secret: string } | 'wrong' | 'later' | 'by-account';

/** How the console's door works for a project without accounts, and for one that has them. */
export interface ConsoleDoor {
  /** Whether one signs in with an account. */
  byAccount(): Promise<boolean>;
  signIn(credentials: Credentials): Promise<Entry>;
  principal(secret: string | undefined, byPerson: boolean): Promise<Principal | undefined>;
  signOut(secret: string | undefined): Promise<void>;
  /** Where an identity provider signs in too. */
  provider?: ProviderDoor | undefined;
}

/** The one person at this machine, while there are no accounts: operates it, and decides nothing. */
export const hostPrincipal: Principal = { name: 'operator', kind: 'host', roles: ['operator'] };

/** The door with the terminal's code alone. */
export function hostDoor(sessions: ConsoleSessions): ConsoleDoor {
  return {
    byAccount: async () => false,
    signIn: async ({ code }) => sessions.signIn(code),
    principal: async (secret, byPerson) =>
      sessions.holds(secret, byPerson) ? hostPrincipal : undefined,
    signOut: async (secret) => sessions.signOut(secret),
  };
}

/**
 * The door of a project: accounts from the moment there is one, and until then the terminal's code.
 * Who comes, goes or is refused is on record before it happens.
 */
export function projectDoor(
  sessions: ConsoleSessions,
  services: AccountServices,
  record: AccessRecord,
  provider?: ProviderDoor,
): ConsoleDoor {
  const host = hostDoor(sessions);
  const { database } = services;
  return {
    provider,
    byAccount: () => hasAccounts(database),
    async signIn(credentials) {
      const { account, password = '', code } = credentials;
      if (account === undefined) {
        return (await hasAccounts(database)) ? 'by-account' : host.signIn(credentials);
      }
      const judged = await judgeProof(services, { account, password, code });
      if (typeof judged === 'string') {
        // What was typed as a name may be a password: it stands nowhere.
        await record('sign-in', 'nobody', 'not-found');
        return judged;
      }
      await record('sign-in', judged.account, 'attempted');
      return { secret: await beginSession(services, judged.account) };
    },
    async principal(secret, byPerson) {
      if (secret === undefined) return undefined;
      const own = await host.principal(secret, byPerson);
      if (own === undefined) return principalOfSession(services, secret, byPerson);
      return (await hasAccounts(database)) ? undefined : own;
    },
    async signOut(secret) {
      if (secret === undefined) return;
      const who = await principalOfSession(services, secret, false);
      if (who !== undefined) await record('sign-out', who.name, 'attempted');
      await host.signOut(secret);
      await endSession(services, secret);
    },
  };
}
