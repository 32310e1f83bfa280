/** An identity provider signs people in to the console, and no lie of one, or of a browser, does. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, beforeEach, test } from 'node:test';
import { addFederatedAccount } from '../../src/access/federated.ts';
import { disableAccount, listAccounts } from '../../src/access/accounts.ts';
import { totpAt, totpStep } from '../../src/access/totp.ts';
import { manualClock, systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { temporaryProjectKey } from '../../src/keys/projectKey.ts';
import { IdentityProvider } from '../../src/server/access/identityProvider.ts';
import { openFolderStore } from '../../src/staging/folderStore.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { temporaryFolder, testCluster, type FreshDatabase } from '../../src/store/testing.ts';
import { openConsole, type TestConsole } from './consoleProject.ts';
import { jwt, seconds, signingPair } from './jwt.ts';
import { person } from './people.ts';
import {
  clientId,
  clientSecret,
  providerSettings,
  scriptedProvider,
  type ScriptedProvider,
} from './scriptedProvider.ts';

let fresh: FreshDatabase;
let database: Database;
let provider: ScriptedProvider;
let desk: TestConsole;
const key = temporaryProjectKey(systemRandom);
/** How long keys are kept is the test's to say; what day it is, is not. */
const clock = { ...manualClock(new Date()), now: () => systemClock.now() };
const services = () => ({ database, key, clock: systemClock, random: systemRandom });

before(async () => {
  fresh = await (await testCluster()).freshDatabase();
  database = openDatabase(fresh.spec, { log: silentLog, instants: 'text' });
  const folder = new URL('../../src/store/migrations/control/', import.meta.url);
  await migrate({ database, folder });
  provider = await scriptedProvider();
  desk = await openDesk();
});

after(async () => {
  await desk?.close();
  await provider?.close();
  await database?.close();
  await fresh?.drop();
});

beforeEach(() => {
  provider.script = {};
});

async function openDesk(): Promise<TestConsole> {
  const blobs = await openFolderStore({ folder: await temporaryFolder(), clock: systemClock });
  const own = new IdentityProvider(providerSettings(provider), { clock, random: systemRandom });
  return openConsole({ key, blobs }, database, { port: 0 }, own);
}

const cookieOf = (response: Response, name: string): string =>
  response.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0] ?? '')
    .find((one) => one.startsWith(`${name}=`)) ?? '';

async function visit(path: string, cookie = ''): Promise<Response> {
  return fetch(`${desk.address}${path}`, { redirect: 'manual', headers: { cookie } });
}

interface Came {
  session: string;
  step: string;
  /** The code of the refusal that the page shows. */
  refused: string | undefined;
  awaits: unknown;
}

/** A browser's way there and back; `answer` is what the provider's page adds to the address. */
async function come(answer: Record<string, string> = {}, step?: string): Promise<Came> {
  const begun = await visit('/api/oidc/begin');
  const there = new URL(begun.headers.get('location') ?? '');
  provider.expect(there);
  const state = there.searchParams.get('state') ?? '';
  const back = new URLSearchParams({ code: 'a-code', state, ...answer });
  const carried = step ?? cookieOf(begun, 'handover-sign-in');
  const arrived = await visit(`/api/oidc/callback?${back.toString()}`, carried);
  assert.deepEqual([arrived.status, arrived.headers.get('location')], [302, '/']);
  const next = cookieOf(arrived, 'handover-sign-in');
  const door = await desk.ask('GET', '/api/door', next);
  const { refused, awaits } = door.json as { refused?: { code: string }; awaits?: unknown };
  return {
    session: cookieOf(arrived, 'handover-session'),
    step: next,
    refused: refused?.code,
    awaits,
  };
}

async function who(session: string): Promise<[status: number, name: unknown, roles: unknown]> {
  const { status, json } = await desk.ask('GET', '/api/session', session);
  return [status, json['name'], json['roles']];
}

test('R18 authorisation code with PKCE: what goes out, and who is let in with which roles', async () => {
  const begun = await visit('/api/oidc/begin');
  const { searchParams: asked, origin } = new URL(begun.headers.get('location') ?? '');
  assert.equal(origin, provider.issuer);
  assert.deepEqual(
    [asked.get('response_type'), asked.get('client_id'), asked.get('code_challenge_method')],
    ['code', clientId, 'S256'],
  );
  assert.deepEqual(
    [asked.get('scope'), asked.get('acr_values'), asked.get('redirect_uri')],
    ['openid groups', 'urn:two', `${desk.address}/api/oidc/callback`],
  );
  assert.ok(begun.headers.getSetCookie().every((one) => /HttpOnly; SameSite=Lax/.test(one)));

  const { session, refused } = await come();
  assert.equal(refused, undefined);
  assert.deepEqual(await who(session), [200, 'ada@riverside.example', ['lead']]);
  assert.equal(provider.asked.get('client_secret'), null);
  const [id, secret] = Buffer.from(provider.authorization.split(' ')[1] ?? '', 'base64')
    .toString()
    .split(':');
  assert.deepEqual([id, secret], [clientId, 'a+secret%3A+with%2Fsigns']);

  provider.script = { claims: { groups: ['doctors', 'unknown'] } };
  const again = await come();
  assert.deepEqual(await who(again.session), [
    200,
    'ada@riverside.example',
    ['clinician', 'steward'],
  ]);
  assert.deepEqual(
    (await who(session))[2],
    ['clinician', 'steward'],
    'what the provider says now holds for all sessions of the account',
  );
  const { rows } = await database.query<{ what: string }>(
    `select resource_type as what from audit.event where actor = 'ada@riverside.example' order by 1`,
  );
  assert.deepEqual(
    rows.map(({ what }) => what),
    ['Account/ada@riverside.example', 'Roles/ada@riverside.example', 'Session', 'Session'],
  );
});

