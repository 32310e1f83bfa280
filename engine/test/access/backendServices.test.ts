/** Machines with a key of their own at the FHIR face: SMART Backend Services, over HTTP. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import {
  addClient,
  clientTokenMs,
  principalOfClientToken,
  revokeClient,
} from '../../src/access/clients.ts';
import { manualClock, systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { systemRandom } from '../../src/base/random.ts';
import { basic, targetOn, testServices } from '../../src/connectors/fhir/testing.ts';
import {
  grantedScopes,
  scopeText,
  systemScope,
  type SystemScope,
} from '../../src/contract/scopes.ts';
import { accessRecord } from '../../src/server/access/record.ts';
import { TokenDesk } from '../../src/server/access/tokenDesk.ts';
import { listen } from '../../src/server/listening.ts';
import { createServer } from '../../src/server/server.ts';
import { encounter, patient, startTestServer, type TestServer } from '../../src/server/testing.ts';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { migrate } from '../../src/store/migrate.ts';
import { testCluster, type FreshDatabase } from '../../src/store/testing.ts';
import { jwt, seconds, signingPair, type SigningPair } from './jwt.ts';
import { scriptedProvider, type ScriptedProvider } from './scriptedProvider.ts';

let fresh: FreshDatabase;
let database: Database;
let server: TestServer;
let app: ReturnType<typeof createServer>;
let address: string;
let publisher: ScriptedProvider;
/** How long tokens and key sets last is the test's to say. */
const clock = manualClock(new Date());
const accounts = () => ({ database, clock: ownClock, random: systemRandom });
const ownClock = {
  ...clock,
  now: () => new Date(systemClock.now().getTime() + clock.monotonicMs()),
};
const pairs = { RS384: signingPair('RS384', 'rsa'), ES384: signingPair('ES384', 'ec') };
let assertions = 0;

before(async () => {
  fresh = await (await testCluster()).freshDatabase();
  database = openDatabase(fresh.spec, { log: silentLog, instants: 'text' });
  const folder = new URL('../../src/store/migrations/control/', import.meta.url);
  await migrate({ database, folder });
  server = await startTestServer();
  const { audit } = server.options();
  app = createServer({
    ...server.options(),
    machine: (token) => principalOfClientToken(accounts(), token),
    tokens: new TokenDesk({ accounts: accounts(), record: accessRecord(audit, ownClock) }),
    at: {},
  });
  address = await listen(app, { port: 0 });
  publisher = await scriptedProvider();
  await server.call('PUT', '/Patient/p', { body: patient('p', '1') });
  await server.call('PUT', '/Encounter/e', { body: encounter('e', 'p', '2020-01-01') });
});

after(async () => {
  await publisher?.close();
  await app?.close();
  await server?.close();
  await database?.close();
  await fresh?.drop();
});

const scopesOf = (text: string): SystemScope[] =>
  text.split(' ').map((one) => systemScope(one) as SystemScope);

async function client(name: string, scopes: string, ...own: SigningPair[]): Promise<void> {
  const proof = { keys: { keys: own.map(({ jwk }) => jwk) } };
  await addClient(accounts(), { name, proof, scopes: scopesOf(scopes), createdBy: 'test' });
}

function claimsOf(name: string): Record<string, unknown> {
  const at = Math.floor(ownClock.now().getTime() / 1000);
  return {
    iss: name,
    sub: name,
    aud: `${address}/token`,
    exp: at + 120,
    jti: `jti-${++assertions}`,
  };
}

interface Told {
  status: number;
  error?: string;
  access_token?: string;
  scope?: string;
  expires_in?: number;
}

