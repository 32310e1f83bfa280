import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { assertOutcome, encounter, entriesOf, patient, startTestServer } from './testing.ts';
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

describe('conditions', () => {
  test('a conditional create makes one resource however many ask at once', async () => {
    const headers = { 'if-none-exist': 'identifier=urn:mrn|once' };
    const replies = await Promise.all(
      Array.from({ length: 5 }, () =>
        server.call('POST', '/Patient', { body: patient('x', 'once'), headers }),
      ),
    );
    const statuses = replies.map(({ status }) => status).toSorted((a, b) => a - b);
    assert.deepEqual(statuses, [200, 200, 200, 200, 201]);
    assert.equal(new Set(replies.map(({ json }) => json['id'])).size, 1);
  });

  test('several matches are refused', async () => {
    for (const id of ['m1', 'm2'])
      await server.call('PUT', `/Patient/${id}`, { body: patient(id, 'many') });
    const headers = { 'if-none-exist': 'identifier=urn:mrn|many' };
    const reply = await server.call('POST', '/Patient', { body: patient('x', 'many'), headers });
    assertOutcome(reply, 412, 'multiple-matches');
    const open = { 'if-none-exist': '_lastUpdated=ge2000' };
    assertOutcome(
      await server.call('POST', '/Patient', { body: patient('x', 'y'), headers: open }),
      412,
    );
  });

  test('a conditional update changes the one match, or creates', async () => {
    const update = (body: object) => ({
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [{ resource: body, request: { method: 'PUT', url: 'Patient?identifier=urn:mrn|cu' } }],
    });
    const { id: _id, ...resource } = patient('', 'cu');
    await server.call('POST', '/', { body: update(resource) });
    const reply = await server.call('POST', '/', { body: update({ ...resource, gender: 'male' }) });
    const responses = entriesOf(reply).map(({ response }) => response as { etag: string });
    assert.deepEqual(
      responses.map(({ etag }) => etag),
      ['W/"2"'],
    );
    assertOutcome(
      await server.call('PUT', '/Patient?identifier=urn:mrn|cu', { body: resource }),
      403,
      'security',
    );
    const byId = await server.call('PUT', '/Patient?_id=new-one', {
      body: patient('new-one', 'n'),
    });
    assert.equal(byId.status, 201, byId.text);
  });
});

describe('bundles', () => {
  test('a transaction is one: references resolve, deletes come first', async () => {
    await server.call('PUT', '/Encounter/old', { body: encounter('old', 'p', '2020-01-01') });
    const reply = await server.call('POST', '/', {
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
    assert.equal((await server.call('GET', '/Encounter/old')).status, 410);
  });

  test('a transaction that fails in one entry leaves nothing', async () => {
    const entry = (id: string, request: object) => ({ resource: patient(id, id), request });
    const reply = await server.call('POST', '/', {
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
    assert.equal((await server.call('GET', '/Patient/tr1')).status, 404);
    const twice = entry('tr3', { method: 'PUT', url: 'Patient/tr3' });
    assertOutcome(
      await server.call('POST', '/', {
        body: { resourceType: 'Bundle', type: 'transaction', entry: [twice, twice] },
      }),
      400,
    );
  });

  test('a batch does each entry for itself', async () => {
    const reply = await server.call('POST', '/', {
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

  test('a batch of reads says what each read alone would, and each is audited', async () => {
    for (const id of ['r1', 'r2']) {
      await server.call('PUT', `/Patient/${id}`, { body: patient(id, id) });
    }
    await server.call('DELETE', '/Patient/r2');
    server.events = [];
    const entry = ['r1', 'r2', 'r3'].map((id) => ({
      request: { method: 'GET', url: `Patient/${id}` },
    }));
    const body = { resourceType: 'Bundle', type: 'batch', entry };
    const reply = await server.call('POST', '/', { body });
    const [there, gone, never] = entriesOf(reply) as {
      resource?: object;
      response: { status: string; etag?: string };
    }[];
    const alone = await server.call('GET', '/Patient/r1');
    assert.deepEqual(there?.resource, alone.json);
    assert.deepEqual([gone?.response.status, gone?.response.etag], ['410', 'W/"2"']);
    assert.deepEqual([never?.response.status, never?.response.etag], ['404', undefined]);
    assert.deepEqual(server.events[0]?.resourceIds, ['r1']);
  });

  test('If-None-Match: * creates and never replaces', async () => {
    const headers = { 'if-none-match': '*' };
    const put = (value: string) =>
      server.call('PUT', '/Patient/inm', { body: patient('inm', value), headers });
    assert.equal((await put('one')).status, 201);
    assertOutcome(await put('two'), 412);
  });

  test('other Bundles and entries are refused', async () => {
    const post = (body: object) => server.call('POST', '/', { body });
    assertOutcome(await post(patient('x', 'x')), 400);
    assertOutcome(await post({ resourceType: 'Bundle', type: 'document' }), 400);
    assertOutcome(await post({ resourceType: 'Bundle', type: 'transaction', entry: [{}] }), 400);
  });
});
