import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { toJson, type JsonObject } from '../../base/json.ts';
import { ConceptTable } from '../../terminology/concepts.ts';
import { valueSetOf, mapsOf } from '../../terminology/fhirTerminology.ts';
import { Terminology } from '../../terminology/terminology.ts';
import type { ValueSetRules } from '../../terminology/valueSet.ts';
import { baseDefinitions } from '../../quality/validator/definitions/base.ts';
import { definitionTerminology } from '../../quality/validator/codes/definitionTerminology.ts';
import { createServer } from '../server.ts';
import { startTestServer, testToken, type TestServer } from '../testing.ts';

let server: TestServer;
let app: ReturnType<typeof createServer>;

function loaded(): Terminology {
  const terminology = new Terminology(definitionTerminology(baseDefinitions()));
  const table = new ConceptTable('urn:a', { version: '1.2.3' });
  table.add('1', 'One');
  table.add('2', 'Two', true);
  table.addReplacement('2', '1');
  terminology.addSystem(table);
  const other = new ConceptTable('urn:b');
  other.add('1', 'Eins');
  terminology.addSystem(other);
  const set = { url: 'urn:set', version: '2.1', compose: { include: [{ system: 'urn:a' }] } };
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

const asked = (...list: object[]): object => ({ resourceType: 'Parameters', parameter: list });

test('server: codings and concepts are judged, each by its own system and version', async () => {
  const member = async (...given: object[]): Promise<unknown[]> => {
    const url = { name: 'url', valueUri: 'urn:set|2.1' };
    const { status, body } = await ask('/ValueSet/$validate-code', asked(url, ...given));
    return status === 200
      ? [parameter(body, 'result'), parameter(body, 'code'), parameter(body, 'message')]
      : [status];
  };
  const concept = (...coding: object[]): object => ({
    name: 'codeableConcept',
    valueCodeableConcept: { coding, text: 'x' },
  });
  const right = { system: 'urn:a', code: '1' };
  const wrong = { system: 'urn:b', code: '1' };
  assert.deepEqual(await member(concept(wrong, right)), [true, '1', undefined]);
  const none =
    'coding 1: the code is not in the value set; coding 2: unknown: there is no such code';
  assert.deepEqual(await member(concept(wrong, { system: 'urn:a', code: '7' })), [
    false,
    undefined,
    none,
  ]);
  assert.deepEqual(await member({ name: 'coding', valueCoding: { ...right, version: '1.2' } }), [
    true,
    '1',
    undefined,
  ]);
  assert.deepEqual(
    await member({ name: 'coding', valueCoding: { ...right, version: '9' } }),
    [404],
  );
  assert.deepEqual(await member({ name: 'coding', valueCoding: { system: 'urn:a' } }), [400]);
  assert.equal(
    (await ask('/ValueSet/$validate-code?url=urn:set%7C3&code=1&system=urn:a')).status,
    404,
  );
  assert.equal(
    (await ask('/ValueSet/$validate-code?url=urn:set&valueSetVersion=2.1&code=2')).status,
    200,
  );
  const { body } = await ask('/CodeSystem/$validate-code?url=urn:a%7C1.2.3&code=1');
  assert.deepEqual([parameter(body, 'result'), parameter(body, 'version')], [true, '1.2.3']);
  const inOther = asked({ name: 'url', valueUri: 'urn:a' }, { name: 'coding', valueCoding: wrong });
  const other = await ask('/CodeSystem/$validate-code', inOther);
  assert.equal(parameter(other.body, 'message'), 'the code is of another system');
});

test('server: a body that is no JSON, or has a key twice, is refused with its place', async () => {
  const said = async (payload: string): Promise<string> => {
    const headers = {
      authorization: `Bearer ${testToken}`,
      'content-type': 'application/fhir+json',
    };
    const reply = await app.inject({ method: 'POST', url: '/ValueSet/$expand', headers, payload });
    assert.equal(reply.statusCode, 400);
    return reply.body;
  };
  assert.match(await said('{"resourceType":'), /The body is no JSON, at character 16\./);
  assert.match(await said('{"a":1,"a":2}'), /The body has a key twice, at character 10\./);
});

test('server: a value set, a code system or a map comes along with the request', async () => {
  const valueSet = {
    resourceType: 'ValueSet',
    compose: {
      include: [{ system: 'urn:a', concept: [{ code: '1' }] }, { valueSet: ['urn:set'] }],
    },
  };
  const inline = { name: 'valueSet', resource: valueSet };
  const code = [
    { name: 'system', valueUri: 'urn:a' },
    { name: 'code', valueCode: '2' },
  ];
  const { body } = await ask('/ValueSet/$validate-code', asked(inline, ...code));
  assert.deepEqual([parameter(body, 'result'), parameter(body, 'inactive')], [true, true]);
  for (const given of [asked(inline), valueSet]) {
    const expanded = await ask('/ValueSet/$expand', given);
    assert.equal((expanded.body['expansion'] as unknown as { total: number }).total, 2);
  }
  const missing = { ...valueSet, compose: { include: [{ system: 'urn:none' }] } };
  const refused = await ask('/ValueSet/$expand', missing);
  assert.deepEqual(
    [refused.status, JSON.stringify(refused.body).includes('not loaded here: urn:none')],
    [404, true],
  );
  const codeSystem = {
    resourceType: 'CodeSystem',
    content: 'complete',
    concept: [{ code: 'q', display: 'Q' }],
  };
  const own = await ask(
    '/CodeSystem/$validate-code',
    asked({ name: 'codeSystem', resource: codeSystem }, { name: 'code', valueCode: 'q' }),
  );
  assert.deepEqual([parameter(own.body, 'result'), parameter(own.body, 'display')], [true, 'Q']);
  const element = [{ code: '2', target: [{ code: 'z', equivalence: 'equal' }] }];
  const conceptMap = {
    resourceType: 'ConceptMap',
    group: [{ source: 'urn:a', target: 'urn:z', element }],
  };
  const mapped = await ask(
    '/ConceptMap/$translate',
    asked({ name: 'conceptMap', resource: conceptMap }, ...code),
  );
  assert.equal(parameter(mapped.body, 'result'), true);
  assert.equal(
    (await ask('/ConceptMap/$translate?url=urn:map%7C1&system=urn:a&code=1')).status,
    200,
  );
  assert.equal(
    (await ask('/ValueSet/$validate-code', asked({ ...inline, resource: codeSystem }, ...code)))
      .status,
    400,
  );
});

test("server: units of UCUM and R4's own value sets are answered without a release", async () => {
  const unit = async (code: string): Promise<unknown> => {
    const query = `url=http://unitsofmeasure.org&code=${encodeURIComponent(code)}`;
    return parameter((await ask(`/CodeSystem/$validate-code?${query}`)).body, 'result');
  };
  assert.deepEqual([await unit('mg/dL'), await unit('mm Hg')], [true, false]);
  const sets = 'http://hl7.org/fhir/ValueSet';
  const gender = await ask(`/ValueSet/$expand?url=${sets}/administrative-gender`);
  assert.deepEqual((gender.body['expansion'] as unknown as { contains: object[] }).contains[0], {
    system: 'http://hl7.org/fhir/administrative-gender',
    code: 'male',
    display: 'Male',
  });
  const member = async (set: string, system: string, code: string): Promise<unknown> => {
    const query = `url=${sets}/${set}&system=${system}&code=${encodeURIComponent(code)}`;
    return parameter((await ask(`/ValueSet/$validate-code?${query}`)).body, 'result');
  };
  assert.equal(
    await member('administrative-gender', 'http://hl7.org/fhir/administrative-gender', 'x'),
    false,
  );
  assert.equal(await member('ucum-units', 'http://unitsofmeasure.org', '10*3/uL'), true);
  const { status } = await ask(`/ValueSet/$expand?url=${sets}/ucum-units`);
  assert.equal(status, 422);
  assert.equal((await ask(`/ValueSet/$expand?url=${sets}/observation-codes`)).status, 404);
});

test('server: $lookup tells what a system says of a code', async () => {
  const { body } = await ask('/CodeSystem/$lookup?system=urn:a&code=2');
  assert.deepEqual([parameter(body, 'display'), parameter(body, 'version')], ['Two', '1.2.3']);
  assert.ok(JSON.stringify(body).includes('"replacedBy"'));
  const coding = {
    name: 'coding',
    valueCoding: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
  };
  const posted = await ask('/CodeSystem/$lookup', asked(coding));
  assert.equal(parameter(posted.body, 'display'), 'inpatient encounter');
  assert.deepEqual(
    [
      (await ask('/CodeSystem/$lookup?system=urn:a&code=9')).status,
      (await ask('/CodeSystem/$lookup?system=urn:x&code=9')).status,
    ],
    [404, 404],
  );
  assert.equal((await ask('/CodeSystem/$lookup?code=9')).status, 400);
});
