import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import {
  allergy,
  concept,
  condition,
  decimal,
  instant,
  observation,
  patient,
  told,
  words,
  writingOf,
  type Told,
} from '../outward/testing.ts';
import { convertText } from './testDocument.ts';
import { writeDocument } from './writeChart.ts';

interface RoundTrip {
  document: string;
  resources: Told[];
  unread: string[];
  issues: string[];
}

/** A chart as a document, and what our own reader makes of that. */
function roundTrip(resources: readonly unknown[]): RoundTrip {
  const writing = writingOf(resources);
  const [document = ''] = writeDocument(writing);
  const read = convertText(document);
  assert.equal(read.refused, undefined);
  assert.deepEqual(read.issues, []);
  const { patient: first, own } = writing.chart;
  return {
    document,
    resources: read.resources.map(told),
    unread: [first, ...own].flatMap((each) => each.unread()),
    issues: writing.issues.map(({ code, path }) => `${code} ${path}`),
  };
}

function the({ resources }: RoundTrip, type: string, where = hasAny): Told {
  const [found, ...others] = resources.filter(
    (each) => each['resourceType'] === type && where(each),
  );
  assert.ok(found !== undefined && others.length === 0, `one ${type}`);
  return found;
}

const hasAny = (each: Told): boolean => Object.keys(each).length > 0;

function keeps(made: Told, sent: unknown, names: readonly string[]): void {
  const whole = told(sent);
  for (const name of names) assert.deepEqual(made[name], whole[name], name);
}

const subject = { reference: 'Patient/p' };
const hasValue = (each: Told): boolean => each['hasMember'] === undefined;