test('R18 RS256, ES256 and PS256 are taken, a key that is new after a while, an old one no more', async () => {
  for (const alg of ['RS256', 'ES256', 'PS256']) {
    const pair = signingPair(alg, alg);
    provider.published = [pair];
    provider.script = { pair };
    clock.advance(31_000);
    assert.notEqual((await come()).session, '', alg);
  }
  const asked = provider.keysAsked;
  provider.script = { pair: signingPair('ES256', 'withdrawn') };
  for (let attempt = 0; attempt < 3; attempt++) {
    assert.equal((await come()).refused, 'provider-refused');
  }
  assert.equal(provider.keysAsked, asked, 'strangers cannot make it ask without end');
  provider.published = [provider.pair];
  clock.advance(31_000);
  provider.script = {};
  assert.notEqual((await come()).session, '');
});

test('R18 an ID token that is not right in one thing signs nobody in', async () => {
  const stranger = signingPair('RS256', 'first');
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const lies: Record<string, ScriptedProvider['script']> = {
    'another issuer': { claims: { iss: 'https://elsewhere.example' } },
    'another audience': { claims: { aud: 'another' } },
    'several audiences and no party': { claims: { aud: [clientId, 'another'] } },
    'another party': { claims: { azp: 'another' } },
    ended: { claims: { exp: seconds() - 60 } },
    'made long ago': { claims: { iat: seconds() - 3600 } },
    'made in the future': { claims: { iat: seconds() + 3600, exp: seconds() + 7200 } },
    'no end': { without: ['exp'] },
    'no instant': { without: ['iat'] },
    'no subject': { without: ['sub'] },
    'no nonce': { without: ['nonce'] },
    'another nonce': { claims: { nonce: 'another' } },
    'a stranger’s key under a known id': { pair: stranger },
    'no signature': { token: (claims) => `${part({ alg: 'none' })}.${part(claims)}.` },
    'a shared secret': {
      token: (claims) => {
        const text = `${part({ alg: 'HS256', kid: 'first' })}.${part(claims)}`;
        return `${text}.${createHmac('sha256', clientSecret).update(text).digest('base64url')}`;
      },
    },
    'an algorithm that is not agreed': { pair: { ...provider.pair, alg: 'RS512' } },
    altered: {
      token: (claims) =>
        jwt(provider.pair, claims).replace(
          /\.[^.]+\./,
          `.${part({ ...claims, groups: ['doctors'] })}.`,
        ),
    },
    'no token': { token: () => 'x' },
    'no name': { without: ['preferred_username'] },
    'a name that is none': { claims: { preferred_username: '../../etc' } },
  };
  for (const [what, script] of Object.entries(lies)) {
    provider.script = script;
    const { session, refused } = await come();
    assert.deepEqual([session, refused], ['', 'provider-refused'], what);
  }
});

test('R18 the provider’s answer counts in the browser that asked for it, and once', async () => {
  assert.equal((await come({ state: 'another' })).refused, 'provider-refused');
  assert.equal((await come({ iss: 'https://elsewhere.example' })).refused, 'provider-refused');
  assert.equal((await come({ error: 'access_denied' })).refused, 'provider-refused');
  assert.equal((await come({}, '')).refused, 'sign-in-lost');
  assert.equal((await come({}, 'handover-sign-in=forged')).refused, 'sign-in-lost');
  const other = cookieOf(await visit('/api/oidc/begin'), 'handover-sign-in');
  assert.equal((await come({}, other)).refused, 'provider-refused', 'begun in another browser');
});

test('R12 R18 nobody without a group of the table, and no name of somebody else’s account', async () => {
  for (const groups of [undefined, [], ['strangers'], ['constructor', '__proto__'], { leads: 1 }]) {
    provider.script = { claims: { groups } };
    assert.equal((await come()).refused, 'sign-in-no-role');
  }
  await person({ database, key }, 'local', 'compliance');
  provider.script = { claims: { preferred_username: 'local', sub: 'subject-2' } };
  assert.equal((await come()).refused, 'account-taken');
  provider.script = { claims: { sub: 'subject-3' } };
  assert.equal((await come()).refused, 'account-taken', 'another subject under a known name');
});

