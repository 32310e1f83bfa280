import type { AccountServices } from '../../access/accounts.ts';
import {
  accountsOf,
  endProviderSessions,
  keepIdentity,
  welcome,
  type Identity,
} from '../../access/federated.ts';
import { beginSession } from '../../access/sessions.ts';
import { judgeCode } from '../../access/signIn.ts';
import { failureOf, HandoverError } from '../../base/errors.ts';
import type { IdentityProvider, SignInFlow } from '../access/identityProvider.ts';
import { refusalOf, type Problem } from './consoleProblems.ts';
import type { AccessRecord } from '../access/record.ts';

/** What a browser carries between two steps of a sign-in, sealed: the server keeps nothing of strangers. */
type Step =
  | { kind: 'flow'; flow: SignInFlow }
  | { kind: 'code'; identity: Identity }
  | { kind: 'refused'; problem: Problem };

/** How long one may take for a step. */
export const stepMs = 10 * 60_000;
const context = 'sign-in-step';

/** A session, or what is carried to the next step. */
export type Arrival = { secret: string } | { step: string };

export interface ProviderDoorServices {
  accounts: AccountServices;
  record: AccessRecord;
}

/** The door of an identity provider: to it, back from it, the second factor, and out by its word. */
export class ProviderDoor {
  readonly #provider: IdentityProvider;
  readonly #accounts: AccountServices;
  readonly #record: AccessRecord;

  constructor(provider: IdentityProvider, { accounts, record }: ProviderDoorServices) {
    this.#provider = provider;
    this.#accounts = accounts;
    this.#record = record;
  }

  get name(): string {
    return this.#provider.name;
  }

  /** @returns where the browser goes; without an address there is a refusal to show. */
  async begin(origin: string): Promise<{ address?: string; step: string }> {
    try {
      const { address, flow } = await this.#provider.begin(`${origin}/api/oidc/callback`);
      return { address, step: this.#seal({ kind: 'flow', flow }) };
    } catch (error) {
      return { step: this.#refusal(error) };
    }
  }

  /** Somebody came back with the provider's answer. Who is refused is on record too. */
  async arrive(carried: string | undefined, answer: URLSearchParams): Promise<Arrival> {
    try {
      const step = this.#open(carried);
      if (step?.kind !== 'flow') throw lost();
      const identity = await this.#provider.finish(step.flow, answer);
      const { account, needsCode } = await welcome(this.#accounts.database, identity);
      const known = { ...identity, account };
      if (needsCode) return { step: this.#seal({ kind: 'code', identity: known }) };
      return { secret: await this.#enter(known) };
    } catch (error) {
      if (failureOf(error) === 'permanent') await this.#record('sign-in', 'nobody', 'not-found');
      return { step: this.#refusal(error) };
    }
  }

  /** The second factor of somebody whom the provider vouched for; undefined: it vouched for nobody here. */
  async giveCode(
    carried: string | undefined,
    code: string,
  ): Promise<{ secret: string } | 'wrong' | 'later' | undefined> {
    const step = this.#open(carried);
    if (step?.kind !== 'code') return undefined;
    const { identity } = step;
    const judged = await judgeCode(this.#accounts, { account: identity.account, code });
    if (typeof judged === 'string') {
      await this.#record('sign-in', 'nobody', 'not-found');
      return judged;
    }
    return { secret: await this.#enter(identity) };
  }

  /** What the page has to show of a step. */
  look(carried: string | undefined): { awaits?: 'code'; refused?: Problem } {
    const step = this.#open(carried);
    if (step?.kind === 'code') return { awaits: 'code' };
    return step?.kind === 'refused' ? { refused: step.problem } : {};
  }

  /** End what the provider ended, each on record first. @throws HandoverError `provider-refused` */
  async logout(token: string): Promise<void> {
    const logout = await this.#provider.logout(token);
    for (const account of await accountsOf(this.#accounts.database, logout)) {
      await this.#record('sign-out', account, 'attempted');
    }
    await endProviderSessions(this.#accounts, logout);
  }

  /** On record before it counts: that somebody comes, and what the provider changes of them. */
  async #enter(identity: Identity): Promise<string> {
    const { account, providerSession } = identity;
    const { changes } = await welcome(this.#accounts.database, { ...identity, isStrong: true });
    if (changes === 'account')
      await this.#record('decision', account, 'attempted', `Account/${account}`);
    if (changes === 'roles')
      await this.#record('decision', account, 'attempted', `Roles/${account}`);
    await this.#record('sign-in', account, 'attempted');
    await keepIdentity(this.#accounts, account, identity);
    return beginSession(this.#accounts, account, providerSession);
  }

  #refusal(error: unknown): string {
    return this.#seal({ kind: 'refused', problem: refusalOf(error).problem });
  }

  #seal(step: Step): string {
    const { key, clock } = this.#accounts;
    const endsAt = clock.now().getTime() + stepMs;
    return key
      .seal(Buffer.from(JSON.stringify({ ...step, endsAt })), context)
      .toString('base64url');
  }

  /** Undefined for what this project did not seal, and for what is old. */
  #open(carried: string | undefined): Step | undefined {
    if (carried === undefined || carried === '') return undefined;
    const { key, clock } = this.#accounts;
    try {
      const text = key.open(Buffer.from(carried, 'base64url'), context).toString();
      const { endsAt, ...step } = JSON.parse(text) as Step & { endsAt: number };
      return endsAt > clock.now().getTime() ? step : undefined;
    } catch (error) {
      if (error instanceof HandoverError) return undefined;
      throw error;
    }
  }
}

function lost(): HandoverError {
  return new HandoverError('sign-in-lost', 'This browser began no sign-in, or too long ago.', {
    next: 'Sign in again from the beginning, in one window.',
  });
}
