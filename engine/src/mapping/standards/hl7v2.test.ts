import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson, parseJson, type Json, type JsonObject } from '../../base/json.ts';
import { hmacSha256 } from '../../base/digest.ts';
import { stableId } from '../../keys/stableId.ts';
import type { RecordBatch } from '../../model/record.ts';
import { concepts } from '../../verification/concepts/catalogue.ts';
import { compareFacts } from '../../verification/facts.ts';
import { ReadBack } from '../../verification/readBack.ts';
import { compileMapping } from '../compile.ts';
import { compileFacts } from '../facts/compile.ts';

const stream = {
  name: 'feed.ORU',
  columns: [
    { name: 'control', sourceType: 'MSH-10', type: 'text', nullable: false },
    { name: 'content', sourceType: 'bytes', type: 'binary', nullable: false },
  ],
  key: ['control'],
} as const;
const environment = {
  streams: [stream],
  concepts,
  codeMaps: new Map(),
  settings: new Map([['feed', { timeZone: 'America/Chicago' }]]),
  identify: (source: string, key: string) => hmacSha256(Buffer.from('key'), `${source} ${key}`),
  stableId,
};
const files = [{ path: 'feed.yaml', text: 'stream: feed.ORU\nstandard: hl7v2\n' }];
const mapping = compileMapping(files, environment).mappings.get(stream.name);
const facts = compileFacts(files, environment).facts.get(stream.name);

function batchOf(text: string): RecordBatch {
  const bytes = Buffer.from(text, 'latin1');
  const offsets = Uint32Array.of(0, bytes.length);
  const mediaType = 'x-application/hl7-v2+er7';
  return { stream: stream.name, mediaType, bytes, offsets, keys: ['C1'], cursor: '' };
}

const message = [
  'MSH|^~\\&|LAB|RIVER|CHART|RIVER|20240105100000||ORU^R01|C1|P|2.5.1|||||||8859/1',
  'PID|1||1001^^^RIVER^MR~457-55-5462^^^USSSA^SS||NU\xd1EZ^ANA^LU||19741203|F',
  'PV1|1|O|||||||||||||||||V7^^^RIVER^VN',
  'AL1|1|DA|7980^Penicillin^RXNORM|SV|Hives|20100101',
  'ORC|RE|P5^REG|F5^LAB',
  'OBR|1|P5^REG|F5^LAB|24323-8^Panel^LN|||20240105093000',
  'OBX|1|NM|2345-7^Glucose^LN^GLU^Glucose^L||5.40|mmol/L^^UCUM|||||F|||20240105093000',
  'OBX|2|ST|5778-6^Color^LN||dark \\T\\ cloudy||||||P|||20240105093000-0500',
  'FT1|1|T9||20240105||CR|99213^Visit^C4|||2|-120.50&USD',
  'RXA|0|1|20240105||140^Influenza^CVX|999|||||||||LOT1|||||RE',
].join('\r');

function mapped(): Map<string, JsonObject> {
  const made = mapping?.map(batchOf(message));
  assert.ok(made);
  const { drafts, bodies } = made;
  return new Map(
    drafts.map(({ type, id }, at) => {
      const body = bodies.bytes.toString('utf8', bodies.offsets[at], bodies.offsets[at + 1]);
      return [`${type}/${id}`, parseJson(body) as JsonObject];
    }),
  );
}

function findingsIn(held: ReadonlyMap<string, JsonObject>): string[] {
  const stated = facts?.read(batchOf(message));
  assert.ok(stated && facts);
  const readBacks = new Map<string, ReadBack>();
  const back = (name: string): void => {
    const [type = '', id = ''] = name.split('/');
    const body = held.get(name);
    const stored =
      body === undefined
        ? { type, id, state: 'absent' as const }
        : {
            type,
            id,
            state: 'present' as const,
            version: 1,
            digest: '',
            body: Buffer.from(canonicalJson(body)),
          };
    readBacks.set(name, new ReadBack(stored));
  };
  for (const name of held.keys()) back(name);
  for (const { type, id } of stated.facts) back(`${type}/${id}`);
  return compareFacts(stated, readBacks, facts.declared).map(
    ({ type, path, code }) => `${type} ${path} ${code}`,
  );
}