describe('FHIR to C-CDA and back', () => {
  test('a patient keeps name, number, sex, birth, address and telephone', () => {
    fc.assert(
      fc.property(patient, (own) => {
        const made = the(roundTrip([own]), 'Patient');
        keeps(made, own, ['identifier', 'name', 'gender', 'birthDate', 'address', 'telecom']);
      }),
    );
  });

  test('a result keeps code, status, value, unit and time', () => {
    const statuses = fc.constantFrom('final', 'cancelled', 'preliminary');
    fc.assert(
      fc.property(patient, observation, statuses, (own, result, status) => {
        const sent = { ...result, status };
        const made = the(roundTrip([own, sent]), 'Observation');
        const names = Object.keys(result).filter((each) => each.startsWith('value'));
        keeps(made, sent, ['code', 'status', 'effectiveDateTime', ...names]);
      }),
    );
  });

  test('an allergy keeps its code, whether it holds, and when it was recorded', () => {
    const more = fc.record({
      criticality: fc.constantFrom('low', 'high', 'unable-to-assess'),
      category: fc.constantFrom(['medication'], ['food']),
      type: fc.constantFrom('allergy', 'intolerance'),
      reaction: fc
        .tuple(concept, fc.constantFrom('mild', 'moderate', 'severe'))
        .map(([own, severity]) => [{ manifestation: [own], severity }]),
    });
    fc.assert(
      fc.property(patient, allergy, more, (own, each, rest) => {
        const sent = { ...each, ...rest };
        const made = the(roundTrip([own, sent]), 'AllergyIntolerance');
        keeps(made, sent, ['code', 'clinicalStatus', 'recordedDate', ...Object.keys(rest)]);
      }),
    );
  });

  test('a problem keeps code, state, onset and end', () => {
    const states = fc.constantFrom('active', 'inactive', 'resolved', 'recurrence', 'remission');
    fc.assert(
      fc.property(patient, condition, states, instant, (own, each, state, abatementDateTime) => {
        const system = 'http://terminology.hl7.org/CodeSystem/condition-clinical';
        const sent = {
          ...each,
          abatementDateTime,
          clinicalStatus: { coding: [{ system, code: state }] },
        };
        const made = the(roundTrip([own, sent]), 'Condition');
        keeps(made, sent, ['code', 'clinicalStatus', 'onsetDateTime']);
        const end = made['abatementDateTime'] ?? (made['abatementPeriod'] as Told)?.['end'];
        assert.equal(end, abatementDateTime);
      }),
    );
  });

  test('drugs, vaccines, procedures and visits keep code, status and times', () => {
    fc.assert(
      fc.property(patient, concept, instant, words, (own, code, time, text) => {
        const statement = {
          resourceType: 'MedicationStatement',
          id: 'm',
          status: 'stopped',
          subject,
          medicationCodeableConcept: code,
          effectivePeriod: { start: time },
          dosage: [
            {
              text,
              timing: { repeat: { frequency: 1, period: 8, periodUnit: 'h' } },
              doseAndRate: [
                {
                  doseQuantity: {
                    value: decimal('2.50'),
                    unit: 'mg',
                    system: 'http://unitsofmeasure.org',
                    code: 'mg',
                  },
                },
              ],
            },
          ],
        };
        const request = {
          resourceType: 'MedicationRequest',
          id: 'r',
          status: 'on-hold',
          intent: 'plan',
          subject,
          medicationCodeableConcept: code,
          authoredOn: time,
        };
        const vaccine = {
          resourceType: 'Immunization',
          id: 'i',
          status: 'not-done',
          patient: subject,
          vaccineCode: code,
          occurrenceDateTime: time,
          lotNumber: 'L1',
        };
        const procedure = {
          resourceType: 'Procedure',
          id: 'x',
          status: 'completed',
          subject,
          code,
          performedDateTime: time,
        };
        const system = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
        const visit = {
          resourceType: 'Encounter',
          id: 'e',
          status: 'finished',
          class: { system, code: 'AMB' },
          subject,
          period: { start: time, end: time.replace(/^\d{4}/, '2031') },
        };
        const trip = roundTrip([own, statement, request, vaccine, procedure, visit]);
        keeps(the(trip, 'MedicationStatement'), statement, [
          'status',
          'medicationCodeableConcept',
          'effectivePeriod',
          'dosage',
        ]);
        keeps(the(trip, 'MedicationRequest'), request, [
          'status',
          'intent',
          'medicationCodeableConcept',
          'authoredOn',
        ]);
        keeps(the(trip, 'Immunization'), vaccine, [
          'status',
          'vaccineCode',
          'occurrenceDateTime',
          'lotNumber',
        ]);
        keeps(the(trip, 'Procedure'), procedure, ['status', 'code', 'performedDateTime']);
        keeps(the(trip, 'Encounter'), visit, ['status', 'period', 'class']);
      }),
      { numRuns: 50 },
    );
  });

  test('a report keeps status, code, times and results; vital signs and habits their category', () => {
    const category = (code: string): object => ({
      category: [
        {
          coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code }],
        },
      ],
    });
    fc.assert(
      fc.property(patient, observation, instant, (own, observed, issued) => {
        const result = { ...observed, status: 'final' };
        const report = {
          resourceType: 'DiagnosticReport',
          id: 'r',
          status: 'partial',
          code: { coding: [{ system: 'http://loinc.org', code: '24323-8' }] },
          subject,
          issued,
          effectiveDateTime: issued,
          result: [{ reference: 'Observation/o' }],
        };
        const vital = { ...result, id: 'v', ...category('vital-signs') };
        const habit = { ...result, id: 'h', ...category('social-history') };
        const trip = roundTrip([own, result, report, vital, habit]);
        keeps(the(trip, 'DiagnosticReport'), report, [
          'status',
          'code',
          'issued',
          'effectiveDateTime',
        ]);
        const of =
          (code: string) =>
          (each: Told): boolean =>
            JSON.stringify(each['category']).includes(`"${code}"`) && hasValue(each);
        for (const code of ['laboratory', 'vital-signs', 'social-history']) {
          keeps(the(trip, 'Observation', of(code)), result, [
            'code',
            'effectiveDateTime',
            'status',
          ]);
        }
      }),
      { numRuns: 50 },
    );
  });
});

const person = { resourceType: 'Patient', id: 'p', name: [{ family: 'Doe' }] };

