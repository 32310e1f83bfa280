import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AccountServices } from '../../access/accounts.ts';
import { takeAssertion } from '../../access/clients.ts';
import {
  accountOfPasskey,
  addPasskey,
  listPasskeys,
  passkeyAlgorithms,
  removePasskey,
  type Ceremony,
} from '../../access/passkeys.ts';
import { beginSession } from '../../access/sessions.ts';
import { judgeCode } from '../../access/signIn.ts';
import { HandoverError } from '../../base/errors.ts';
import type { PasskeyList } from '../../contract/access.ts';
import { principalOf } from '../access/guard.ts';
import type { AccessRecord } from '../access/record.ts';
import { cookieOf, entered, secure, type EntryPlace } from './consoleEntry.ts';
import { problems, Refusal, textIn } from './consoleProblems.ts';

export interface PasskeyServices {
  accounts: AccountServices;
  record: AccessRecord;
  place: EntryPlace;
}

/** Carries the challenge, sealed; the server keeps nothing until it is spent. */
const challengeCookie = 'handover-passkey';
const challengeMs = 5 * 60_000;
const context = 'passkey-challenge';

type Kind = 'add' | 'sign-in';

/** Passkeys (WebAuthn 3) of local accounts: to sign in with, and one's own list. */
export function addPasskeys(app: FastifyInstance, services: PasskeyServices): void {
  addOwn(app, services);
  addSignIn(app, services);
}

function addOwn(app: FastifyInstance, services: PasskeyServices): void {
  const { accounts, record } = services;
  app.get('/api/passkeys', (request) => ownKeys(services, personOf(request)));
  app.post('/api/passkeys/options', async (request, reply) => {
    const name = personOf(request);
    const own = await listPasskeys(accounts.database, name);
    const challenge = newChallenge(services, 'add', reply);
    return {
      challenge,
      rp: { id: new URL(originOf(services, request)).hostname, name: 'Handover' },
      user: {
        id: accounts.key.secret(`passkey-user/${name}`).toString('base64url'),
        name,
        displayName: name,
      },
      pubKeyCredParams: passkeyAlgorithms.map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: own.map(({ id }) => ({ type: 'public-key', id })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      attestation: 'none',
      timeout: challengeMs,
    };
  });
  app.post('/api/passkeys', async (request, reply) => {
    const name = personOf(request);
    const { body } = request;
    const label = textIn(body, 'label');
    const given = {
      clientDataJSON: textIn(body, 'clientDataJSON'),
      authenticatorData: textIn(body, 'authenticatorData'),
      publicKey: textIn(body, 'publicKey'),
    };
    // Who found an open window must not make themselves a way in.
    const judged = await judgeCode(accounts, { account: name, code: textIn(body, 'code').trim() });
    if (judged === 'later') throw new Refusal(429, problems.tries);
    if (judged === 'wrong') throw new Refusal(422, problems.factor);
    const ceremony = await spent(services, 'add', request);
    if (ceremony === undefined) throw new Refusal(422, problems.passkey);
    await record('decision', name, 'attempted', `Passkey/${name}`);
    await addPasskey(accounts, name, label, ceremony, given);
    return reply.code(204).send();
  });
  app.delete('/api/passkeys/:passkey(^[\\w-]{1,1400}$)', async (request, reply) => {
    const name = personOf(request);
    const { passkey } = request.params as { passkey: string };
    await record('decision', name, 'attempted', `Passkey/${name}`);
    if (!(await removePasskey(accounts, name, passkey))) throw new Refusal(404, problems.address);
    return reply.code(204).send();
  });
}

async function ownKeys({ accounts }: PasskeyServices, account: string): Promise<PasskeyList> {
  const own = await listPasskeys(accounts.database, account);
  return { format: 'handover-passkeys/1', passkeys: own };
}

function addSignIn(app: FastifyInstance, services: PasskeyServices): void {
  const { accounts, record, place } = services;
  app.post('/api/session/passkey/options', async (request, reply) => ({
    challenge: newChallenge(services, 'sign-in', reply),
    rpId: new URL(originOf(services, request)).hostname,
    userVerification: 'required',
    timeout: challengeMs,
  }));
  app.post('/api/session/passkey', async (request, reply) => {
    const { body } = request;
    const proof = {
      id: textIn(body, 'id'),
      clientDataJSON: textIn(body, 'clientDataJSON'),
      authenticatorData: textIn(body, 'authenticatorData'),
      signature: textIn(body, 'signature'),
    };
    const ceremony = await spent(services, 'sign-in', request);
    const account = ceremony && (await accountOfPasskey(accounts, ceremony, proof));
    if (account === undefined) {
      await record('sign-in', 'nobody', 'not-found');
      throw new Refusal(401, problems.passkey);
    }
    await record('sign-in', account, 'attempted');
    const secret = await beginSession(accounts, account);
    return entered(reply, place, secret).code(204).send();
  });
}

/** Whose keys: an account's, never those of whoever reads the terminal. */
function personOf(request: FastifyRequest): string {
  const { kind, name } = principalOf(request);
  if (kind === 'person') return name;
  throw new Refusal(403, problems.forbidden);
}

function originOf({ place }: PasskeyServices, request: FastifyRequest): string {
  return place.origin ?? `${request.protocol}://${request.host}`;
}

function newChallenge(
  { accounts, place }: PasskeyServices,
  kind: Kind,
  reply: FastifyReply,
): string {
  const challenge = accounts.random.bytes(32).toString('base64url');
  const endsAt = accounts.clock.now().getTime() + challengeMs;
  const text = JSON.stringify({ kind, challenge, endsAt });
  const sealed = accounts.key.seal(Buffer.from(text), context).toString('base64url');
  const cookie = `${challengeCookie}=${sealed}; Path=/api; HttpOnly; SameSite=Strict; Max-Age=300`;
  void reply.header('set-cookie', `${cookie}${secure(place)}`);
  return challenge;
}

/** The ceremony that a request answers, which no other answers after it. */
async function spent(
  services: PasskeyServices,
  kind: Kind,
  request: FastifyRequest,
): Promise<Ceremony | undefined> {
  const { accounts } = services;
  const sealed = cookieOf(request, challengeCookie) ?? '';
  const told = opened(services, sealed);
  if (told?.kind !== kind || told.endsAt <= accounts.clock.now().getTime()) return undefined;
  const { challenge, endsAt } = told;
  const isNew = await takeAssertion(accounts, 'passkey', challenge, new Date(endsAt));
  return isNew ? { origin: originOf(services, request), challenge } : undefined;
}

function opened(
  { accounts }: PasskeyServices,
  sealed: string,
): { kind: Kind; challenge: string; endsAt: number } | undefined {
  try {
    const text = accounts.key.open(Buffer.from(sealed, 'base64url'), context).toString();
    return JSON.parse(text) as { kind: Kind; challenge: string; endsAt: number };
  } catch (error) {
    if (error instanceof HandoverError) return undefined;
    throw error;
  }
}