test('facts read by their own code agree with what the tables make of a message', () => {
  const stated = facts?.read(batchOf(message)).facts ?? [];
  assert.ok(stated.length > 30);
  assert.deepEqual(findingsIn(mapped()), []);
});

type Fault = (resource: JsonObject) => void;
const at = (resource: JsonObject, ...path: (string | number)[]): JsonObject =>
  path.reduce<Json>(
    (held, step) => (held as JsonObject)[step as string] as Json,
    resource,
  ) as JsonObject;

const faults: [name: string, type: string, fault: Fault, finding: string][] = [
  ['another sex', 'Patient', (one) => (one['gender'] = 'male'), 'Patient sex fact-different'],
  [
    'a day moved',
    'Patient',
    (one) => (one['birthDate'] = '1974-12-02'),
    'Patient birth-date fact-different',
  ],
  [
    'a letter lost',
    'Patient',
    (one) => (at(one, 'name', 0)['family'] = 'NUNEZ'),
    'Patient family fact-different',
  ],
  [
    'a number of another',
    'Patient',
    (one) => (at(one, 'identifier', 0)['value'] = '1002'),
    'Patient record-number fact-different',
  ],
  [
    'a unit swapped',
    'Observation',
    (one) => (at(one, 'valueQuantity')['code'] = 'mg/dL'),
    'Observation result-unit fact-different',
  ],
  [
    'a digit dropped',
    'Observation',
    (one) => (at(one, 'valueQuantity')['value'] = parseJson('5.4')),
    'Observation result-value fact-digits-different',
  ],
  [
    'a status promoted',
    'Observation',
    (one) => (one['status'] = 'amended'),
    'Observation result-status fact-different',
  ],
  [
    'a code of a neighbour',
    'Observation',
    (one) => (at(one, 'code', 'coding', 0)['code'] = '2344-0'),
    'Observation result-sent-code fact-different',
  ],
  [
    'another hour',
    'Observation',
    (one) => (one['effectiveDateTime'] = '2024-01-05T09:30:00Z'),
    'Observation result-time fact-different',
  ],
  [
    'another patient',
    'Observation',
    (one) => (at(one, 'subject')['reference'] = 'Patient/other'),
    'Observation subject subject-different',
  ],
  [
    'an allergy of a neighbour',
    'AllergyIntolerance',
    (one) => (at(one, 'code', 'coding', 0)['code'] = '7981'),
    'AllergyIntolerance allergy-sent-code fact-different',
  ],
  [
    'a refusal that was given',
    'Immunization',
    (one) => (one['status'] = 'completed'),
    'Immunization immunization-status fact-different',
  ],
  [
    'a credit as a charge',
    'ChargeItem',
    (one) => (at(one, 'priceOverride')['value'] = parseJson('120.50')),
    'ChargeItem charge-amount fact-different',
  ],
];

for (const [name, type, fault, finding] of faults) {
  test(`R05 a mapping fault shows: ${name}`, () => {
    const held = mapped();
    const [, chosen] = [...held].find(([key, body]) => {
      return key.startsWith(`${type}/`) && (type !== 'Observation' || 'valueQuantity' in body);
    }) as [string, JsonObject];
    fault(chosen);
    assert.ok(findingsIn(held).includes(finding), findingsIn(held).join(', '));
  });
}

test('R27 a resource that the mapping leaves out shows', () => {
  const held = mapped();
  const names = [...held.keys()].filter((key) => key.startsWith('ChargeItem/'));
  for (const key of names) held.delete(key);
  assert.deepEqual(findingsIn(held), ['ChargeItem ChargeItem resource-missing']);
});

test('a stream that is mapped by a standard and by rules too is a mistake, with its place', () => {
  const rules = 'stream: feed.ORU\nresources:\n  Patient: { gender: =female }\n';
  const both = [...files, { path: 'own.yaml', text: rules }];
  const { problems } = compileMapping(both, environment);
  const told = problems.map(({ code, file, line }) => `${code} ${file} ${line}`);
  assert.ok(told.includes('stream-repeated feed.yaml 1'), told.join());
});