async function ask(assertion: string, scope: string, form: object = {}): Promise<Told> {
  const response = await fetch(`${address}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion,
      ...form,
    }),
  });
  assert.equal(response.headers.get('cache-control'), 'no-store');
  return { status: response.status, ...((await response.json()) as object) };
}

/** A token for scopes, as a client with this key gets one. */
async function tokenFor(name: string, scope: string, pair: SigningPair): Promise<string> {
  const told = await ask(jwt(pair, claimsOf(name)), scope);
  assert.equal(told.status, 200, JSON.stringify(told));
  return told.access_token ?? '';
}

async function status(token: string, method: string, path: string, body?: unknown, type?: string) {
  const response = await fetch(`${address}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': type ?? 'application/fhir+json' }),
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  await response.arrayBuffer();
  return response.status;
}

test('R18 anybody may find the token endpoint, and what it takes', async () => {
  const response = await fetch(`${address}/.well-known/smart-configuration`);
  const told = (await response.json()) as Record<string, unknown>;
  assert.equal(told['token_endpoint'], `${address}/token`);
  assert.deepEqual(told['token_endpoint_auth_methods_supported'], ['private_key_jwt']);
  assert.deepEqual(told['token_endpoint_auth_signing_alg_values_supported'], ['RS384', 'ES384']);
  assert.deepEqual(told['grant_types_supported'], ['client_credentials']);
});

test('R12 R18 a token for system/*.rs reads and searches, and changes nothing', async () => {
  for (const [alg, pair] of Object.entries(pairs)) {
    const name = `reader-${alg.toLowerCase()}`;
    await client(name, 'system/*.rs', pair);
    const told = await ask(jwt(pair, claimsOf(name)), 'system/*.rs');
    assert.deepEqual([told.status, told.scope, told.expires_in], [200, 'system/*.rs', 300]);
    const token = told.access_token ?? '';
    server.events = [];
    assert.equal(await status(token, 'GET', '/Patient/p'), 200);
    assert.deepEqual(
      server.events.map(({ actor, patient: whose }) => [actor, whose]),
      [[name, 'p']],
    );
    assert.equal(await status(token, 'GET', '/Patient/p/_history/1'), 200);
    assert.equal(await status(token, 'GET', '/Encounter?date=2020-01-01'), 200);
    const form = 'application/x-www-form-urlencoded';
    assert.equal(await status(token, 'POST', '/Encounter/_search', '_id=e', form), 200);
    assert.equal(await status(token, 'GET', '/metadata'), 200);
    for (const [method, path, body] of [
      ['PUT', '/Patient/p', patient('p', '2')],
      ['POST', '/Patient', { resourceType: 'Patient' }],
      ['DELETE', '/Patient/p', undefined],
      ['POST', '/', { resourceType: 'Bundle', type: 'batch', entry: [] }],
    ] as const) {
      assert.equal(await status(token, method, path, body), 403, `${method} ${path}`);
    }
  }
});

test('R12 scopes narrow by type and by what is done, in a Bundle entry by entry', async () => {
  const pair = pairs.ES384;
  await client('narrow', 'system/Encounter.crus system/Patient.r', pair);
  const token = await tokenFor('narrow', 'system/*.cruds', pair);
  const body = (id: string) => encounter(id, 'p', '2020-01-02');
  assert.deepEqual(
    [
      await status(token, 'GET', '/Patient/p'),
      await status(token, 'GET', '/Patient?_lastUpdated=gt2000-01-01'),
      await status(token, 'GET', '/Encounter/e'),
      await status(token, 'GET', '/Observation/x'),
      await status(token, 'PUT', '/Encounter/f', body('f')),
      await status(token, 'DELETE', '/Encounter/f'),
      await status(token, 'PUT', '/Patient/p', patient('p', '2')),
    ],
    [200, 403, 200, 403, 201, 403, 403],
  );
  const bundle = (...requests: object[]) => ({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: requests,
  });
  const put = { resource: body('g'), request: { method: 'PUT', url: 'Encounter/g' } };
  const read = { request: { method: 'GET', url: 'Patient/p' } };
  const search = { request: { method: 'GET', url: 'Patient?_id=p' } };
  assert.equal(await status(token, 'POST', '/', bundle(put, read)), 200);
  assert.equal(await status(token, 'POST', '/', bundle(put, search)), 403);
  const creating = await tokenFor('narrow', 'system/Encounter.c', pair);
  const create = { ...put, request: { method: 'POST', url: 'Encounter' } };
  const unless = { ...create, request: { ...create.request, ifNoneExist: '_id=e' } };
  assert.equal(await status(creating, 'POST', '/', bundle(create)), 200);
  assert.equal(await status(creating, 'POST', '/', bundle(unless)), 403, 'a condition is a search');
});

test('R18 what is granted is within what was registered, in the words of SMART 1 and 2', async () => {
  const granted = (asked: string, held: string) =>
    grantedScopes(scopesOf(asked), scopesOf(held)).map(scopeText).join(' ');
  assert.equal(granted('system/*.read', 'system/*.cruds'), 'system/*.rs');
  assert.equal(
    granted('system/*.*', 'system/Patient.rs system/Claim.c'),
    'system/Patient.rs system/Claim.c',
  );
  assert.equal(granted('system/Patient.write', 'system/*.rs'), '');
  for (const none of [
    'system/*',
    'user/*.rs',
    'system/*.sr',
    'system/*.',
    'system/*.rs?x=1',
    'openid',
  ]) {
    assert.equal(systemScope(none), undefined, none);
  }
  for (const scope of ['system/Patient.u', 'user/*.rs', 'system/*.rs openid', '']) {
    const told = await ask(jwt(pairs.RS384, claimsOf('reader-rs384')), scope);
    assert.deepEqual([told.status, told.error], [400, 'invalid_scope'], scope);
  }
});

test('R18 an assertion that is not right in one thing gives no token', async () => {
  const name = 'reader-rs384';
  const pair = pairs.RS384;
  const right = () => claimsOf(name);
  const without = (claim: string) => {
    const claims = right();
    delete claims[claim];
    return jwt(pair, claims);
  };
  const lies: Record<string, string> = {
    'another audience': jwt(pair, { ...right(), aud: 'https://elsewhere.example/token' }),
    'the base, not the endpoint': jwt(pair, { ...right(), aud: address }),
    'another subject': jwt(pair, { ...right(), sub: 'narrow' }),
    'another client': jwt(pair, claimsOf('narrow')),
    nobody: jwt(pair, claimsOf('nobody')),
    ended: jwt(pair, { ...right(), exp: seconds() - 60 }),
    'too long': jwt(pair, { ...right(), exp: seconds() + 3600 }),
    'not yet': jwt(pair, { ...right(), nbf: seconds() + 600 }),
    'no end': without('exp'),
    'no id': without('jti'),
    'no subject': without('sub'),
    'no audience': without('aud'),
    'a stranger’s key': jwt(signingPair('RS384', 'rsa'), right()),
    RS256: jwt({ ...pair, alg: 'RS256' }, right()),
    'no key id': jwt(pair, right(), { kid: undefined }),
    'another key set': jwt(pair, right(), { jku: 'https://elsewhere.example/keys' }),
    'no token': 'x',
  };
  server.events = [];
  for (const [what, assertion] of Object.entries(lies)) {
    const told = await ask(assertion, 'system/*.rs');
    assert.deepEqual([told.status, told.error], [400, 'invalid_client'], what);
  }
  assert.equal(server.events.length, Object.keys(lies).length, 'each is on record');
  assert.ok(
    server.events.every(({ actor, outcome }) => actor === 'nobody' && outcome === 'not-found'),
  );
  for (const [form, error] of [
    [{ grant_type: 'authorization_code' }, 'unsupported_grant_type'],
    [{ client_assertion_type: 'secret' }, 'invalid_request'],
  ] as const) {
    assert.equal((await ask(jwt(pair, right()), 'system/*.rs', form)).error, error);
  }
});

test('R18 an assertion is taken once, also where it comes twice at the same moment', async () => {
  const assertion = jwt(pairs.RS384, claimsOf('reader-rs384'));
  const both = await Promise.all([ask(assertion, 'system/*.rs'), ask(assertion, 'system/*.rs')]);
  assert.equal(both.filter((told) => told.status === 200).length, 1);
  assert.equal((await ask(assertion, 'system/*.rs')).error, 'invalid_client');
});

test('R18 a token ends after five minutes, and at once with its client', async () => {
  const token = await tokenFor('reader-rs384', 'system/*.rs', pairs.RS384);
  assert.equal(await status(token, 'GET', '/Patient/p'), 200);
  clock.advance(clientTokenMs);
  assert.equal(await status(token, 'GET', '/Patient/p'), 401);
  const other = await tokenFor('reader-rs384', 'system/*.rs', pairs.RS384);
  await revokeClient(accounts(), 'reader-rs384');
  assert.equal(await status(other, 'GET', '/Patient/p'), 401);
  const told = await ask(jwt(pairs.RS384, claimsOf('reader-rs384')), 'system/*.rs');
  assert.equal(told.error, 'invalid_client');
});

test('R18 keys that a client publishes may change: the new one counts, the old one no more', async () => {
  const proof = { url: `${publisher.issuer}/keys` };
  const [old, young] = [signingPair('ES384', 'old'), signingPair('ES384', 'young')];
  publisher.published = [old];
  const wish = { name: 'publisher', proof, scopes: scopesOf('system/*.rs'), createdBy: 'test' };
  await addClient(accounts(), wish);
  await tokenFor('publisher', 'system/*.rs', old);
  publisher.published = [young];
  clock.advance(31_000);
  await tokenFor('publisher', 'system/*.rs', young);
  assert.equal((await ask(jwt(old, claimsOf('publisher')), 'system/*.rs')).error, 'invalid_client');
});

test('R15 an assertion that was meant for another server is not taken under its name', async () => {
  const port = new URL(address).port;
  const asked = async (host: string): Promise<number> =>
    new Promise((resolve, reject) => {
      request(
        { host: '127.0.0.1', port, path: '/.well-known/smart-configuration', headers: { host } },
        (response) => {
          response.resume().on('end', () => resolve(response.statusCode ?? 0));
        },
      )
        .on('error', reject)
        .end();
    });
  assert.deepEqual(
    [
      await asked(`127.0.0.1:${port}`),
      await asked('elsewhere.example'),
      await asked('127.0.0.1:9'),
    ],
    [200, 421, 421],
  );
});

test('R18 the engine’s own client writes to the engine’s own server with a key', async () => {
  const pair = signingPair('ES384', 'k1');
  await client('handover', 'system/Basic.cruds', pair);
  const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const smart = { clientId: 'handover', keyId: 'k1', privateKey, scope: 'system/Basic.cruds' };
  const target = await targetOn({ url: address }, { smart }, { ...testServices, clock: ownClock });
  const { signal } = new AbortController();
  const [receipt] = await target.write([basic('a')], signal);
  assert.equal(receipt?.state, 'delivered');
});