test('R18 where the provider asked for one factor, the account’s own is asked for', async () => {
  const weak = { sub: 'bob-1', preferred_username: 'bob', amr: ['pwd'], acr: '0' };
  provider.script = { claims: weak };
  assert.equal((await come()).refused, 'second-factor-missing');
  const wish = { name: 'bob', roles: ['auditor' as const], issuer: provider.issuer };
  const secret = await addFederatedAccount(services(), wish);
  const { session, awaits, step } = await come();
  assert.deepEqual([session, awaits], ['', 'code']);
  const give = (code: string) => desk.ask('POST', '/api/session', step, { code });
  assert.equal((await give('000000')).status, 401);
  const passwordless = { account: 'bob', password: '', code: totpAt(secret, totpStep(new Date())) };
  assert.equal((await desk.ask('POST', '/api/session', undefined, passwordless)).status, 401);
  const right = await fetch(`${desk.address}/api/session`, {
    method: 'POST',
    headers: { cookie: step, 'content-type': 'application/json' },
    body: JSON.stringify({ code: totpAt(secret, totpStep(new Date()) + 1) }),
  });
  assert.equal(right.status, 204);
  assert.deepEqual(await who(cookieOf(right, 'handover-session')), [200, 'bob', ['lead']]);
  assert.equal(
    (await give(totpAt(secret, totpStep(new Date()) + 1))).status,
    401,
    'a code is taken once',
  );
  provider.script = { claims: { ...weak, acr: 'urn:two' } };
  assert.notEqual((await come()).session, '', 'the provider asked for two this time');
});

async function logout(token: string): Promise<number> {
  const response = await fetch(`${desk.address}/api/oidc/logout`, {
    method: 'POST',
    body: new URLSearchParams({ logout_token: token }),
  });
  return response.status;
}

test('R18 the provider ends a session, or all of somebody; a lie of that kind ends none', async () => {
  provider.script = { claims: { sid: 'sid-a' } };
  const one = (await come()).session;
  provider.script = { claims: { sid: 'sid-b' } };
  const two = (await come()).session;
  const event = { 'http://schemas.openid.net/event/backchannel-logout': {} };
  const right = {
    iss: provider.issuer,
    aud: clientId,
    iat: seconds(),
    exp: seconds() + 60,
    jti: 'x',
    events: event,
  };
  const { pair } = provider;
  const lies = [
    jwt(pair, { ...right, sid: 'sid-a', nonce: 'n' }),
    jwt(pair, { ...right, sid: 'sid-a', events: {} }),
    jwt(pair, { ...right, sid: 'sid-a', aud: 'another' }),
    jwt(pair, { ...right, sid: 'sid-a', exp: seconds() - 60 }),
    jwt(pair, right),
    jwt(signingPair('RS256', 'first'), { ...right, sid: 'sid-a' }),
    'x',
  ];
  for (const lie of lies) assert.equal(await logout(lie), 400);
  assert.deepEqual([(await who(one))[0], (await who(two))[0]], [200, 200]);
  assert.equal(await logout(jwt(pair, { ...right, sid: 'sid-a' })), 204);
  assert.deepEqual([(await who(one))[0], (await who(two))[0]], [401, 200]);
  assert.equal(await logout(jwt(pair, { ...right, iat: seconds() - 120, sub: 'subject-1' })), 204);
  assert.equal(
    (await who(two))[0],
    200,
    'what was ended before the session began is not the session',
  );
  assert.equal(await logout(jwt(pair, { ...right, sub: 'subject-1' })), 204);
  assert.equal((await who(two))[0], 401);
});

test('R18 a disabled account: its sessions end at once, and the provider opens it no more', async () => {
  const { session } = await come();
  assert.equal((await who(session))[0], 200);
  await disableAccount(services(), 'ada@riverside.example');
  assert.equal((await who(session))[0], 401);
  assert.equal((await come()).refused, 'provider-refused');
  const names = (await listAccounts(database)).map(({ name }) => name);
  assert.equal(names.filter((name) => name.startsWith('ada')).length, 1);
});

test('R15 a provider that sends trust elsewhere, or is not there, signs nobody in', async () => {
  for (const document of [
    { issuer: 'https://elsewhere.example' },
    { token_endpoint: 'https://elsewhere.example/token' },
    { jwks_uri: 'http://192.0.2.1/keys' },
    { code_challenge_methods_supported: ['plain'] },
  ]) {
    provider.document = document;
    const other = await openDesk();
    const begun = await fetch(`${other.address}/api/oidc/begin`, { redirect: 'manual' });
    assert.equal(begun.headers.get('location'), '/');
    const door = await other.ask('GET', '/api/door', cookieOf(begun, 'handover-sign-in'));
    assert.equal((door.json['refused'] as { code: string }).code, 'provider-unfit');
    await other.close();
  }
  provider.document = {};
  const other = await openDesk();
  const { issuer } = provider;
  await provider.close();
  const begun = await fetch(`${other.address}/api/oidc/begin`, { redirect: 'manual' });
  const door = await other.ask('GET', '/api/door', cookieOf(begun, 'handover-sign-in'));
  const refused = door.json['refused'] as { code: string; message: string };
  assert.equal(refused.code, 'sign-in-unavailable');
  assert.ok(refused.message.includes(new URL(issuer).host), 'the host is named');
  await other.close();
  provider = await scriptedProvider();
});
