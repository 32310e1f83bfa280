import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { isJsonObject, parseJson, toJson, type Json, type JsonObject } from '../../base/json.ts';
import { readFhirBytes } from '../fhirText.ts';
import { toR4 } from './convert.ts';
import { distinctResource, modelled } from './testing.ts';
import { fhirVersions, modelOf, type FhirVersion } from './versions.ts';

function converted(resource: object, from: FhirVersion): unknown {
  return JSON.parse(JSON.stringify(toR4(toJson(resource) as JsonObject, from).resource));
}

test('versions: numbers keep their digits, and what R4 has no place for is told once', () => {
  const text =
    '{"resourceType":"Medication","isBrand":true,"package":{"content":[{"amount":{"value":1}},{"amount":{"value":2}}]},"ingredient":[{"amount":{"numerator":{"value":1.10}}}]}';
  const { resource, losses } = toR4(parseJson(text) as JsonObject, 'STU3');
  assert.ok(JSON.stringify(resource).includes('"strength":{"numerator":{"value":1.10}}'));
  assert.deepEqual(losses, [
    { path: 'Medication.isBrand', code: 'kept-as-extension' },
    { path: 'Medication.package.content', code: 'no-place' },
  ]);
});

test('versions: a status is never promoted', () => {
  const procedure = { resourceType: 'Procedure', status: 'completed', notDone: true };
  assert.equal((converted(procedure, 'STU3') as { status: string }).status, 'not-done');
  const refuted = { resourceType: 'AllergyIntolerance', status: 'refuted' };
  assert.deepEqual(converted(refuted, 'DSTU2'), {
    resourceType: 'AllergyIntolerance',
    verificationStatus: {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification',
          code: 'refuted',
        },
      ],
    },
  });
  const statement = { resourceType: 'MedicationStatement', status: 'active', wasNotTaken: true };
  assert.equal((converted(statement, 'DSTU2') as { status: string }).status, 'not-taken');
  const given = { resourceType: 'Immunization', status: 'completed', notGiven: false };
  assert.equal((converted(given, 'STU3') as { status: string }).status, 'completed');
});

test('versions: references follow resources that are called otherwise', () => {
  const appointment = {
    resourceType: 'Appointment',
    incomingReferral: [{ reference: 'https://a.example/fhir/ReferralRequest/1/_history/2' }],
  };
  assert.deepEqual((converted(appointment, 'STU3') as { basedOn: unknown }).basedOn, [
    { reference: 'https://a.example/fhir/ServiceRequest/1/_history/2' },
  ]);
});

test('versions: R5 says as one what R4 says as two', () => {
  const request = {
    resourceType: 'MedicationRequest',
    medication: { concept: { text: 'aspirin' } },
    reason: [{ concept: { text: 'pain' } }, { reference: { reference: 'Condition/1' } }],
  };
  assert.deepEqual(converted(request, 'R5'), {
    resourceType: 'MedicationRequest',
    medicationCodeableConcept: { text: 'aspirin' },
    reasonCode: [{ text: 'pain' }],
    reasonReference: [{ reference: 'Condition/1' }],
  });
});

test('versions: entries of bundles and contained resources are converted, unknown ones told', () => {
  const bundle = {
    resourceType: 'Bundle',
    entry: [
      { resource: { resourceType: 'MedicationOrder', status: 'active' } },
      { resource: { resourceType: 'Nonsense' } },
    ],
  };
  const { resource, losses } = toR4(toJson(bundle) as JsonObject, 'DSTU2');
  assert.ok(JSON.stringify(resource).includes('"MedicationRequest"'));
  assert.deepEqual(losses, [{ path: 'Nonsense', code: 'resource-unknown' }]);
});

test('versions: XML of any version has the shape of R4, digits and extensions of primitives kept', () => {
  const xml = `<Observation xmlns="http://hl7.org/fhir"><id value="o"/><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml">a &lt; <b class="x">b</b></div></text>
    <status value="final"/><code><coding><code value="1"/></coding></code><comment value="true"/>
    <issued value="2020-01-01T00:00:00Z"><extension url="http://x.example"><valueString value="y"/></extension></issued>
    <valueQuantity><value value="1.10"/></valueQuantity></Observation>`;
  const read = readFhirBytes(Buffer.from(xml), modelOf('STU3'));
  assert.ok('resource' in read);
  const { resource } = toR4(read.resource, 'STU3');
  assert.equal(
    JSON.stringify(resource),
    '{"resourceType":"Observation","id":"o","text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">a &lt; <b class=\\"x\\">b</b></div>"},"status":"final","code":{"coding":[{"code":"1"}]},"issued":"2020-01-01T00:00:00Z","_issued":{"extension":[{"url":"http://x.example","valueString":"y"}]},"valueQuantity":{"value":1.10},"note":[{"text":"true"}]}',
  );
});

test('versions: what is told holds names of elements and nothing else of a resource', () => {
  const paths = (resource: object): string[] =>
    toR4(toJson(resource) as JsonObject, 'STU3').losses.map(({ path }) => path);
  assert.deepEqual(paths({ resourceType: 'Patient', 'born 1950 in X': 'SECRET' }), ['Patient.?']);
  assert.deepEqual(paths({ resourceType: 'SECRET NAME' }), ['?']);
});

test('versions: whatever a resource holds, there is an answer', () => {
  const name = fc.constantFrom(
    'Observation',
    'Patient',
    'Encounter',
    'MedicationRequest',
    'Claim',
    'AllergyIntolerance',
    'Immunization',
  );
  const keys = fc.constantFrom(
    'status',
    'context',
    'related',
    'name',
    'requester',
    'author',
    'explanation',
    'package',
    'grouping',
    'reason',
    'medication',
    'identifier',
    'code',
    'extension',
    '_status',
  );
  fc.assert(
    fc.property(
      name,
      fc.constantFrom(...fhirVersions),
      fc.dictionary(keys, fc.jsonValue()),
      (resourceType, from, rest) => {
        const { resource } = toR4(toJson({ ...rest, resourceType }) as JsonObject, from);
        assert.equal(resource?.['resourceType'], resourceType);
      },
    ),
    { numRuns: 2000 },
  );
});

/** Values by their paths, but for truth values. */
function valuesOf(
  json: Json | undefined,
  path: string,
  found: [string, string][] = [],
): typeof found {
  if (Array.isArray(json)) for (const each of json) valuesOf(each, path, found);
  else if (isJsonObject(json)) {
    for (const [name, each] of Object.entries(json)) {
      if (name !== 'resourceType') valuesOf(each, `${path}.${name}`, found);
    }
  } else if (typeof json !== 'boolean' && json !== null && json !== undefined) {
    found.push([path, String(json)]);
  }
  return found;
}

describe('versions: every value of a resource stands in R4, or its place is told', () => {
  for (const version of modelled) {
    test(version, () => {
      fc.assert(
        fc.property(distinctResource(version), (given) => {
          const { resource, losses } = toR4(given, version);
          if (resource === undefined) return losses.length > 0;
          const there = valuesOf(resource, '').map(([, value]) => value);
          const all = there.join('\n');
          const plain = (text: string): string => text.replaceAll('._', '.');
          const told = losses.map(({ path }) => plain(path));
          for (const [path, value] of valuesOf(given, given['resourceType'] as string)) {
            if (all.includes(value)) continue;
            const isTold = told.some(
              (each) => plain(path) === each || plain(path).startsWith(`${each}.`),
            );
            assert.ok(isTold, `${path} of ${version}`);
          }
          return true;
        }),
        { numRuns: 1000 },
      );
    });
  }
});
