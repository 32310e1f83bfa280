import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson, toJson, type JsonObject } from '../base/json.ts';
import { join, referencesIn, tell, toldResource } from './telling.ts';
import { peopleTold } from './toldPeople.ts';

const patient = (more: object): JsonObject =>
  toJson({ resourceType: 'Patient', id: 'p', ...more }) as JsonObject;

test('what is told last of each part stands, whatever the order in which tellings are joined', () => {
  const identifiers = fc.uniqueArray(fc.constantFrom('1', '2', '3'), { minLength: 1 });
  const told = fc.record(
    {
      gender: fc.constantFrom('male', 'female'),
      birthDate: fc.constantFrom('1970-01-01', '1980-01-01'),
      deceasedBoolean: fc.boolean(),
      identifier: identifiers.map((values) => values.map((value) => ({ system: 's', value }))),
    },
    { requiredKeys: [] },
  );
  const tellings = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 9 }), told), {
    selector: ([at]) => at,
    minLength: 1,
  });
  fc.assert(
    fc.property(tellings, fc.integer(), (all, seed) => {
      const parts = all.map(([at, more]) => tell(patient(more), String(at)));
      const shuffled = parts.toSorted((a, b) => hash(a, seed) - hash(b, seed));
      const one = toldResource(parts.reduce(join), 'p');
      const other = toldResource(shuffled.reduce(join), 'p');
      assert.equal(canonicalJson(one), canonicalJson(other));
      const last = all.toSorted(([a], [b]) => b - a).find(([, { gender }]) => gender !== undefined);
      assert.equal(one['gender'], last?.[1].gender);
      const values = new Set(
        all.flatMap(([, { identifier = [] }]) => identifier.map((i) => i.value)),
      );
      assert.equal(((one['identifier'] ?? []) as unknown[]).length, values.size);
    }),
  );
});

test('who a Patient was said to be is kept, each once and the last told last, and is no part of the resource', () => {
  const named = (family: string, given: string, birthDate: string, at: string) =>
    tell(patient({ name: [{ family, given: [given] }], birthDate }), at);
  const [ana, typedOver] = [
    named('NUNEZ', 'ANA', '1974-12-03', '1'),
    named('OKAFOR', 'JOHN', '1950-06-14', '2'),
  ];
  const back = named('NUNEZ', 'ANA', '1974-12-03', '3');
  const given = (all: readonly (typeof ana)[]) =>
    peopleTold(all.reduce(join)).map((one) => one.given);
  assert.deepEqual(given([ana, typedOver]), ['ANA', 'JOHN']);
  assert.deepEqual(given([back, ana, typedOver]), ['JOHN', 'ANA']);
  assert.deepEqual(Object.keys(toldResource([typedOver, ana].reduce(join), 'p')).toSorted(), [
    'birthDate',
    'id',
    'name',
    'resourceType',
  ]);
});

function hash(value: object, seed: number): number {
  let sum = seed % 7919;
  for (const letter of JSON.stringify(value)) sum = (sum * 31 + letter.charCodeAt(0)) % 1_000_003;
  return sum;
}

test('a choice takes the place of another, and the two ends of a period stand apart', () => {
  const alive = tell(patient({ deceasedBoolean: false }), '1');
  const died = tell(patient({ deceasedDateTime: '2024-01-05' }), '2');
  assert.deepEqual(Object.keys(toldResource(join(alive, died), 'p')), [
    'resourceType',
    'id',
    'deceasedDateTime',
  ]);
  const visit = (period: object): JsonObject =>
    toJson({ resourceType: 'Encounter', id: 'e', period }) as JsonObject;
  const admitted = tell(visit({ start: '2024-01-01' }), '1');
  const discharged = tell(visit({ end: '2024-01-05' }), '2');
  const both = toldResource(join(admitted, discharged), 'e');
  assert.equal(canonicalJson(both['period'] ?? null), '{"end":"2024-01-05","start":"2024-01-01"}');
});

