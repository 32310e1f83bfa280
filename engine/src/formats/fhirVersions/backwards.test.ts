import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { parseJson, toJson, type JsonObject } from '../../base/json.ts';
import { differingPaths } from './comparison.ts';
import { fromR4, toR4 } from './convert.ts';
import { someResource } from './testing.ts';
import type { FhirVersion } from './versions.ts';

const others: readonly FhirVersion[] = ['DSTU2', 'STU3', 'R4B', 'R5'];

const resources = someResource();

test('an address of who signed or acted in STU3 is a marked reference in R4, and an address again', () => {
  const given = toJson({
    resourceType: 'Provenance',
    target: [{ reference: 'Patient/1' }],
    agent: [{ whoUri: 'mailto:a@b.example', relatedAgentType: { text: 'proxy' } }],
    entity: [{ role: 'source', whatUri: 'http://x.example/a' }],
    signature: [{ whoUri: 'urn:a', onBehalfOfReference: { reference: 'Patient/1' } }],
  }) as JsonObject;
  const { resource, losses } = toR4(given, 'STU3');
  const url = 'http://hl7.org/fhir/3.0/StructureDefinition/BaseType';
  const marked = (reference: string): object => ({
    reference,
    extension: [{ url, valueString: 'uri' }],
  });
  assert.deepEqual(JSON.parse(JSON.stringify(resource)), {
    resourceType: 'Provenance',
    target: [{ reference: 'Patient/1' }],
    agent: [{ type: { text: 'proxy' }, who: marked('mailto:a@b.example') }],
    entity: [{ role: 'source', what: marked('http://x.example/a') }],
    signature: [{ who: marked('urn:a'), onBehalfOf: { reference: 'Patient/1' } }],
  });
  assert.deepEqual(losses, []);
  const back = fromR4(resource as JsonObject, 'STU3');
  assert.deepEqual(back.losses, []);
  assert.deepEqual(differingPaths(given, back.resource), []);
});

describe('versions: from R4 and back', () => {
  for (const version of others) {
    test(`${version}: what is not as it was is told by its path`, () => {
      fc.assert(
        fc.property(resources, (resource) => {
          const there = fromR4(resource, version);
          const told = there.losses.map(({ path }) => path);
          if (there.resource === undefined) {
            assert.ok(told.length > 0);
            return;
          }
          const back = toR4(there.resource, version);
          told.push(...back.losses.map(({ path }) => path));
          for (const path of differingPaths(resource, back.resource)) {
            assert.ok(
              told.some((each) => path === each || path.startsWith(`${each}.`)),
              path,
            );
          }
        }),
        { numRuns: 1500 },
      );
    });
  }

  test('numbers keep their digits', () => {
    const text = '{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.10}}';
    for (const version of others) {
      const { resource, losses } = fromR4(parseJson(text) as JsonObject, version);
      assert.equal(JSON.stringify(resource), text);
      assert.deepEqual(losses, []);
    }
  });
});

const patient = { reference: 'Patient/1' };
const doctor = { reference: 'Practitioner/1' };
const terminology = 'http://terminology.hl7.org/CodeSystem/';

function allergyState(kind: string, code: string): object {
  return { coding: [{ system: `${terminology}allergyintolerance-${kind}`, code }] };
}

