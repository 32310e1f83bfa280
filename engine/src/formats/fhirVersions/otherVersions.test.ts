import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { toJson, type JsonObject } from '../../base/json.ts';
import { toR4 } from './convert.ts';
import type { FhirVersion } from './versions.ts';

interface Told {
  resource: unknown;
  losses: unknown;
}

function told(resource: object, from: FhirVersion): Told {
  const { resource: converted, losses } = toR4(toJson(resource) as JsonObject, from);
  return { resource: JSON.parse(JSON.stringify(converted ?? null)), losses };
}

type Row = readonly [what: string, from: FhirVersion, resource: object, expected: object];

const patient = { reference: 'Patient/1' };
const doctor = { reference: 'Practitioner/1' };
const none: readonly object[] = [];

/** What stands elsewhere in R4, and that nothing of it was lost. */
const moved: readonly Row[] = [
  [
    'comments and members of an observation',
    'DSTU2',
    {
      resourceType: 'Observation',
      comments: 'c',
      related: [{ type: 'has-member', target: { reference: 'Observation/2' } }],
    },
    {
      resourceType: 'Observation',
      note: [{ text: 'c' }],
      hasMember: [{ reference: 'Observation/2' }],
    },
  ],
  [
    'who cares for a patient',
    'DSTU2',
    { resourceType: 'Patient', careProvider: [doctor], name: [{ family: ['A', 'B'] }] },
    { resourceType: 'Patient', generalPractitioner: [doctor], name: [{ family: 'A B' }] },
  ],
  [
    'an order of drugs',
    'DSTU2',
    {
      resourceType: 'MedicationOrder',
      status: 'active',
      patient,
      prescriber: doctor,
      dateWritten: '2020',
    },
    {
      resourceType: 'MedicationRequest',
      status: 'active',
      subject: patient,
      requester: doctor,
      authoredOn: '2020',
      intent: 'order',
    },
  ],
  [
    'the class of a visit',
    'DSTU2',
    { resourceType: 'Encounter', status: 'in-progress', class: 'inpatient', patient },
    {
      resourceType: 'Encounter',
      status: 'in-progress',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
      subject: patient,
    },
  ],
  [
    'the label of a device',
    'DSTU2',
    { resourceType: 'Device', status: 'available', udi: '(01)1', expiry: '2020', version: '2' },
    {
      resourceType: 'Device',
      status: 'active',
      udiCarrier: [{ carrierHRF: '(01)1' }],
      expirationDate: '2020',
      version: [{ value: '2' }],
    },
  ],
  [
    'what a goal says in words, and by when',
    'DSTU2',
    { resourceType: 'Goal', status: 'planned', description: 'walk', targetDate: '2020-01-01' },
    {
      resourceType: 'Goal',
      lifecycleStatus: 'planned',
      description: { text: 'walk' },
      target: [{ dueDate: '2020-01-01' }],
    },
  ],
  [
    'a visit with its period, admission and reasons',
    'R5',
    {
      resourceType: 'Encounter',
      class: [{ coding: [{ code: 'IMP' }] }],
      actualPeriod: { start: '2020' },
      admission: { origin: { reference: 'Location/1' } },
      reason: [{ value: [{ concept: { text: 'pain' } }] }],
    },
    {
      resourceType: 'Encounter',
      class: { code: 'IMP' },
      period: { start: '2020' },
      hospitalization: { origin: { reference: 'Location/1' } },
      reasonCode: [{ text: 'pain' }],
    },
  ],
  [
    'who wrote an allergy down, and its type',
    'R5',
    {
      resourceType: 'AllergyIntolerance',
      type: { coding: [{ code: 'allergy' }] },
      participant: [{ function: { coding: [{ code: 'enterer' }] }, actor: doctor }],
    },
    { resourceType: 'AllergyIntolerance', type: 'allergy', recorder: doctor },
  ],
  [
    'when a procedure was done',
    'R5',
    { resourceType: 'Procedure', occurrenceDateTime: '2020' },
    { resourceType: 'Procedure', performedDateTime: '2020' },
  ],
  [
    'notes of an appointment',
    'R5',
    { resourceType: 'Appointment', note: [{ text: 'a' }, { text: 'b' }] },
    { resourceType: 'Appointment', comment: 'a\nb' },
  ],
  ['what R4B says as R4 does', 'R4B', { resourceType: 'Patient' }, { resourceType: 'Patient' }],
];

describe('versions: nothing is lost of', () => {
  for (const [what, from, resource, expected] of moved) {
    test(`${from}: ${what}`, () => {
      const { resource: made, losses } = told(resource, from);
      assert.deepEqual(made, expected);
      assert.deepEqual(losses, none);
    });
  }
});

/** What R4 has no place for. */
const lost: readonly (readonly [from: FhirVersion, resource: object, paths: readonly string[]])[] =
  [
    [
      'R5',
      {
        resourceType: 'Observation',
        triggeredBy: [{ type: 'reflex' }],
        bodyStructure: { reference: 'BodyStructure/1' },
      },
      ['Observation.triggeredBy', 'Observation.bodyStructure'],
    ],
    [
      'R5',
      { resourceType: 'Appointment', note: [{ text: 'a', time: '2020' }], class: { text: 'x' } },
      ['Appointment.class', 'Appointment.note.time'],
    ],
    [
      'R5',
      { resourceType: 'DiagnosticReport', supportingInfo: [{ reference: doctor }] },
      ['DiagnosticReport.supportingInfo'],
    ],
    [
      'R5',
      { resourceType: 'Condition', participant: [{ actor: doctor }] },
      ['Condition.participant'],
    ],
    [
      'DSTU2',
      { resourceType: 'ReferralRequest', status: 'requested', dateSent: '2020' },
      // R4 has one status for what was requested and what was accepted.
      ['ReferralRequest.dateSent', 'ReferralRequest.status'],
    ],
    [
      'R5',
      {
        resourceType: 'AllergyIntolerance',
        participant: [{ function: { coding: [{ code: 'author' }] }, actor: doctor }],
      },
      ['AllergyIntolerance.participant.function'],
    ],
    [
      'STU3',
      {
        resourceType: 'Immunization',
        explanation: { id: 'e', reason: [{ text: 'travel' }], extension: [{ url: 'u:v' }] },
      },
      ['Immunization.explanation.id', 'Immunization.explanation.extension'],
    ],
    [
      'STU3',
      {
        resourceType: 'Claim',
        total: { value: 1, unit: 'dollars', system: 'urn:iso:std:iso:4217', code: 'USD' },
      },
      ['Claim.total.unit'],
    ],
    [
      'STU3',
      { resourceType: 'Encounter', reason: [{ text: 'x', wrong: 'y' }] },
      ['Encounter.reason.wrong'],
    ],
    ['R5', { resourceType: 'MedicationUsage' }, ['MedicationUsage']],
    ['R4B', { resourceType: 'Ingredient' }, ['Ingredient']],
  ];

describe('versions: what R4 has no place for is told by its path', () => {
  for (const [from, resource, paths] of lost) {
    test(`${from}: ${paths.join(', ')}`, () => {
      const { losses } = told(resource, from);
      const found = (losses as { path: string }[]).map(({ path }) => path);
      assert.deepEqual(found.toSorted(), paths.toSorted());
    });
  }
});