describe('what FHIR becomes in C-CDA', () => {
  test('a document has the sections that a CCD must have, empty ones with the reason', () => {
    const { document } = roundTrip([person]);
    const sections = [
      ...document.matchAll(
        /<section nullFlavor="NI"><templateId root="([\d.]+)" extension="([\d-]+)"/g,
      ),
    ];
    const root = '2.16.840.1.113883.10.20.22.2.';
    assert.deepEqual(
      sections.map(([, oid = '', extension]) => `${oid.replace(root, '')} ${extension ?? ''}`),
      [
        '6.1 2015-08-01',
        '1.1 2014-06-09',
        '5.1 2015-08-01',
        '3.1 2015-08-01',
        '4.1 2015-08-01',
        '17 2015-08-01',
      ],
    );
  });

  test('what is known not to be is negated; what was entered in error is not said', () => {
    const snomed = 'http://snomed.info/sct';
    const none = {
      resourceType: 'AllergyIntolerance',
      id: 'a',
      patient: subject,
      code: { coding: [{ system: snomed, code: '716186003', display: 'No known allergy' }] },
      clinicalStatus: { coding: [{ code: 'active' }] },
    };
    const wrong = {
      resourceType: 'Condition',
      id: 'c',
      subject,
      code: { text: 'SECRET' },
      verificationStatus: { coding: [{ code: 'entered-in-error' }] },
    };
    const trip = roundTrip([person, none, wrong]);
    assert.deepEqual(
      (the(trip, 'AllergyIntolerance')['code'] as { coding: object[] }).coding,
      none.code.coding,
    );
    assert.match(trip.document, /negationInd="true"/);
    assert.ok(!trip.document.includes('SECRET'));
    assert.deepEqual(trip.issues, ['entered-in-error Condition']);
  });

  test('a system that no OID stands for is told, and the words are kept', () => {
    const code = {
      coding: [{ system: 'https://local.example/codes', code: 'X', display: 'Cough' }],
    };
    const trip = roundTrip([person, { resourceType: 'Condition', id: 'c', subject, code }]);
    assert.deepEqual(the(trip, 'Condition')['code'], { text: 'Cough' });
    assert.deepEqual(trip.issues, ['system-without-oid Condition.code.coding.system']);
    assert.ok(trip.unread.includes('Condition.code.coding.system'));
    const id = { system: 'https://local.example/ids', value: 'A|1' };
    const back = the(roundTrip([{ ...person, identifier: [id] }]), 'Patient');
    assert.deepEqual(back['identifier'], [id]);
  });

  test('three times a day is every eight hours', () => {
    const dosage = [{ timing: { repeat: { frequency: 3, period: 1, periodUnit: 'd' } } }];
    const { document } = roundTrip([
      person,
      {
        resourceType: 'MedicationStatement',
        id: 'm',
        status: 'active',
        subject,
        medicationCodeableConcept: { text: 'x' },
        dosage,
      },
    ]);
    assert.match(document, /institutionSpecified="true"><period value="8" unit="h"\/>/);
  });

  test('components are observations of their own, and none is lost', () => {
    const loinc = 'http://loinc.org';
    const part = (code: string, value: number): object => ({
      code: { coding: [{ system: loinc, code }] },
      valueQuantity: { value, unit: 'mm[Hg]', system: 'http://unitsofmeasure.org', code: 'mm[Hg]' },
    });
    const pressure = {
      resourceType: 'Observation',
      id: 'o',
      status: 'final',
      subject,
      category: [{ coding: [{ code: 'vital-signs' }] }],
      code: { coding: [{ system: loinc, code: '85354-9' }] },
      effectiveDateTime: '2024-01-02',
      component: [part('8480-6', 120), part('8462-4', 80)],
    };
    const { resources, unread } = roundTrip([person, pressure]);
    const values = resources
      .filter((each) => each['valueQuantity'] !== undefined)
      .map((each) => (each['valueQuantity'] as Told)['value']);
    assert.deepEqual(values, ['120', '80']);
    assert.ok(unread.includes('Observation.code'));
    const habits = { ...pressure, category: [{ coding: [{ code: 'survey' }] }] };
    const [, ...asked] = roundTrip([person, habits]).resources.filter(
      (each) => each['resourceType'] === 'Observation',
    );
    assert.deepEqual(
      asked.map((each) => (each['valueQuantity'] as Told)['value']),
      ['120', '80'],
    );
  });

  test('whatever stands where an element should, nothing is thrown', () => {
    const names = [
      'status',
      'code',
      'valueQuantity',
      'identifier',
      'name',
      'subject',
      'period',
      'class',
      'component',
      'participant',
      'reaction',
      'extension',
      'result',
      'dosage',
      'category',
      'address',
    ];
    const types = [
      'Observation',
      'Encounter',
      'AllergyIntolerance',
      'Condition',
      'DiagnosticReport',
      'MedicationRequest',
      'Procedure',
      'Immunization',
      'RelatedPerson',
    ];
    const element = fc.dictionary(fc.constantFrom(...names), fc.jsonValue({ maxDepth: 4 }));
    fc.assert(
      fc.property(fc.constantFrom(...types), element, element, (resourceType, own, other) => {
        const writing = writingOf([
          { ...other, ...person },
          { ...own, resourceType, id: 'x' },
        ]);
        const [document = ''] = writeDocument(writing);
        assert.equal(convertText(document).refused, undefined);
      }),
      { numRuns: 300 },
    );
  });
});
