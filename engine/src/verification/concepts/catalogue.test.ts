import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isJsonObject, parseJson } from '../../base/json.ts';
import { concepts } from './catalogue.ts';

function read(name: string, resource: object): string[] {
  const value = parseJson(JSON.stringify(resource));
  assert.ok(isJsonObject(value));
  const concept = concepts.get(name);
  assert.ok(concept !== undefined);
  return concept
    .read(value)
    .map(({ value: text, system }) => (system === '' ? text : `${system}|${text}`));
}

const snomed = 'http://snomed.info/sct';

describe('the catalogue of concepts', () => {
  it('has words in kebab-case, each with types and a sentence', () => {
    for (const [name, concept] of concepts) {
      assert.match(name, /^[a-z]+(?:-[a-z]+)*$/);
      assert.equal(concept.name, name);
      assert.ok(concept.types.length > 0);
      assert.match(concept.doc, /^[A-Z].*\.$/s);
    }
  });

  it('reads nothing from an empty resource', () => {
    for (const name of concepts.keys()) assert.deepEqual(read(name, {}), [], name);
  });

  it('reads nothing, and does not fail, where a resource is malformed', () => {
    const odd = { name: 'x', code: [null, 3], identifier: { type: true }, dosage: [[{}]] };
    for (const name of concepts.keys()) read(name, odd);
  });

  it('tells record numbers from social security numbers', () => {
    const identifier = [
      { system: 'urn:mrn', value: '1' },
      { system: 'http://hl7.org/fhir/sid/us-ssn', value: '2' },
      {
        type: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'DL' }] },
        value: '3',
      },
    ];
    assert.deepEqual(read('mrn', { identifier }), ['urn:mrn|1']);
    assert.deepEqual(read('ssn', { identifier }), ['2']);
  });

  it('tells the name in use from former ones', () => {
    const name = [
      { use: 'official', family: 'New', given: ['A', 'B'] },
      { use: 'maiden', family: 'Old' },
      { use: 'nickname', given: ['C'] },
    ];
    assert.deepEqual(read('family', { name }), ['New']);
    assert.deepEqual(read('given', { name }), ['A', 'B']);
    assert.deepEqual(read('previous-family', { name }), ['Old']);
  });

  it('a date of death says that the person has died', () => {
    assert.deepEqual(read('deceased', { deceasedDateTime: '2019' }), ['true']);
    assert.deepEqual(read('deceased', { deceasedBoolean: false }), ['false']);
  });

  it('R07 reads that no allergy is known, and keeps the kinds apart', () => {
    const known = (code: string, system = snomed) =>
      read('allergy-negation', { code: { coding: [{ system, code }] } });
    assert.deepEqual(known('716186003'), ['none-known']);
    assert.deepEqual(known('409137002'), ['none-known-drug']);
    assert.deepEqual(known('716186003', 'urn:other'), []);
    assert.deepEqual(known('91936005'), []);
  });

  it('R07 reads who reports a medication', () => {
    const by = (reference: string) => ({ informationSource: { reference } });
    assert.deepEqual(read('medication-reported', by('Patient/p')), ['true']);
    assert.deepEqual(read('medication-reported', by('Practitioner/d')), ['false']);
    assert.deepEqual(read('medication-prescriber', by('Practitioner/d')), ['Practitioner/d']);
    assert.deepEqual(read('medication-prescriber', by('Patient/p')), []);
  });

  it('reads the drug of a contained Medication', () => {
    const resource = {
      contained: [{ resourceType: 'Medication', id: 'm', code: { text: 'Aspirin' } }],
      medicationReference: { reference: '#m' },
    };
    assert.deepEqual(read('medication-drug-text', resource), ['Aspirin']);
  });
});
