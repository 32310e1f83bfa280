import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { toJson, type JsonObject } from '../base/json.ts';
import { ConceptTable } from '../terminology/concepts.ts';
import { valueSetOf, mapsOf } from '../terminology/fhirTerminology.ts';
import { Terminology } from '../terminology/terminology.ts';
import type { ValueSetRules } from '../terminology/valueSet.ts';
import { createServer } from './server.ts';
import { startTestServer, testToken, type TestServer } from './testing.ts';

let server: TestServer;
let app: ReturnType<typeof createServer>;

function loaded(): Terminology {
  const terminology = new Terminology();
  const table = new ConceptTable('urn:a');
  table.add('1', 'One');
  table.add('2', 'Two', true);
  table.addReplacement('2', '1');
  terminology.addSystem(table);
  const other = new ConceptTable('urn:b');
  other.add('1', 'Eins');
  terminology.addSystem(other);
  const set = { url: 'urn:set', compose: { include: [{ system: 'urn:a' }] } };
  terminology.addValueSet(valueSetOf(toJson(set) as JsonObject) as ValueSetRules);
  const element = [
    { code: '1', target: [{ code: 'x', equivalence: 'equal' }] },
    { code: '2', target: [{ code: 'x' }, { code: 'y' }] },
    { code: '3' },
  ];
  const map = { url: 'urn:map', group: [{ source: 'urn:a', target: 'urn:t', element }] };
  for (const each of mapsOf(toJson(map) as JsonObject)) terminology.addMap(each);
  return terminology;
}

before(async () => {
  server = await startTestServer();
  app = createServer({ ...server.options(), terminology: loaded() });
});

after(async () => {
  await app.close();
  await server.close();
});

async function ask(url: string, body?: object): Promise<{ status: number; body: JsonObject }> {
  const reply = await app.inject({
    method: body === undefined ? 'GET' : 'POST',
    url,
    headers: {
      authorization: `Bearer ${testToken}`,
      ...(body !== undefined && { 'content-type': 'application/fhir+json' }),
    },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  });
  return { status: reply.statusCode, body: reply.json() };
}

function parameter(body: JsonObject, name: string): unknown {
  const list = body['parameter'] as unknown as Record<string, unknown>[];
  const found = list.find((each) => each['name'] === name);
  return Object.entries(found ?? {}).find(([key]) => key.startsWith('value'))?.[1];
}

test('server: a code is active, inactive, unknown or ambiguous; what is not loaded is 404', async () => {
  const code = async (query: string): Promise<unknown[]> => {
    const { status, body } = await ask(`/CodeSystem/$validate-code?${query}`);
    return status === 200
      ? [parameter(body, 'result'), parameter(body, 'inactive'), parameter(body, 'message')]
      : [status];
  };
  assert.deepEqual(await code('url=urn:a&code=1'), [true, undefined, undefined]);
  const inactive = 'inactive: the code must not be used any more; replaced by 1';
  assert.deepEqual(await code('url=urn:a&code=2'), [true, true, inactive]);
  assert.deepEqual(await code('url=urn:a&code=9'), [
    false,
    undefined,
    'unknown: there is no such code',
  ]);
  assert.deepEqual(await code('code=1'), [
    false,
    undefined,
    'ambiguous: urn:a, urn:b have the code',
  ]);
  assert.deepEqual(await code('url=urn:none&code=1'), [404]);
  assert.deepEqual(await code('url=urn:a'), [400]);
  assert.equal((await code('url=urn:a&code=1&display=Uno'))[0], false);
});

test('server: operations take Parameters, and a value set is expanded in pages', async () => {
  const { body } = await ask('/ValueSet/$validate-code', {
    resourceType: 'Parameters',
    parameter: [
      { name: 'url', valueUri: 'urn:set' },
      { name: 'coding', valueCoding: { system: 'urn:b', code: '1' } },
    ],
  });
  assert.equal(parameter(body, 'message'), 'the code is not in the value set');
  const page = await ask('/ValueSet/$expand?url=urn:set&count=1&offset=1');
  const expansion = page.body['expansion'] as unknown as { total: number; contains: unknown[] };
  assert.deepEqual(
    [expansion.total, expansion.contains],
    [2, [{ system: 'urn:a', code: '2', display: 'Two', inactive: true }]],
  );
  const active = await ask('/ValueSet/$expand?url=urn:set&activeOnly=true&filter=o');
  assert.equal((active.body['expansion'] as unknown as { total: number }).total, 1);
  assert.equal((await ask('/ValueSet/$expand?url=urn:nothing')).status, 404);
  assert.equal((await ask('/ValueSet/$expand', { resourceType: 'Patient' })).status, 400);
});

test('server: a translation is one code, or it says why not', async () => {
  const told = async (code: string): Promise<unknown[]> => {
    const { body } = await ask(
      `/ConceptMap/$translate?system=urn:a&code=${code}&targetsystem=urn:t`,
    );
    return [parameter(body, 'result'), String(parameter(body, 'message')).split(':')[0]];
  };
  assert.deepEqual(await told('1'), [true, 'translated']);
  assert.deepEqual(await told('2'), [false, 'ambiguous']);
  assert.deepEqual(await told('3'), [false, 'unmatched']);
  assert.deepEqual(await told('4'), [false, 'unknown']);
  assert.equal((await ask('/ConceptMap/$translate?system=urn:x&code=1')).status, 404);
});
