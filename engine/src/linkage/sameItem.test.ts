import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toJson, type JsonObject } from '../base/json.ts';
import { itemKeys, lackedBy } from './sameItem.ts';

const rxnorm = (code: string, text?: string): Record<string, unknown> => ({
  coding: [{ system: 'http://www.nlm.nih.gov/research/umls/rxnorm', code }],
  ...(text !== undefined && { text }),
});
const status = (code: string): Record<string, unknown> => ({
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical', code }],
});

const allergy = {
  resourceType: 'AllergyIntolerance',
  id: 'a',
  identifier: [{ system: 'urn:one', value: '1' }],
  clinicalStatus: status('active'),
  code: rxnorm('7980', 'Penicillin'),
  patient: { reference: 'Patient/p1' },
};

const told = (rest: Record<string, unknown>): JsonObject =>
  toJson(
    Object.fromEntries(
      Object.entries({ ...allergy, id: 'b', identifier: [{ value: '2' }], ...rest }).filter(
        ([, value]) => value !== undefined,
      ),
    ),
  ) as JsonObject;
const chart = toJson(allergy) as JsonObject;
/** Two records of one person. */
const lead = (reference: string): string => reference.replace('Patient/p2', 'Patient/p1');

/** What another road tells, and what the chart lacks of it; undefined: both stand. */
const cases: readonly (readonly [string, Record<string, unknown>, object | undefined])[] = [
  ['the same', {}, {}],
  ['the same of another record of the person', { patient: { reference: 'Patient/p2' } }, {}],
  ['a name in other letters', { code: rxnorm('7980', ' PENICILLIN') }, {}],
  ['no name', { code: rxnorm('7980') }, {}],
  ['another name', { code: rxnorm('7980', 'Penicillin V') }, undefined],
  ['how bad it is', { criticality: 'high' }, { criticality: 'high' }],
  ['resolved', { clinicalStatus: status('resolved') }, undefined],
  ['refuted', { verificationStatus: status('refuted') }, undefined],
  ['no status', { clinicalStatus: undefined }, undefined],
  ['another person', { patient: { reference: 'Patient/p3' } }, undefined],
  [
    'one code more',
    { code: { coding: [...(rxnorm('7980')['coding'] as []), { system: 'urn:x', code: 'PCN' }] } },
    undefined,
  ],
  ['when it began', { onsetDateTime: '2020' }, { onsetDateTime: '2020' }],
];

describe('one thing by two roads', () => {
  for (const [name, rest, lacked] of cases) {
    test(name, () => {
      const found = lackedBy(chart, told(rest), lead);
      assert.deepEqual(found && JSON.parse(JSON.stringify(found)), lacked);
    });
  }

  test('what it says in another form, or as absent, is a contradiction', () => {
    const measured = toJson({ valueQuantity: { value: 5 }, status: 'final' }) as JsonObject;
    for (const other of [{ valueString: 'five' }, { dataAbsentReason: { text: 'lost' } }]) {
      assert.equal(lackedBy(measured, toJson(other) as JsonObject, lead), undefined);
    }
  });

  test('keys are of one person, one code and one time; what says too little has none', () => {
    const key = (rest: Record<string, unknown>): string[] =>
      itemKeys('AllergyIntolerance', told(rest), lead);
    assert.equal(key({}).length, 1);
    assert.deepEqual(key({ patient: { reference: 'Patient/p2' } }), key({}));
    assert.notDeepEqual(key({ code: rxnorm('1191') }), key({}));
    assert.deepEqual(key({ code: { text: 'Penicillin' } }), []);
    const result = { subject: { reference: 'Patient/p1' }, code: rxnorm('1') };
    assert.deepEqual(itemKeys('Observation', toJson(result) as JsonObject, lead), []);
    const timed = toJson({ ...result, effectiveDateTime: '2024-01-02T08:00:00Z' }) as JsonObject;
    assert.equal(itemKeys('Observation', timed, lead).length, 1);
    const cover = toJson({
      beneficiary: { reference: 'Patient/p2' },
      payor: [{ reference: 'Organization/o' }],
      subscriberId: 'W1',
    }) as JsonObject;
    assert.equal(itemKeys('Coverage', cover, lead).length, 1);
  });
});