test('a result is told whole: nothing of the older statement stands beside the newer', () => {
  const result = (more: object): JsonObject =>
    toJson({ resourceType: 'Observation', id: 'o', ...more }) as JsonObject;
  const number = tell(result({ status: 'preliminary', valueInteger: 5 }), '1');
  const word = tell(result({ status: 'corrected', valueString: 'hemolysed' }), '2');
  const told = toldResource(join(word, number), 'o');
  assert.deepEqual(Object.keys(told).toSorted(), ['id', 'resourceType', 'status', 'valueString']);
});

test('references are found wherever they stand, each once', () => {
  const id = '0123456789abcdefghjkmnpqrs';
  const body = toJson({
    subject: { reference: `Patient/${id}` },
    a: [{ b: { reference: `Patient/${id}` } }],
    text: { reference: 'x' },
  });
  assert.deepEqual(referencesIn(body), [`Patient/${id}`]);
});

test('what is taken back is gone, until it is told again', () => {
  const extension = [
    { url: 'race', valueString: 'r' },
    { url: 'religion', valueString: 'g' },
  ];
  const telecom = [
    { value: '1', use: 'home' },
    { value: '2', use: 'work' },
  ];
  const identifier = [
    { system: 'mr', value: '1' },
    { system: 'ssn', value: '2' },
  ];
  const first = tell(patient({ gender: 'male', extension, telecom, identifier }), '1');
  const second = tell(patient({}), '2', [
    { element: 'gender' },
    { element: 'extension', item: { url: 'religion' } },
    { element: 'telecom', item: { use: 'work' } },
    { element: 'identifier', item: { system: 'ssn' } },
  ]);
  const gone = toldResource(join(second, first), 'p');
  assert.deepEqual(JSON.parse(canonicalJson(gone)), {
    resourceType: 'Patient',
    id: 'p',
    extension: [extension[0]],
    telecom: [telecom[0]],
    identifier: [identifier[0]],
  });
  const again = tell(patient({ gender: 'other', identifier: [identifier[1]] }), '3');
  const told = toldResource(join(join(first, second), again), 'p');
  assert.deepEqual([told['gender'], (told['identifier'] as unknown[]).length], ['other', 2]);
});

test('a death without its date takes no date away, and a life told later takes both', () => {
  const date = tell(patient({ deceasedDateTime: '2024-01-05' }), '1');
  const dead = tell(patient({ deceasedBoolean: true }), '2');
  const alive = tell(patient({ deceasedBoolean: false }), '3');
  const again = tell(patient({ deceasedBoolean: true }), '4');
  const told = (...all: (typeof date)[]): unknown[] => {
    const { deceasedDateTime, deceasedBoolean } = toldResource(all.reduce(join), 'p');
    return [deceasedDateTime, deceasedBoolean];
  };
  assert.deepEqual(told(date, dead), ['2024-01-05', undefined]);
  assert.deepEqual(told(dead, date), ['2024-01-05', undefined]);
  assert.deepEqual(told(date, dead, alive), [undefined, false]);
  assert.deepEqual(told(alive, again, date), [undefined, true]);
});

test('members of a stay that different messages tell stand beside each other', () => {
  const stay = (hospitalization: object, at: string): ReturnType<typeof tell> =>
    tell(toJson({ resourceType: 'Encounter', id: 'e', hospitalization }) as JsonObject, at);
  const both = join(stay({ admitSource: { text: 'a' } }, '1'), stay({ diet: { text: 'd' } }, '2'));
  const told = toldResource(both, 'e')['hospitalization'];
  assert.equal(canonicalJson(told ?? null), '{"admitSource":{"text":"a"},"diet":{"text":"d"}}');
});

test('lists of an earlier run that were told whole are told by kind since', () => {
  const items = [
    { url: 'a', valueString: '1' },
    { url: 'b', valueString: '2' },
  ];
  const before = {
    type: 'Patient',
    parts: { extension: { at: '1', index: '0000', members: { extension: toJson(items) } } },
  } as ReturnType<typeof tell>;
  const now = tell(patient({ extension: [{ url: 'a', valueString: '3' }] }), '2');
  const told = toldResource(join(before, now), 'p')['extension'];
  const expected = '[{"url":"a","valueString":"3"},{"url":"b","valueString":"2"}]';
  assert.equal(canonicalJson(told ?? null), expected);
});
