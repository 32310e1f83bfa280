import assert from 'node:assert/strict';
import { generateKeyPairSync, verify, type KeyObject } from 'node:crypto';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { manualClock } from '../../base/clock.ts';
import type { StoredBatch } from '../../model/target.ts';
import { fhirConnector } from './connector.ts';
import { basic, ScriptedServer, targetOn, testServices } from './testing.ts';

let server: ScriptedServer;
let elsewhere: ScriptedServer;

beforeEach(async () => {
  server = await ScriptedServer.start();
  elsewhere = await ScriptedServer.start('127.0.0.2');
});
afterEach(async () => {
  await server.close();
  await elsewhere.close();
});

const signal = new AbortController().signal;
const token = 'a-token-of-the-test';
const json = { 'content-type': 'application/json' };

describe('R15 outbound allow-list', () => {
  test('a redirect is not followed, when opening or writing', async () => {
    const redirect = { does: 'answer', status: 307, headers: { location: elsewhere.url } } as const;
    server.script = () => redirect;
    await assert.rejects(targetOn(server, { token }), { code: 'target-redirects' });
    server.script = () => undefined;
    const target = await targetOn(server, { token });
    server.script = ({ writes }) => (writes ? redirect : undefined);
    const receipts = await target.write([basic('a'), basic('b')], signal);
    assert.ok(
      receipts.every((one) => one.state === 'transient' && one.code === 'target-redirects'),
    );
    assert.equal(elsewhere.heard.length, 0);
  });

  test('a page link to another origin is refused, and the token stays at home', async () => {
    const target = await targetOn(server, { token, ours: 'everything', entries: 2 });
    await target.write(
      ['a', 'b', 'c'].map((id) => basic(id)),
      signal,
    );
    server.script = ({ path }) => {
      if (!path.startsWith('Basic?')) return undefined;
      const link = [{ relation: 'next', url: `${elsewhere.url}/Basic?_from=2` }];
      const body = JSON.stringify({ resourceType: 'Bundle', type: 'searchset', link });
      return { does: 'answer', status: 200, body };
    };
    await assert.rejects(collected(target.scan(undefined, signal)), {
      code: 'address-elsewhere',
    });
    assert.equal(elsewhere.heard.length, 0);
    assert.ok(server.heard.every(({ headers }) => headers.authorization === `Bearer ${token}`));
  });

  test('an address inside a resource is data and is never asked', async () => {
    const target = await targetOn(server, { token });
    const members = `,"photo":[{"url":"${elsewhere.url}/x"}],"subject":{"reference":"${elsewhere.url}/Patient/1"}`;
    await target.write([basic('a', members)], signal);
    await target.fetch([basic('a')], 'body', signal);
    assert.equal(elsewhere.heard.length, 0);
  });

  test('no identifier, name or date of a resource stands in an address', async () => {
    const target = await targetOn(server, { bundles: 'none' });
    await target.write([basic('a', ',"identifier":[{"value":"Canary-1974-12-03"}]')], signal);
    await collected(target.scan(undefined, signal));
    assert.ok(server.heard.every(({ path }) => !path.includes('Canary')));
  });
});

describe('what is ours', () => {
  const id = '0123456789abcdefghjkmnpqrs';

  async function scanned(settings: object): Promise<string[]> {
    const target = await targetOn(server, { entries: 2, ...settings });
    const batches = await collected(target.scan(undefined, signal));
    return batches.flatMap(({ resources }) => resources.map((one) => one.id)).toSorted();
  }

  test('ids of the form that Handover gives, everything, or what carries the tag', async () => {
    const settings = { ours: { tag: 'urn:handover|riverside' } };
    const tagging = await targetOn(server, settings);
    const members = ',"meta":{"tag":[{"code":"own","system":"urn:own"}]},"n":1.10';
    await tagging.write([basic('tagged', members)], signal);
    const plain = await targetOn(server);
    await plain.write([basic(id), basic('2024'), basic('x-1')], signal);
    assert.deepEqual(await scanned({}), [id]);
    assert.deepEqual(
      await scanned({ ours: 'everything' }),
      [id, '2024', 'tagged', 'x-1'].toSorted(),
    );
    assert.deepEqual(await scanned(settings), ['tagged']);
    const [back] = await tagging.fetch([basic('tagged')], 'body', signal);
    assert.equal(
      back?.state === 'present' && back.body?.toString(),
      '{"id":"tagged","meta":{"tag":[{"code":"own","system":"urn:own"}]},"n":1.10,"resourceType":"Basic"}',
    );
  });
});

