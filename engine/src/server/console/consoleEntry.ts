import { isIP } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { SessionAnswer } from '../../contract/access.ts';
import type { DoorAnswer } from '../../contract/console.ts';
import { principalOf } from '../access/guard.ts';
import type { ConsoleDoor, Entry } from './consoleDoor.ts';
import { problems, Refusal, textIn } from './consoleProblems.ts';
import { stepMs } from './providerDoor.ts';

const sessionCookie = 'handover-session';
/** A step of a sign-in at an identity provider, sealed; it must come back from the provider's page. */
const stepCookie = 'handover-sign-in';

/** How browsers ask here. */
export interface EntryPlace {
  /** Asked over TLS: cookies are sent over nothing else. */
  isSecure: boolean;
  /** Scheme, host and port, where the file of settings says them. */
  origin?: string | undefined;
}

/** Browsers know no passkey of a bare address: `127.0.0.1` is `localhost` to them. */
function hasPasskeys(place: EntryPlace, request: FastifyRequest): boolean {
  const { hostname } = new URL(place.origin ?? `${request.protocol}://${request.host}`);
  return isIP(hostname.replaceAll(/[[\]]/g, '')) === 0;
}

/** The secret of a session that a request bears. */
export function sessionOf(request: FastifyRequest): string | undefined {
  return cookieOf(request, sessionCookie);
}

/** Signing in and out, by account or by identity provider. */
export function addEntry(app: FastifyInstance, door: ConsoleDoor, place: EntryPlace): void {
  addSession(app, door, place);
  addProvider(app, door, place);
}

function addSession(app: FastifyInstance, door: ConsoleDoor, place: EntryPlace): void {
  const { provider } = door;
  app.get('/api/door', (request): Promise<DoorAnswer> => doorAnswer(door, request, place));
  app.post('/api/session', async (request, reply) => {
    const { account, password } = (request.body ?? {}) as Record<string, unknown>;
    const code = textIn(request.body, 'code').trim();
    const byProvider =
      account === undefined ? await provider?.giveCode(stepOf(request), code) : undefined;
    const answer =
      byProvider ??
      (await door.signIn({
        code,
        ...(typeof account === 'string' && { account }),
        ...(typeof password === 'string' && { password }),
      }));
    if (typeof answer === 'string') {
      throw refusedEntry(answer, typeof account === 'string', byProvider !== undefined);
    }
    return entered(reply, place, answer.secret).code(204).send();
  });
  app.get('/api/session', (request): SessionAnswer => ({
    format: 'handover-session/1',
    ...principalOf(request),
  }));
  app.delete('/api/session', async (request, reply) => {
    await door.signOut(sessionOf(request));
    return reply
      .code(204)
      .header('set-cookie', session('', place, '; Max-Age=0'))
      .send();
  });
}

async function doorAnswer(
  door: ConsoleDoor,
  request: FastifyRequest,
  place: EntryPlace,
): Promise<DoorAnswer> {
  const { provider } = door;
  return {
    format: 'handover-door/1',
    accounts: await door.byAccount(),
    passkeys: hasPasskeys(place, request),
    ...(provider && { provider: provider.name, ...provider.look(stepOf(request)) }),
  };
}

function addProvider(app: FastifyInstance, { provider }: ConsoleDoor, place: EntryPlace): void {
  app.get('/api/oidc/begin', async (request, reply) => {
    if (provider === undefined) throw new Refusal(404, problems.provider);
    const own = place.origin ?? `${request.protocol}://${request.host}`;
    const { address, step: carried } = await provider.begin(own);
    return reply.header('set-cookie', step(carried, place)).redirect(address ?? '/');
  });
  app.get('/api/oidc/callback', async (request, reply) => {
    if (provider === undefined) throw new Refusal(404, problems.provider);
    const answer = new URLSearchParams(request.url.split('?', 2)[1] ?? '');
    const arrival = await provider.arrive(stepOf(request), answer);
    if ('step' in arrival) void reply.header('set-cookie', step(arrival.step, place));
    else entered(reply, place, arrival.secret);
    // The answer of the provider stays in no address and in no history.
    return reply.redirect('/');
  });
  // Forms are taken here and nowhere else: any page could send one.
  void app.register(async (forms) => {
    forms.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string' },
      (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
    );
    forms.post('/api/oidc/logout', async (request, reply) => {
      if (provider === undefined) throw new Refusal(404, problems.provider);
      try {
        await provider.logout(textIn(request.body, 'logout_token'));
        return await reply.code(204).send();
      } catch (error) {
        // OpenID Connect Back-Channel Logout 1.0, §2.8: what cannot be honoured is 400.
        throw error instanceof Refusal || !isRefused(error)
          ? error
          : new Refusal(400, problems.body);
      }
    });
  });
}

function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'provider-refused';
}

export function entered(reply: FastifyReply, place: EntryPlace, secret: string): FastifyReply {
  return reply.header('set-cookie', [
    session(secret, place, ''),
    `${stepCookie}=; Path=/api; HttpOnly; SameSite=Lax; Max-Age=0${secure(place)}`,
  ]);
}

function session(secret: string, place: EntryPlace, age: string): string {
  return `${sessionCookie}=${secret}; Path=/; HttpOnly; SameSite=Strict${age}${secure(place)}`;
}

/** It comes back with a navigation from the provider's page, so it is Lax; it proves nobody alone. */
function step(carried: string, place: EntryPlace): string {
  const age = `; Max-Age=${stepMs / 1000}`;
  return `${stepCookie}=${carried}; Path=/api; HttpOnly; SameSite=Lax${age}${secure(place)}`;
}

export function secure({ isSecure }: EntryPlace): string {
  return isSecure ? '; Secure' : '';
}

function stepOf(request: FastifyRequest): string | undefined {
  return cookieOf(request, stepCookie);
}

export function cookieOf({ headers }: FastifyRequest, name: string): string | undefined {
  const cookies = (headers.cookie ?? '').split(';').map((one) => one.trim().split('='));
  return cookies.find(([own]) => own === name)?.[1];
}

function refusedEntry(
  entry: Exclude<Entry, object>,
  byAccount: boolean,
  byProvider: boolean,
): Refusal {
  if (entry === 'later') return new Refusal(429, problems.tries);
  if (entry === 'by-account') return new Refusal(401, problems.byAccount);
  if (byProvider) return new Refusal(401, problems.factor);
  return new Refusal(401, byAccount ? problems.account : problems.code);
}
