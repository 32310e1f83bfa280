import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { assertOutcome, encounter, form, idsIn, patient, startTestServer } from './testing.ts';
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

describe('search', () => {
  before(async () => {
    await server.call('PUT', '/Patient/sp', { body: patient('sp', 'search-me') });
    for (const [id, start] of Object.entries({
      se1: '2020-01-05',
      se2: '2020-02-10T23:30:00-06:00',
      se3: '2021-03-01',
    })) {
      await server.call('PUT', `/Encounter/${id}`, { body: encounter(id, 'sp', start) });
    }
  });

  const post = (type: string, body: string) =>
    server.call('POST', `/${type}/_search`, { body, type: form });

  test('by id, identifier, patient and date', async () => {
    assert.deepEqual(idsIn(await server.call('GET', '/Patient?_id=sp,nobody')), ['sp']);
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
      reply = await server.call('GET', pathname + search);
    }
    assert.deepEqual(ids, ['se1', 'se2', 'se3']);
    assertOutcome(await server.call('GET', '/Encounter?_page=forged'), 410);
  });

  test('identifiers and patients have no place in an address', async () => {
    for (const query of ['identifier=1', 'patient=sp', 'identifier:exact=1', 'patient.name=x']) {
      const reply = await server.call('GET', `/Encounter?${query}`);
      assertOutcome(reply, 403, 'security');
      assert.match(reply.text, /_search/);
    }
    assertOutcome(
      await server.call('POST', '/Encounter/_search?patient=sp', { body: '', type: form }),
      403,
    );
  });

  test('what is not understood is refused', async () => {
    for (const query of ['name=x', 'date=soon', '_count=0', 'date=', '_id=a&_id=b', '_sort=date']) {
      assertOutcome(await server.call('GET', `/Encounter?${query}`), 400);
    }
    assertOutcome(await post('Patient', 'identifier=a|b|c'), 400);
    assertOutcome(await post('Patient', 'patient=Device/1'), 400);
  });
});
