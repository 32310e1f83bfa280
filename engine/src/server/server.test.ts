import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import type { AuditEvent } from '../audit/auditLog.ts';
import { systemClock } from '../base/clock.ts';
import { hmacSha256Hex } from '../base/digest.ts';
import { HandoverError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import { systemRandom } from '../base/random.ts';
import { openEmbeddedStore } from '../connectors/embedded/store.ts';
import type { EmbeddedStore } from '../connectors/embedded/store.ts';
import { testCluster } from '../store/testing.ts';
import type { FreshDatabase } from '../store/testing.ts';
import { routes } from './routes.ts';
import { createServer, listenLoopback } from './server.ts';

const token = 't'.repeat(43);
let database: FreshDatabase;
let store: EmbeddedStore;
let app: FastifyInstance;
let events: AuditEvent[] = [];
let auditBroken = false;

before(async () => {
  database = await (await testCluster()).freshDatabase();
  store = await openEmbeddedStore({
    connection: database.spec,
    name: 'archive',
    secret: Buffer.alloc(32, 3),
    digest: hmacSha256Hex(Buffer.alloc(32, 4)),
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
  });
  app = createServer({
    store,
    audit: {
      async record(recorded) {
        if (auditBroken) throw new HandoverError('audit-unavailable', 'broken on purpose');
        events.push(...recorded);
      },
    },
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    actor: 'tester',
    token,
    bodyBytes: 100_000,
  });
  await app.ready();
});

after(async () => {
  await app.close();
  await store.close();
  await database.drop();
});

beforeEach(() => {
  events = [];
  auditBroken = false;
});

interface Call {
  headers?: Record<string, string>;
  body?: unknown;
  type?: string;
}

/** A response as the tests look at it. */
interface Reply {
  status: number;
  headers: Record<string, string | undefined>;
  text: string;
  json: Record<string, unknown>;
}

async function call(method: string, url: string, { headers, body, type }: Call = {}) {
  const response = await app.inject({
    method: method as 'GET',
    url,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': type ?? 'application/fhir+json' }),
      ...headers,
    },
    ...(body === undefined
      ? {}
      : { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = response.body;
  return {
    status: response.statusCode,
    headers: response.headers as Record<string, string | undefined>,
    text,
    json: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  } satisfies Reply;
}

const form = 'application/x-www-form-urlencoded';

function patient(id: string, value: string): Record<string, unknown> {
  return {
    resourceType: 'Patient',
    id,
    identifier: [{ system: 'urn:mrn', value }],
    name: [{ family: 'Example' }],
  };
}

function encounter(id: string, of: string, start: string): Record<string, unknown> {
  return {
    resourceType: 'Encounter',
    id,
    status: 'finished',
    class: { code: 'AMB' },
    subject: { reference: `Patient/${of}` },
    period: { start, end: start },
  };
}

function entriesOf(reply: Reply): Record<string, unknown>[] {
  return (reply.json['entry'] ?? []) as Record<string, unknown>[];
}

function idsIn(reply: Reply): unknown[] {
  return entriesOf(reply).map(({ resource }) => (resource as { id: string }).id);
}

function assertOutcome(reply: Reply, status: number, code?: string): void {
  assert.equal(reply.status, status, reply.text);
  assert.equal(reply.json['resourceType'], 'OperationOutcome');
  const [issue] = reply.json['issue'] as { code: string }[];
  if (code !== undefined) assert.equal(issue?.code, code);
}

describe('access', () => {
  test('every route is closed without the token, and so is what is no route', async () => {
    const addresses = routes.map(({ method, path }) => ({
      method,
      url: path.replace(':type', 'Patient').replace(':id', 'x').replace(':version', '1'),
    }));
    const others = [
      { method: 'GET', url: '/nothing/of/the/sort/here' },
      { method: 'HEAD', url: '/Patient/x' },
      { method: 'OPTIONS', url: '/Patient' },
    ];
    for (const { method, url } of [...addresses, ...others]) {
      for (const authorization of ['', 'Bearer ', `Bearer ${token}x`, `Basic ${token}`, token]) {
        const reply = await app.inject({
          method: method as 'GET',
          url,
          headers: { authorization },
        });
        assert.equal(reply.statusCode, 401, `${method} ${url}`);
      }
    }
    assert.equal(events.length, 0);
  });

  test('the table of routes is all that is registered', () => {
    const registered = app.printRoutes({ commonPrefix: false, includeHooks: false });
    const methods = [...registered.matchAll(/\(([A-Z, ]+)\)/g)].flatMap(([, names]) =>
      (names as string).split(', '),
    );
    assert.equal(methods.length, routes.length, registered);
  });

  test('a short token is not accepted at all', () => {
    assert.throws(
      () =>
        createServer({
          store,
          audit: { record: async () => undefined },
          clock: systemClock,
          random: systemRandom,
          log: silentLog,
          actor: 'tester',
          token: 'short',
        }),
      RangeError,
    );
  });

  test('it listens on the loopback interface only', async () => {
    const other = createServer({
      store,
      audit: { record: async () => undefined },
      clock: systemClock,
      random: systemRandom,
      log: silentLog,
      actor: 'tester',
      token,
    });
    const base = await listenLoopback(other);
    assert.match(base, /^http:\/\/127\.0\.0\.1:\d+$/);
    const reply = await fetch(`${base}/metadata`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(reply.status, 200);
    await reply.text();
    await other.close();
  });

  test('metadata', async () => {
    const reply = await call('GET', '/metadata');
    assert.equal(reply.status, 200);
    assert.equal(reply.json['resourceType'], 'CapabilityStatement');
  });
});

describe('instances', () => {
  test('create, read, update, history, vread, delete', async () => {
    const created = await call('POST', '/Patient', { body: patient('ignored', 'c1') });
    assert.equal(created.status, 201, created.text);
    assert.equal(created.headers['etag'], 'W/"1"');
    const id = created.json['id'] as string;
    assert.match(id, /^[a-z2-7]{26}$/);
    assert.match(created.headers['location'] ?? '', new RegExp(`/Patient/${id}/_history/1$`));

    const read = await call('GET', `/Patient/${id}`);
    assert.equal(read.text, created.text);
    assert.equal(read.headers['etag'], 'W/"1"');
    assert.ok(read.headers['last-modified']);
    const cached = await call('GET', `/Patient/${id}`, { headers: { 'if-none-match': 'W/"1"' } });
    assert.equal(cached.status, 304);

    const changed = { ...read.json, gender: 'other' };
    const updated = await call('PUT', `/Patient/${id}`, {
      body: changed,
      headers: { 'if-match': 'W/"1"' },
    });
    assert.equal(updated.status, 200, updated.text);
    assert.equal(updated.headers['etag'], 'W/"2"');
    const same = await call('PUT', `/Patient/${id}`, { body: updated.json });
    assert.equal(same.headers['etag'], 'W/"2"');

    assert.equal((await call('GET', `/Patient/${id}/_history/1`)).text, read.text);
    assert.equal((await call('DELETE', `/Patient/${id}`)).status, 204);
    assertOutcome(await call('GET', `/Patient/${id}`), 410, 'deleted');
    const history = await call('GET', `/Patient/${id}/_history`);
    const methods = entriesOf(history).map(({ request }) => (request as { method: string }).method);
    assert.deepEqual(methods, ['DELETE', 'PUT', 'POST']);
  });

  test('numbers keep their digits', async () => {
    const body =
      '{"resourceType":"Observation","id":"digits","valueQuantity":{"value":1.10},"status":"final"}';
    await call('PUT', '/Observation/digits', { body });
    const reply = await call('GET', '/Observation/digits');
    assert.match(reply.text, /"value":1\.10\}/);
  });

  test('what is not there, and versions that are not', async () => {
    assertOutcome(await call('GET', '/Patient/nobody'), 404, 'not-found');
    assertOutcome(await call('GET', '/Patient/nobody/_history'), 404);
    assertOutcome(await call('GET', '/Patient/nobody/_history/1'), 404);
    assertOutcome(await call('GET', '/NoSuchType/x'), 404);
    assertOutcome(await call('GET', '/a/b/c/d/e'), 404);
    assert.equal((await call('DELETE', '/Patient/nobody')).status, 204);
  });

  test('a stale version is refused', async () => {
    await call('PUT', '/Patient/stale', { body: patient('stale', 's1') });
    await call('PUT', '/Patient/stale', { body: patient('stale', 's2') });
    const headers = { 'if-match': 'W/"1"' };
    assertOutcome(
      await call('PUT', '/Patient/stale', { body: patient('stale', 's3'), headers }),
      412,
    );
    assertOutcome(await call('DELETE', '/Patient/stale', { headers }), 412);
    const fresh = await call('PUT', '/Patient/fresh', { body: patient('fresh', 'f'), headers });
    assertOutcome(fresh, 412);
    const bad = { 'if-match': 'one' };
    assertOutcome(
      await call('PUT', '/Patient/stale', { body: patient('stale', 's'), headers: bad }),
      400,
    );
  });

  test('bodies that will not do', async () => {
    const put = (body: string) => call('PUT', '/Patient/bad', { body });
    assertOutcome(await put('{'), 400, 'structure');
    assertOutcome(await put('[]'), 400, 'structure');
    assertOutcome(await put('{"a":1,"a":2}'), 400, 'structure');
    assertOutcome(await put(`{"a":${'['.repeat(300)}${']'.repeat(300)}}`), 400, 'structure');
    assertOutcome(await put('{"resourceType":"Patient"}'), 400, 'invalid');
    assertOutcome(await put('{"resourceType":"Patient","id":"other"}'), 400, 'invalid');
    assertOutcome(await put('{"resourceType":"Device","id":"bad"}'), 422, 'invalid');
    assertOutcome(await put(`{"a":"${'x'.repeat(100_000)}"}`), 413, 'too-long');
    assertOutcome(await call('PUT', '/Patient/bad', { body: 'a=b', type: form }), 415);
    assertOutcome(await call('PUT', '/Patient/bad', { body: '<a/>', type: 'text/xml' }), 415);
  });

  test('methods that an address does not have', async () => {
    const reply = await call('DELETE', '/Patient');
    assertOutcome(reply, 405);
    assert.equal(reply.headers['allow'], 'GET, POST, PUT');
    assertOutcome(await call('PATCH', '/Patient/x', { body: {} }), 405);
    assertOutcome(await call('PUT', '/Patient', { body: patient('x', 'x') }), 405);
  });

  test('no address is echoed', async () => {
    for (const url of ['/%zz-secret', `/Patient/${'secret'.repeat(40)}`, '/Patient/secret!']) {
      const reply = await call('GET', url);
      assert.ok(reply.status >= 400 && !reply.text.includes('secret'), reply.text);
    }
  });
});

describe('conditions', () => {
  test('a conditional create makes one resource however many ask at once', async () => {
    const headers = { 'if-none-exist': 'identifier=urn:mrn|once' };
    const replies = await Promise.all(
      Array.from({ length: 5 }, () =>
        call('POST', '/Patient', { body: patient('x', 'once'), headers }),
      ),
    );
    const statuses = replies.map(({ status }) => status).toSorted((a, b) => a - b);
    assert.deepEqual(statuses, [200, 200, 200, 200, 201]);
    assert.equal(new Set(replies.map(({ json }) => json['id'])).size, 1);
  });

  test('several matches are refused', async () => {
    for (const id of ['m1', 'm2'])
      await call('PUT', `/Patient/${id}`, { body: patient(id, 'many') });
    const headers = { 'if-none-exist': 'identifier=urn:mrn|many' };
    const reply = await call('POST', '/Patient', { body: patient('x', 'many'), headers });
    assertOutcome(reply, 412, 'multiple-matches');
    const open = { 'if-none-exist': '_lastUpdated=ge2000' };
    assertOutcome(await call('POST', '/Patient', { body: patient('x', 'y'), headers: open }), 412);
  });

  test('a conditional update changes the one match, or creates', async () => {
    const update = (body: object) => ({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ resource: body, request: { method: 'PUT', url: 'Patient?identifier=urn:mrn|cu' } }],
    });
    const { id: _id, ...resource } = patient('', 'cu');
    await call('POST', '/', { body: update(resource) });
    const reply = await call('POST', '/', { body: update({ ...resource, gender: 'male' }) });
    const [entry] = entriesOf(reply);
    assert.equal((entry?.['response'] as { etag: string }).etag, 'W/"2"');
    assertOutcome(
      await call('PUT', '/Patient?identifier=urn:mrn|cu', { body: resource }),
      403,
      'security',
    );
    const byId = await call('PUT', '/Patient?_id=new-one', { body: patient('new-one', 'n') });
    assert.equal(byId.status, 201, byId.text);
  });
});

describe('bundles', () => {
  test('a transaction is one: references resolve, deletes come first', async () => {
    await call('PUT', '/Encounter/old', { body: encounter('old', 'p', '2020-01-01') });
    const reply = await call('POST', '/', {
      body: {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          {
            fullUrl: 'urn:uuid:e',
            resource: {
              ...encounter('x', 'p', '2021-01-01'),
              subject: { reference: 'urn:uuid:p' },
            },
            request: { method: 'POST', url: 'Encounter' },
          },
          {
            fullUrl: 'urn:uuid:p',
            resource: patient('x', 'tx'),
            request: { method: 'POST', url: 'Patient' },
          },
          { request: { method: 'DELETE', url: 'Encounter/old' } },
          { request: { method: 'GET', url: 'Patient?identifier=urn:mrn|tx' } },
        ],
      },
    });
    assert.equal(reply.status, 200, reply.text);
    const [made, subject, deleted, found] = entriesOf(reply) as {
      resource: { subject: { reference: string }; id: string; entry: unknown[] };
      response: { status: string };
    }[];
    assert.equal(made?.resource.subject.reference, `Patient/${subject?.resource.id}`);
    assert.equal(deleted?.response.status, '204');
    assert.equal(found?.resource.entry.length, 1);
    assert.equal((await call('GET', '/Encounter/old')).status, 410);
  });

  test('a transaction that fails in one entry leaves nothing', async () => {
    const entry = (id: string, request: object) => ({ resource: patient(id, id), request });
    const reply = await call('POST', '/', {
      body: {
        resourceType: 'Bundle',
        type: 'transaction',
        entry: [
          entry('tr1', { method: 'PUT', url: 'Patient/tr1' }),
          entry('tr2', { method: 'PUT', url: 'Patient/tr2', ifMatch: 'W/"9"' }),
        ],
      },
    });
    assertOutcome(reply, 412);
    assert.equal((await call('GET', '/Patient/tr1')).status, 404);
    const twice = entry('tr3', { method: 'PUT', url: 'Patient/tr3' });
    assertOutcome(
      await call('POST', '/', {
        body: { resourceType: 'Bundle', type: 'transaction', entry: [twice, twice] },
      }),
      400,
    );
  });

  test('a batch does each entry for itself', async () => {
    const reply = await call('POST', '/', {
      body: {
        resourceType: 'Bundle',
        type: 'batch',
        entry: [
          { resource: patient('b1', 'b1'), request: { method: 'PUT', url: 'Patient/b1' } },
          { request: { method: 'GET', url: 'Patient/not-there' } },
          { request: { method: 'GET', url: 'Patient/b1' } },
        ],
      },
    });
    const statuses = entriesOf(reply).map(
      ({ response }) => (response as { status: string }).status,
    );
    assert.deepEqual(statuses, ['201', '404', '200']);
  });

  test('other Bundles and entries are refused', async () => {
    const post = (body: object) => call('POST', '/', { body });
    assertOutcome(await post(patient('x', 'x')), 400);
    assertOutcome(await post({ resourceType: 'Bundle', type: 'document' }), 400);
    assertOutcome(await post({ resourceType: 'Bundle', type: 'transaction', entry: [{}] }), 400);
  });
});

describe('search', () => {
  before(async () => {
    await call('PUT', '/Patient/sp', { body: patient('sp', 'search-me') });
    for (const [id, start] of Object.entries({
      se1: '2020-01-05',
      se2: '2020-02-10T23:30:00-06:00',
      se3: '2021-03-01',
    })) {
      await call('PUT', `/Encounter/${id}`, { body: encounter(id, 'sp', start) });
    }
  });

  const post = (type: string, body: string) =>
    call('POST', `/${type}/_search`, { body, type: form });

  test('by id, identifier, patient and date', async () => {
    assert.deepEqual(idsIn(await call('GET', '/Patient?_id=sp,nobody')), ['sp']);
    assert.deepEqual(idsIn(await post('Patient', 'identifier=urn:mrn|search-me')), ['sp']);
    assert.deepEqual(idsIn(await post('Patient', 'identifier=search-me')), ['sp']);
    assert.deepEqual(idsIn(await post('Patient', 'identifier=urn:other|search-me')), []);
    assert.deepEqual(idsIn(await post('Patient', 'identifier=%7Csearch-me')), []);
    assert.deepEqual(idsIn(await post('Encounter', 'patient=sp')), ['se1', 'se2', 'se3']);
    assert.deepEqual(idsIn(await post('Encounter', 'patient=Patient/sp&date=2020')), [
      'se1',
      'se2',
    ]);
    assert.deepEqual(idsIn(await post('Encounter', 'patient=sp&date=2020-02-11')), ['se2']);
    assert.deepEqual(idsIn(await post('Encounter', 'patient=sp&date=gt2020-06-01')), ['se3']);
    const between = 'patient=sp&date=ge2020-01-05&date=lt2021';
    assert.deepEqual(idsIn(await post('Encounter', between)), ['se1', 'se2']);
    assert.deepEqual(idsIn(await post('Encounter', 'patient=sp&_lastUpdated=lt2000')), []);
    assert.deepEqual(idsIn(await post('Encounter', 'patient=sp&_lastUpdated=ge2000&_count=1')), [
      'se1',
    ]);
  });

  test('pages follow each other, and no link holds a value', async () => {
    const ids: unknown[] = [];
    let reply = await post('Encounter', 'patient=sp&_count=2');
    for (;;) {
      ids.push(...idsIn(reply));
      const links = reply.json['link'] as { relation: string; url: string }[];
      const next = links.find(({ relation }) => relation === 'next')?.url;
      if (next === undefined) break;
      assert.doesNotMatch(next, /patient|sp\b/);
      const { pathname, search } = new URL(next);
      reply = await call('GET', pathname + search);
    }
    assert.deepEqual(ids, ['se1', 'se2', 'se3']);
    assertOutcome(await call('GET', '/Encounter?_page=forged'), 410);
  });

  test('identifiers and patients have no place in an address', async () => {
    for (const query of ['identifier=1', 'patient=sp', 'identifier:exact=1', 'patient.name=x']) {
      const reply = await call('GET', `/Encounter?${query}`);
      assertOutcome(reply, 403, 'security');
      assert.match(reply.text, /_search/);
    }
    assertOutcome(
      await call('POST', '/Encounter/_search?patient=sp', { body: '', type: form }),
      403,
    );
  });

  test('what is not understood is refused', async () => {
    for (const query of ['name=x', 'date=soon', '_count=0', 'date=', '_id=a&_id=b', '_sort=date']) {
      assertOutcome(await call('GET', `/Encounter?${query}`), 400);
    }
    assertOutcome(await post('Patient', 'identifier=a|b|c'), 400);
    assertOutcome(await post('Patient', 'patient=Device/1'), 400);
  });
});

describe('audit', () => {
  test('one event per patient and type, with ids and without values', async () => {
    await call('PUT', '/Patient/au', { body: patient('au', 'audited') });
    await call('PUT', '/Encounter/ae', { body: encounter('ae', 'au', '2020-01-01') });
    events = [];
    await call('POST', '/Encounter/_search', { body: '_id=ae', type: form });
    assert.deepEqual(
      events.map(({ instant: _instant, ...event }) => event),
      [
        {
          actor: 'tester',
          action: 'search',
          resourceType: 'Encounter',
          resourceIds: ['ae'],
          patient: 'au',
          outcome: 'disclosed',
        },
      ],
    );
    events = [];
    await call('DELETE', '/Encounter/ae');
    assert.equal(events[0]?.patient, 'au');
    assert.equal(events[0]?.outcome, 'attempted');
    events = [];
    await call('GET', '/Patient/not-there');
    assert.deepEqual(
      events.map(({ resourceIds, patient: of, outcome }) => [resourceIds, of, outcome]),
      [[[], undefined, 'not-found']],
    );
  });

  test('without the log nothing leaves and nothing changes', async () => {
    await call('PUT', '/Patient/closed', { body: patient('closed', 'closed') });
    auditBroken = true;
    const replies = [
      await call('GET', '/Patient/closed'),
      await call('GET', '/Patient/closed/_history'),
      await call('POST', '/Patient/_search', { body: 'identifier=closed', type: form }),
      await call('PUT', '/Patient/closed', { body: patient('closed', 'changed') }),
      await call('DELETE', '/Patient/closed'),
    ];
    for (const reply of replies) {
      assertOutcome(reply, 503, 'transient');
      assert.doesNotMatch(reply.text, /closed|Example/);
    }
    auditBroken = false;
    assert.equal((await call('GET', '/Patient/closed')).headers['etag'], 'W/"1"');
  });
});
