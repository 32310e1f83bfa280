import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { canonicalJson, toJson, type JsonObject } from '../base/json.ts';
import { join, referencesIn, tell, toldResource } from './telling.ts';

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
