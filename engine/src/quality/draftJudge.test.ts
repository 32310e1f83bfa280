import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseJson } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import { checkDraft, draftJudge } from './draftJudge.ts';
import { baseDefinitions } from './validator/definitions/base.ts';

function check(resource: unknown): string[] {
  const parsed = parseJson(typeof resource === 'string' ? resource : JSON.stringify(resource));
  return checkDraft(parsed as JsonObject).map(({ code, path }) => `${code} ${path}`);
}

const clinical = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical';
const verification = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification';

const allergy = {
  resourceType: 'AllergyIntolerance',
  id: 'a',
  clinicalStatus: { coding: [{ system: clinical, code: 'active' }] },
  verificationStatus: { coding: [{ system: verification, code: 'confirmed' }] },
  patient: { reference: 'Patient/p' },
};

const statement = {
  resourceType: 'MedicationStatement',
  status: 'active',
  medicationCodeableConcept: { text: 'x' },
  subject: { reference: 'Patient/p' },
};

describe('a draft that keeps the rules', () => {
  test('has no issues', () => {
    assert.deepEqual(check(allergy), []);
    assert.deepEqual(check(statement), []);
    assert.deepEqual(
      check(
        '{"resourceType":"Patient","name":[{"given":["a",null],"_given":[null,{"extension":[{"url":"u:v","valueCode":"c"}]}]}],"birthDate":"1974-12","multipleBirthInteger":2}',
      ),
      [],
    );
  });
});

describe('structure', () => {
  test('unknown elements, lists and empty elements are told by path', () => {
    const wrong = {
      resourceType: 'Patient',
      nmae: 'x',
      name: { family: 'x' },
      gender: ['male'],
      telecom: [],
      maritalStatus: {},
    };
    assert.deepEqual(check(wrong), [
      'element-unknown Patient.nmae',
      'list-expected Patient.name',
      'list-unexpected Patient.gender',
      'element-empty Patient.telecom',
      'element-empty Patient.maritalStatus',
    ]);
  });

  test('a resource that R4 does not have is refused, contained ones too', () => {
    assert.deepEqual(check({ resourceType: 'Pateint' }), ['resource-unknown ']);
    assert.deepEqual(check({ ...statement, contained: [{ resourceType: 'Drug', id: 'd' }] }), [
      'resource-unknown MedicationStatement.contained',
      'dom-3 MedicationStatement',
    ]);
  });

  test('required elements and single choices', () => {
    assert.deepEqual(check({ resourceType: 'MedicationStatement', status: 'active' }), [
      'element-required MedicationStatement.medication',
      'element-required MedicationStatement.subject',
    ]);
    const both = { ...statement, effectiveDateTime: '2024', effectivePeriod: { start: '2024' } };
    assert.deepEqual(check(both), ['choice-repeated MedicationStatement.effective']);
  });
});

describe('values', () => {
  test('have the form of their type', () => {
    const patient = {
      resourceType: 'Patient',
      active: 'true',
      birthDate: '2023-02-29',
      gender: 'M',
    };
    assert.deepEqual(check(patient), [
      'value-format Patient.active',
      'value-format Patient.birthDate',
      'code-unknown Patient.gender',
    ]);
  });

  test('a decimal of 0.50 is right, 00.5 is not JSON and text is no number', () => {
    const dose = (value: string): string =>
      `{"dosage":[{"doseAndRate":[{"doseQuantity":{"value":${value}}}]}],"medicationCodeableConcept":{"text":"x"},"resourceType":"MedicationStatement","status":"active","subject":{"reference":"Patient/p"}}`;
    assert.deepEqual(check(dose('0.50')), []);
    assert.deepEqual(check(dose('"0.50"')), [
      'value-format MedicationStatement.dosage.doseAndRate.dose.ofType(Quantity).value',
    ]);
  });

  test('a required binding asks for its own system', () => {
    const verified = { coding: [{ system: clinical, code: 'confirmed' }] };
    assert.deepEqual(check({ ...allergy, verificationStatus: verified }), [
      'code-unknown AllergyIntolerance.verificationStatus.coding.code',
      'code-unknown AllergyIntolerance.verificationStatus',
    ]);
  });
});

describe('R07 invariants that keep meaning', () => {
  test('an allergy without clinical status is only right when entered in error', () => {
    const { clinicalStatus, ...silent } = allergy;
    const error = { coding: [{ system: verification, code: 'entered-in-error' }] };
    assert.deepEqual(check(silent), ['ait-1 AllergyIntolerance']);
    assert.deepEqual(check({ ...silent, verificationStatus: error }), []);
    assert.deepEqual(check({ ...silent, clinicalStatus, verificationStatus: error }), [
      'ait-2 AllergyIntolerance',
    ]);
  });

  test('a period does not end before it starts, whatever the offsets and precision', () => {
    const encounter = (start: string, end: string): string[] =>
      check({
        resourceType: 'Encounter',
        status: 'finished',
        class: { code: 'AMB' },
        period: { start, end },
      });
    assert.deepEqual(encounter('2024-05-02', '2024-05'), []);
    assert.deepEqual(encounter('2024-05-02T10:00:00+02:00', '2024-05-02T09:00:00Z'), []);
    assert.deepEqual(encounter('2024-05-02', '2024-05-01'), ['per-1 Encounter.period']);
  });
});

describe('what is not loaded', () => {
  test('is told also where its name is none that may be told', () => {
    const judge = draftJudge(baseDefinitions(), []);
    const claims = (profile: string): readonly string[] =>
      judge({ resourceType: 'Patient', meta: { profile: [profile] } }).notLoaded;
    assert.deepEqual(claims('http://a.example/p'), ['profile-not-loaded http://a.example/p']);
    assert.deepEqual(claims('http://a.example/Jane Doe'), ['profile-not-loaded (withheld)']);
  });
});