describe('tokens', () => {
  test('one that is not accepted is said so; no record is held for it', async () => {
    server.script = () => ({ does: 'answer', status: 401 });
    await assert.rejects(targetOn(server, { token }), { code: 'target-denied' });
  });

  const pairs = {
    RS384: generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  };
  for (const [algorithm, { publicKey, privateKey }] of Object.entries(pairs)) {
    test(`SMART Backend Services with ${algorithm}`, async () => {
      const asked: URLSearchParams[] = [];
      answerTokens(server, asked);
      const smart = smartSettings(privateKey);
      const clock = manualClock(new Date('2026-01-01T00:00:00Z'));
      const target = await targetOn(server, { smart }, { ...testServices, clock });
      assert.equal(asked.length, 1);
      const claims = verified(asked[0]?.get('client_assertion') ?? '', publicKey, algorithm);
      assert.deepEqual(
        { iss: claims['iss'], sub: claims['sub'], aud: claims['aud'] },
        { iss: 'handover', sub: 'handover', aud: `${server.url}/token` },
      );
      assert.equal(asked[0]?.get('scope'), 'system/*.*');
      await target.fetch([basic('a')], 'head', signal);
      assert.equal(asked.length, 1, 'the token is used again');
      clock.advance(280_000);
      await target.fetch([basic('a')], 'head', signal);
      assert.equal(asked.length, 2, 'an old token is exchanged');
      assert.equal(server.heard.at(-1)?.headers.authorization, 'Bearer token-2');
    });
  }

  test('a token that the server has revoked is replaced once', async () => {
    const asked: URLSearchParams[] = [];
    const smart = smartSettings(pairs.ES384.privateKey);
    answerTokens(server, asked);
    const target = await targetOn(server, { smart });
    answerTokens(server, asked, 'Bearer token-1');
    const [receipt] = await target.write([basic('a')], signal);
    assert.equal(receipt?.state, 'delivered');
    assert.equal(asked.length, 2);
  });

  test('a token endpoint elsewhere needs the plan’s word, and gets no token', async () => {
    const smart = smartSettings(pairs.ES384.privateKey);
    const tokenUrl = `${elsewhere.url}/token`;
    answerTokens(server, [], '', tokenUrl);
    await assert.rejects(targetOn(server, { smart }), { code: 'token-endpoint-elsewhere' });
    assert.equal(elsewhere.heard.length, 0);
    const asked: URLSearchParams[] = [];
    answerTokens(elsewhere, asked);
    server.script = () => undefined;
    const target = await targetOn(server, { smart: { ...smart, tokenUrl } });
    await target.write([basic('a')], signal);
    assert.equal(asked.length, 1);
    assert.ok(elsewhere.heard.every(({ headers }) => headers.authorization === undefined));
    assert.equal(server.heard.at(-1)?.headers.authorization, 'Bearer token-1');
  });
});

async function collected(scan: AsyncIterable<StoredBatch>): Promise<StoredBatch[]> {
  const batches: StoredBatch[] = [];
  for await (const batch of scan) batches.push(batch);
  return batches;
}

function smartSettings(privateKey: KeyObject): Record<string, string> {
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  return { clientId: 'handover', keyId: 'k1', privateKey: pem };
}

/** Tokens are numbered; one that is `revoked` is answered with 401. */
function answerTokens(
  at: ScriptedServer,
  asked: URLSearchParams[],
  revoked = '',
  endpoint = `${at.url}/token`,
): void {
  at.script = ({ path, headers, body }) => {
    if (path === '.well-known/smart-configuration') {
      const told = JSON.stringify({ token_endpoint: endpoint });
      return { does: 'answer', status: 200, headers: json, body: told };
    }
    if (path === 'token') {
      asked.push(new URLSearchParams(body));
      const told = { access_token: `token-${asked.length}`, expires_in: 300, token_type: 'bearer' };
      return { does: 'answer', status: 200, headers: json, body: JSON.stringify(told) };
    }
    if (headers.authorization === revoked) return { does: 'answer', status: 401 };
    return undefined;
  };
}

