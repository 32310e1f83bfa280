import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalJson, toJson } from '../../base/json.ts';
import { indexEntryOf, patientIn, referencedPatient } from './indexEntry.ts';
import { resourceTypes } from './resourceTypes.ts';

function bodyOf(resource: object): Buffer {
  return Buffer.from(canonicalJson(toJson(resource)));
}

test('every type can be indexed', () => {
  for (const resourceType of resourceTypes) {
    const body = bodyOf({ resourceType, id: 'x', identifier: [{ value: 'v' }] });
    const identifiers = [{ system: '', value: 'v' }];
    assert.deepEqual(indexEntryOf(resourceType, 'x', body)?.identifiers, identifiers);
    assert.equal(indexEntryOf(resourceType, 'y', body), undefined);
  }
});

test('a resource is about the patient that one of its elements names', () => {
  for (const element of ['subject', 'patient', 'beneficiary', 'for', 'individual']) {
    const reference = { reference: 'Patient/p1' };
    const body = bodyOf({ resourceType: 'Basic', id: 'x', [element]: reference });
    assert.equal(indexEntryOf('Basic', 'x', body)?.patient, 'p1');
    assert.equal(patientIn(body), 'p1');
  }
  assert.equal(patientIn(bodyOf({ resourceType: 'Patient', id: 'p2' })), 'p2');
  assert.equal(patientIn(bodyOf({ resourceType: 'Basic', id: 'x' })), undefined);
});

test('references to a patient', () => {
  const table: readonly [string, string][] = [
    ['Patient/a', 'a'],
    ['Patient/a/_history/2', 'a'],
    ['https://ehr.example/fhir/Patient/a', 'a'],
    ['Group/a', ''],
    ['urn:uuid:a', ''],
    ['Patient?identifier=a', ''],
  ];
  for (const [reference, id] of table) assert.equal(referencedPatient(reference), id);
});

test('dates: the first element present, text or period', () => {
  const dateIn = (members: object): unknown =>
    indexEntryOf('Observation', 'x', bodyOf({ resourceType: 'Observation', id: 'x', ...members }))
      ?.date;
  const day = { fromMs: Date.UTC(2020, 0, 5), toMs: Date.UTC(2020, 0, 6) };
  assert.deepEqual(dateIn({ effectiveDateTime: '2020-01-05' }), day);
  const period = { start: '2020-01-05', end: '2020-01-05' };
  assert.deepEqual(dateIn({ effectivePeriod: period }), day);
  assert.equal(dateIn({ effectiveDateTime: 'soon' }), undefined);
  assert.equal(dateIn({}), undefined);
});
