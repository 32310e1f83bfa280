import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { routes } from './routes.ts';
import { createServer, listenLoopback } from './server.ts';
import {
  assertOutcome,
  encounter,
  entriesOf,
  form,
  patient,
  startTestServer,
  testToken,
} from './testing.ts';
import type { TestServer } from './testing.ts';

let server: TestServer;

before(async () => {
  server = await startTestServer();
});

after(async () => {
  await server.close();
});

beforeEach(() => {
  server.events = [];
  server.auditBroken = false;
});

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
      for (const authorization of [
        '',
        'Bearer ',
        `Bearer ${testToken}x`,
        `Basic ${testToken}`,
        testToken,
      ]) {
        const reply = await server.app.inject({
          method: method as 'GET',
          url,
          headers: { authorization },
        });
        assert.equal(reply.statusCode, 401, `${method} ${url}`);
      }
    }
    assert.equal(server.events.length, 0);
  });

  test('the table of routes is all that is registered', () => {
    const registered = server.app.printRoutes({ commonPrefix: false, includeHooks: false });
    const methods = [...registered.matchAll(/\(([A-Z, ]+)\)/g)].flatMap(([, names]) =>
      (names as string).split(', '),
    );
    assert.equal(methods.length, routes.length, registered);
  });

  test('a short token is not accepted at all', () => {
    assert.throws(() => createServer({ ...server.options(), token: 'short' }), RangeError);
  });

  test('it listens on the loopback interface only', async () => {
    const other = createServer(server.options());
    const base = await listenLoopback(other);
    assert.match(base, /^http:\/\/127\.0\.0\.1:\d+$/);
    const reply = await fetch(`${base}/metadata`, {
      headers: { authorization: `Bearer ${testToken}` },
    });
    assert.equal(reply.status, 200);
    await reply.text();
    await other.close();
  });

  test('metadata', async () => {
    const reply = await server.call('GET', '/metadata');
    assert.equal(reply.status, 200);
    assert.equal(reply.json['resourceType'], 'CapabilityStatement');
  });
});