const rows: readonly (readonly [
  version: FhirVersion,
  resource: object,
  expected: object,
  lost: readonly string[],
])[] = [
  [
    'STU3',
    {
      resourceType: 'ServiceRequest',
      status: 'revoked',
      intent: 'order',
      subject: patient,
      requester: { reference: 'Practitioner/1' },
      orderDetail: [{ text: 'left' }],
    },
    {
      resourceType: 'ProcedureRequest',
      status: 'cancelled',
      intent: 'order',
      subject: patient,
      requester: { agent: { reference: 'Practitioner/1' } },
    },
    ['ServiceRequest.orderDetail'],
  ],
  [
    'STU3',
    {
      resourceType: 'Condition',
      clinicalStatus: {
        coding: [
          { system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' },
        ],
        text: 'still there',
      },
      encounter: { reference: 'Encounter/1' },
    },
    {
      resourceType: 'Condition',
      clinicalStatus: 'active',
      context: { reference: 'Encounter/1' },
    },
    ['Condition.clinicalStatus.text'],
  ],
  [
    'STU3',
    { resourceType: 'Immunization', status: 'not-done', statusReason: { text: 'ill' } },
    {
      resourceType: 'Immunization',
      status: 'completed',
      notGiven: true,
      explanation: { reasonNotGiven: [{ text: 'ill' }] },
    },
    [],
  ],
  [
    'R5',
    {
      resourceType: 'Encounter',
      status: 'triaged',
      class: { code: 'EMER' },
      reasonCode: [{ text: 'pain' }],
      period: { start: '2024' },
    },
    {
      resourceType: 'Encounter',
      status: 'in-progress',
      class: [{ coding: [{ code: 'EMER' }] }],
      reason: [{ value: [{ concept: { text: 'pain' } }] }],
      actualPeriod: { start: '2024' },
    },
    ['Encounter.status'],
  ],
  [
    'R5',
    {
      resourceType: 'MedicationRequest',
      medicationReference: { reference: 'Medication/1' },
      reasonCode: [{ text: 'pain' }],
    },
    {
      resourceType: 'MedicationRequest',
      medication: { reference: { reference: 'Medication/1' } },
      reason: [{ concept: { text: 'pain' } }],
    },
    [],
  ],
  [
    'DSTU2',
    {
      resourceType: 'MedicationRequest',
      status: 'active',
      intent: 'order',
      subject: patient,
      reasonCode: [{ text: 'pain' }],
      reasonReference: [{ reference: 'Condition/1' }],
      dosageInstruction: [
        {
          text: 'one',
          site: { text: 'mouth' },
          timing: { repeat: { frequency: 1, period: 1, periodUnit: 'd' } },
          doseAndRate: [{ doseQuantity: { value: 1, unit: 'tablet' } }],
        },
      ],
    },
    {
      resourceType: 'MedicationOrder',
      status: 'active',
      patient,
      reasonCodeableConcept: { text: 'pain' },
      dosageInstruction: [
        {
          text: 'one',
          siteCodeableConcept: { text: 'mouth' },
          timing: { repeat: { frequency: 1, period: 1, periodUnits: 'd' } },
          doseQuantity: { value: 1, unit: 'tablet' },
        },
      ],
    },
    ['MedicationRequest.reasonReference'],
  ],
  [
    'DSTU2',
    {
      resourceType: 'AllergyIntolerance',
      clinicalStatus: allergyState('clinical', 'resolved'),
      verificationStatus: allergyState('verification', 'refuted'),
      code: { text: 'nuts' },
      criticality: 'high',
      patient,
      onsetDateTime: '2020',
    },
    {
      resourceType: 'AllergyIntolerance',
      status: 'refuted',
      substance: { text: 'nuts' },
      criticality: 'CRITH',
      patient,
      onset: '2020',
    },
    [
      'AllergyIntolerance.clinicalStatus.coding.system',
      'AllergyIntolerance.clinicalStatus.coding.code',
    ],
  ],
  [
    'DSTU2',
    {
      resourceType: 'Encounter',
      status: 'triaged',
      class: { system: `${terminology}v3-ActCode`, code: 'IMP' },
      subject: patient,
      diagnosis: [
        { condition: { reference: 'Condition/1' } },
        {
          condition: { reference: 'Condition/2' },
          use: { coding: [{ system: `${terminology}diagnosis-role`, code: 'AD' }] },
        },
      ],
    },
    {
      resourceType: 'Encounter',
      status: 'arrived',
      class: 'inpatient',
      patient,
      indication: [{ reference: 'Condition/1' }],
      hospitalization: { admittingDiagnosis: [{ reference: 'Condition/2' }] },
    },
    ['Encounter.status'],
  ],
  [
    'DSTU2',
    {
      resourceType: 'ServiceRequest',
      status: 'revoked',
      intent: 'order',
      subject: patient,
      requester: { reference: 'Practitioner/1' },
      basedOn: [{ reference: 'ServiceRequest/2' }],
    },
    {
      resourceType: 'ProcedureRequest',
      status: 'aborted',
      subject: patient,
      orderer: { reference: 'Practitioner/1' },
    },
    ['ServiceRequest.basedOn'],
  ],
  [
    'DSTU2',
    {
      resourceType: 'Immunization',
      status: 'not-done',
      statusReason: { text: 'ill' },
      vaccineCode: { text: 'mmr' },
      patient,
      primarySource: true,
      performer: [
        { function: { coding: [{ system: `${terminology}v2-0443`, code: 'OP' }] }, actor: doctor },
      ],
    },
    {
      resourceType: 'Immunization',
      status: 'completed',
      wasNotGiven: true,
      reported: false,
      explanation: { reasonNotGiven: [{ text: 'ill' }] },
      vaccineCode: { text: 'mmr' },
      patient,
      requester: doctor,
    },
    [],
  ],
  [
    'DSTU2',
    {
      resourceType: 'Observation',
      status: 'final',
      category: [{ text: 'a' }, { text: 'b' }],
      encounter: { reference: 'Encounter/1' },
      valueBoolean: true,
      hasMember: [{ reference: 'Observation/2' }],
    },
    {
      resourceType: 'Observation',
      status: 'final',
      category: { text: 'a' },
      encounter: { reference: 'Encounter/1' },
      related: [{ type: 'has-member', target: { reference: 'Observation/2' } }],
    },
    ['Observation.category', 'Observation.valueBoolean'],
  ],
  ['R4B', { resourceType: 'Patient', active: true }, { resourceType: 'Patient', active: true }, []],
];

describe('versions: R4 as', () => {
  for (const [version, resource, expected, lost] of rows) {
    test(`${version}: ${(resource as { resourceType: string }).resourceType}`, () => {
      const { resource: made, losses } = fromR4(toJson(resource) as JsonObject, version);
      assert.deepEqual(JSON.parse(JSON.stringify(made)), expected);
      assert.deepEqual(
        losses.map(({ path }) => path),
        lost,
      );
    });
  }

  test('R4B: a resource that it does not have is told', () => {
    const { resource, losses } = fromR4({ resourceType: 'MedicinalProduct' }, 'R4B');
    assert.equal(resource, undefined);
    assert.deepEqual(losses, [{ path: 'MedicinalProduct', code: 'resource-unknown' }]);
  });
});