function verified(assertion: string, key: KeyObject, algorithm: string): Record<string, unknown> {
  const [head = '', claims = '', signature = ''] = assertion.split('.');
  const read = (text: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
  assert.deepEqual(read(head), { alg: algorithm, kid: 'k1', typ: 'JWT' });
  const signed = Buffer.from(`${head}.${claims}`);
  const bytes = Buffer.from(signature, 'base64url');
  assert.ok(verify('sha384', signed, { key, dsaEncoding: 'ieee-p1363' }, bytes));
  return read(claims);
}

describe('what a server says of itself', () => {
  const open = (statement: object): Promise<unknown> => {
    server.statement = statement;
    return targetOn(server);
  };
  const rest = (resource: object[]): object => ({
    resourceType: 'CapabilityStatement',
    fhirVersion: '4.0.1',
    rest: [{ mode: 'server', resource }],
  });

  test('another version, another thing, ids of its own: refused when opening', async () => {
    await assert.rejects(open({ resourceType: 'CapabilityStatement', fhirVersion: '5.0.0' }), {
      code: 'target-not-r4',
    });
    await assert.rejects(open({ resourceType: 'Patient' }), { code: 'answer-unreadable' });
    const create = { type: 'Basic', interaction: [{ code: 'create' }, { code: 'update' }] };
    await assert.rejects(open(rest([create])), { code: 'target-assigns-ids' });
  });

  test('what it lacks for a plan is told at once, by type, and nothing is written', async () => {
    const told = (type: string, codes: string[], updateCreate = true): object => ({
      type,
      updateCreate,
      interaction: codes.map((code) => ({ code })),
    });
    server.statement = rest([
      told('Patient', ['read', 'update']),
      told('Basic', ['read', 'update'], false),
      told('Claim', ['read', 'create']),
      told('Condition', ['update']),
      told('Group', []),
    ]);
    const parsed = fhirConnector.configuration.parse({ url: server.url });
    assert.ok('value' in parsed);
    const target = fhirConnector.target?.create(parsed.value, testServices);
    const types = ['Condition', 'Basic', 'Patient', 'Encounter', 'Claim', 'Account'];
    const problems = (await target?.judge?.({ types }, signal)) ?? [];
    assert.deepEqual(
      problems.map(
        ({ code, message }) => `${code} ${/[A-Z]\w+(, [A-Z]\w+)*\.$/.exec(message)?.[0]}`,
      ),
      [
        'target-type-missing Account, Encounter.',
        'target-cannot-read Condition.',
        'target-assigns-ids Basic, Claim.',
      ],
    );
    assert.deepEqual(
      server.heard.map(({ path }) => path),
      ['metadata'],
    );
  });

  test('without Bundles it is written to one by one; an unknown type is refused', async () => {
    const interaction = [{ code: 'update' }];
    const basics = { type: 'Basic', updateCreate: true, interaction };
    await open(rest([basics]));
    const target = await targetOn(server);
    const patient = {
      ...basic('p'),
      type: 'Patient',
      body: Buffer.from('{"id":"p","resourceType":"Patient"}'),
    };
    const receipts = await target.write([basic('a'), patient, basic('b')], signal);
    assert.deepEqual(
      receipts.map((one) => ('code' in one ? one.code : one.state)),
      ['delivered', 'type-unsupported', 'delivered'],
    );
    assert.ok(server.writes.every(({ method }) => method === 'PUT'));
  });

  test('settings: every problem at once, with its path, and no value', () => {
    const parsed = fhirConnector.configuration.parse({
      url: 'http://ehr.example/fhir?secret=1',
      headers: { Authorization: 'secret', 'X-Quiet': 'yes', 'X-Broken': 'sec\nret' },
      token: 'secret',
      smart: { clientId: 'c', keyId: 'k', privateKey: 'secret' },
    });
    assert.ok('problems' in parsed);
    assert.deepEqual(
      parsed.problems.map(({ path }) => path),
      ['url', 'headers.Authorization', 'headers.X-Broken', 'token', 'smart.privateKey'],
    );
    assert.doesNotMatch(JSON.stringify(parsed), /secret/);
  });
});