describe('instances', () => {
  test('create, read, update, history, vread, delete', async () => {
    const created = await server.call('POST', '/Patient', { body: patient('ignored', 'c1') });
    assert.equal(created.status, 201, created.text);
    assert.equal(created.headers['etag'], 'W/"1"');
    const id = created.json['id'] as string;
    assert.match(id, /^[a-z2-7]{32}$/);
    assert.match(created.headers['location'] ?? '', new RegExp(`/Patient/${id}/_history/1$`));

    const read = await server.call('GET', `/Patient/${id}`);
    assert.equal(read.text, created.text);
    assert.equal(read.headers['etag'], 'W/"1"');
    assert.ok(read.headers['last-modified']);
    const cached = await server.call('GET', `/Patient/${id}`, {
      headers: { 'if-none-match': 'W/"1"' },
    });
    assert.equal(cached.status, 304);

    const changed = { ...read.json, gender: 'other' };
    const updated = await server.call('PUT', `/Patient/${id}`, {
      body: changed,
      headers: { 'if-match': 'W/"1"' },
    });
    assert.equal(updated.status, 200, updated.text);
    assert.equal(updated.headers['etag'], 'W/"2"');
    const same = await server.call('PUT', `/Patient/${id}`, { body: updated.json });
    assert.equal(same.headers['etag'], 'W/"2"');

    assert.equal((await server.call('GET', `/Patient/${id}/_history/1`)).text, read.text);
    assert.equal((await server.call('DELETE', `/Patient/${id}`)).status, 204);
    assertOutcome(await server.call('GET', `/Patient/${id}`), 410, 'deleted');
    const history = await server.call('GET', `/Patient/${id}/_history`);
    const methods = entriesOf(history).map(({ request }) => (request as { method: string }).method);
    assert.deepEqual(methods, ['DELETE', 'PUT', 'POST']);
  });

  test('numbers keep their digits', async () => {
    const body =
      '{"resourceType":"Observation","id":"digits","valueQuantity":{"value":1.10},"status":"final"}';
    await server.call('PUT', '/Observation/digits', { body });
    const reply = await server.call('GET', '/Observation/digits');
    assert.match(reply.text, /"value":1\.10\}/);
  });

  test('what is not there, and versions that are not', async () => {
    assertOutcome(await server.call('GET', '/Patient/nobody'), 404, 'not-found');
    assertOutcome(await server.call('GET', '/Patient/nobody/_history'), 404);
    assertOutcome(await server.call('GET', '/Patient/nobody/_history/1'), 404);
    assertOutcome(await server.call('GET', '/NoSuchType/x'), 404);
    assertOutcome(await server.call('GET', '/a/b/c/d/e'), 404);
    assert.equal((await server.call('DELETE', '/Patient/nobody')).status, 204);
  });

  test('a stale version is refused', async () => {
    await server.call('PUT', '/Patient/stale', { body: patient('stale', 's1') });
    await server.call('PUT', '/Patient/stale', { body: patient('stale', 's2') });
    const headers = { 'if-match': 'W/"1"' };
    assertOutcome(
      await server.call('PUT', '/Patient/stale', { body: patient('stale', 's3'), headers }),
      412,
    );
    assertOutcome(await server.call('DELETE', '/Patient/stale', { headers }), 412);
    const fresh = await server.call('PUT', '/Patient/fresh', {
      body: patient('fresh', 'f'),
      headers,
    });
    assertOutcome(fresh, 412);
    const bad = { 'if-match': 'one' };
    assertOutcome(
      await server.call('PUT', '/Patient/stale', { body: patient('stale', 's'), headers: bad }),
      400,
    );
  });

  test('bodies that will not do', async () => {
    const put = (body: string) => server.call('PUT', '/Patient/bad', { body });
    assertOutcome(await put('{'), 400, 'structure');
    assertOutcome(await put('[]'), 400, 'structure');
    assertOutcome(await put('{"a":1,"a":2}'), 400, 'structure');
    assertOutcome(await put(`{"a":${'['.repeat(300)}${']'.repeat(300)}}`), 400, 'structure');
    assertOutcome(await put('{"resourceType":"Patient"}'), 400, 'invalid');
    assertOutcome(await put('{"resourceType":"Patient","id":"other"}'), 400, 'invalid');
    assertOutcome(await put('{"resourceType":"Device","id":"bad"}'), 422, 'invalid');
    assertOutcome(await put(`{"a":"${'x'.repeat(100_000)}"}`), 413, 'too-long');
    assertOutcome(await server.call('PUT', '/Patient/bad', { body: 'a=b', type: form }), 415);
    assertOutcome(
      await server.call('PUT', '/Patient/bad', { body: '<a/>', type: 'text/xml' }),
      415,
    );
  });

  test('methods that an address does not have', async () => {
    const reply = await server.call('DELETE', '/Patient');
    assertOutcome(reply, 405);
    assert.equal(reply.headers['allow'], 'GET, POST, PUT');
    assertOutcome(await server.call('PATCH', '/Patient/x', { body: {} }), 405);
    assertOutcome(await server.call('PUT', '/Patient', { body: patient('x', 'x') }), 405);
  });

  test('no address is echoed', async () => {
    for (const url of ['/%zz-secret', `/Patient/${'secret'.repeat(40)}`, '/Patient/secret!']) {
      const reply = await server.call('GET', url);
      assert.ok(reply.status >= 400 && !reply.text.includes('secret'), reply.text);
    }
  });
});

describe('audit', () => {
  test('one event per patient and type, with ids and without values', async () => {
    await server.call('PUT', '/Patient/au', { body: patient('au', 'audited') });
    await server.call('PUT', '/Encounter/ae', { body: encounter('ae', 'au', '2020-01-01') });
    server.events = [];
    await server.call('POST', '/Encounter/_search', { body: '_id=ae', type: form });
    assert.deepEqual(
      server.events.map(({ instant: _instant, ...event }) => event),
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
    server.events = [];
    await server.call('DELETE', '/Encounter/ae');
    assert.equal(server.events[0]?.patient, 'au');
    assert.equal(server.events[0]?.outcome, 'attempted');
    server.events = [];
    await server.call('GET', '/Patient/not-there');
    assert.deepEqual(
      server.events.map(({ resourceIds, patient: of, outcome }) => [resourceIds, of, outcome]),
      [[[], undefined, 'not-found']],
    );
  });

  test('without the log nothing leaves and nothing changes', async () => {
    await server.call('PUT', '/Patient/closed', { body: patient('closed', 'closed') });
    server.auditBroken = true;
    const replies = [
      await server.call('GET', '/Patient/closed'),
      await server.call('GET', '/Patient/closed/_history'),
      await server.call('POST', '/Patient/_search', { body: 'identifier=closed', type: form }),
      await server.call('PUT', '/Patient/closed', { body: patient('closed', 'changed') }),
      await server.call('DELETE', '/Patient/closed'),
    ];
    for (const reply of replies) {
      assertOutcome(reply, 503, 'transient');
      assert.doesNotMatch(reply.text, /closed|Example/);
    }
    server.auditBroken = false;
    assert.equal((await server.call('GET', '/Patient/closed')).headers['etag'], 'W/"1"');
  });
});
