import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseJson } from '../../base/json.ts';
import { baseDefinitions } from './definitions/base.ts';
import { Validator } from './validator.ts';

const validator = new Validator(baseDefinitions());

/** `code place` of each error of a resource. */
function errors(resource: unknown): string[] {
  const parsed = parseJson(typeof resource === 'string' ? resource : JSON.stringify(resource));
  return validator
    .judge(parsed)
    .filter(({ severity }) => severity === 'error')
    .map(({ code, path }) => `${code} ${path}`);
}

const observation = {
  resourceType: 'Observation',
  status: 'final',
  code: { text: 'weight of a parcel' },
};
const patient = { resourceType: 'Patient' };
const unit = { value: 1, system: 'http://unitsofmeasure.org' };

type Row = readonly [what: string, resource: unknown, expected: readonly string[]];

function judged(rows: readonly Row[]): void {
  for (const [what, resource, expected] of rows) {
    test(what, () => assert.deepEqual(errors(resource), expected));
  }
}

describe('structure', () => {
  judged([
    ['a resource of its type', patient, []],
    ['no resource', [], ['resource-unknown ']],
    ['a type that R4 does not have', { resourceType: 'Pateint' }, ['resource-unknown ']],
    ['an abstract type', { resourceType: 'DomainResource' }, ['resource-unknown ']],
    ['an unknown element', { ...patient, nmae: 'x' }, ['element-unknown Patient.nmae']],
    [
      'a key that is no name is not repeated',
      { ...patient, '12/3 x': 1 },
      ['element-unknown Patient.?'],
    ],
    ['a list where one is', { ...patient, gender: ['male'] }, ['list-unexpected Patient.gender']],
    ['one where a list is', { ...patient, name: { family: 'x' } }, ['list-expected Patient.name']],
    ['an empty list', { ...patient, name: [] }, ['element-empty Patient.name']],
    ['an empty object', { ...patient, maritalStatus: {} }, ['element-empty Patient.maritalStatus']],
    [
      'text for an object',
      { ...patient, maritalStatus: 'M' },
      ['object-expected Patient.maritalStatus'],
    ],
    ['null', { ...patient, gender: null }, ['null-unexpected Patient.gender']],
    [
      'null in a list of objects',
      { ...patient, name: [null] },
      ['null-unexpected Patient.name[0]'],
    ],
    [
      'a required element',
      { resourceType: 'Observation', status: 'final' },
      ['element-required Observation.code'],
    ],
    [
      'two of one choice',
      { ...observation, valueString: 'x', valueBoolean: true },
      ['choice-repeated Observation.value'],
    ],
    [
      'null keeps the place of a value that has only extensions',
      '{"resourceType":"Patient","name":[{"given":["a",null],"_given":[null,{"id":"x","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/data-absent-reason","valueCode":"unknown"}]}]}]}',
      [],
    ],
    [
      'a key beside a primitive that says nothing',
      { ...patient, _gender: { id: 'a' } },
      ['ele-1 Patient.gender'],
    ],
    [
      'a value beside a primitive',
      { ...patient, _gender: { value: 1 } },
      ['element-unknown Patient.gender.extension'],
    ],
    [
      'an id that two elements have',
      {
        ...patient,
        name: [
          { id: 'a', family: 'x' },
          { id: 'a', family: 'y' },
        ],
      },
      ['id-repeated Patient.name[1].id'],
    ],
  ]);
});

describe('primitives', () => {
  const rows: readonly (readonly [unknown, string, unknown])[] = [
    [{ ...patient, birthDate: '2023-02-29' }, 'value-format', 'Patient.birthDate'],
    [{ ...patient, birthDate: '2023' }, '', ''],
    [
      { ...patient, deceasedDateTime: '2023-01-01T10:00:00' },
      'value-format',
      'Patient.deceased.ofType(dateTime)',
    ],
    [{ ...patient, active: 'true' }, 'value-format', 'Patient.active'],
    [{ ...patient, id: 'under_score' }, 'value-format', 'Patient.id'],
    [
      { ...patient, multipleBirthInteger: 2_147_483_648 },
      'value-range',
      'Patient.multipleBirth.ofType(integer)',
    ],
    [
      { ...patient, multipleBirthInteger: 1.5 },
      'value-format',
      'Patient.multipleBirth.ofType(integer)',
    ],
    [{ ...patient, implicitRules: 'http://a b' }, 'value-format', 'Patient.implicitRules'],
    [{ ...patient, implicitRules: 'urn:oid:1.02.3' }, 'uri-oid', 'Patient.implicitRules'],
    [{ ...patient, implicitRules: 'urn:uuid:ABC' }, 'uri-uuid', 'Patient.implicitRules'],
    [
      { ...patient, meta: { profile: ['StructureDefinition/x'] } },
      'canonical-relative',
      'Patient.meta.profile[0]',
    ],
    [{ ...patient, language: '!' }, 'code-unknown', 'Patient.language'],
    [
      { ...patient, photo: [{ contentType: 'image' }] },
      'code-unknown',
      'Patient.photo[0].contentType',
    ],
    [
      { ...patient, photo: [{ contentType: 'image/png', data: 'a' }] },
      'value-format',
      'Patient.photo[0].data',
    ],
    [
      { ...patient, photo: [{ contentType: 'image/png', data: 'YWI=', size: 3 }] },
      'attachment-size',
      'Patient.photo[0].size',
    ],
  ];
  for (const [resource, code, place] of rows) {
    test(`${JSON.stringify(resource).slice(26, 90)}: ${code}`, () => {
      assert.deepEqual(errors(resource), code === '' ? [] : [`${code} ${String(place)}`]);
    });
  }

  test('a decimal keeps its digits and may have an exponent', () => {
    const of = (value: string): string =>
      `{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":${value}}}`;
    assert.deepEqual(errors(of('0.50')), []);
    assert.deepEqual(errors(of('1e2')), []);
    assert.deepEqual(errors(of('"1"')), ['value-format Observation.value.ofType(Quantity).value']);
  });
});

describe('codes', () => {
  const clinical = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical';
  const allergy = { resourceType: 'AllergyIntolerance', patient: { reference: 'Patient/p' } };
  const coded = (system: string, code: string): unknown => ({
    ...observation,
    code: { coding: [{ system, code }] },
  });
  judged([
    ['outside of a required binding', { ...patient, gender: 'M' }, ['code-unknown Patient.gender']],
    [
      'a required binding asks for its own system',
      { ...allergy, clinicalStatus: { coding: [{ system: 'urn:x:y', code: 'active' }] } },
      ['code-unknown AllergyIntolerance.clinicalStatus'],
    ],
    [
      'a code is one of its system, whatever the binding',
      { ...allergy, clinicalStatus: { coding: [{ system: clinical, code: 'activ' }] } },
      [
        'code-unknown AllergyIntolerance.clinicalStatus.coding[0].code',
        'code-unknown AllergyIntolerance.clinicalStatus',
      ],
    ],
    ['a LOINC code with its check digit', coded('http://loinc.org', '72166-2'), []],
    [
      'a LOINC code mistyped',
      coded('http://loinc.org', '72166-3'),
      ['code-unknown Observation.code.coding[0].code'],
    ],
    ['a SNOMED CT id with its check digit', coded('http://snomed.info/sct', '73211009'), []],
    [
      'a SNOMED CT id mistyped',
      coded('http://snomed.info/sct', '73211008'),
      ['code-unknown Observation.code.coding[0].code'],
    ],
    [
      'a system without a scheme',
      coded('loinc', 'x'),
      ['system-relative Observation.code.coding[0].system'],
    ],
    [
      'a unit of UCUM',
      { ...observation, valueQuantity: { ...unit, code: 'mL/min/{1.73_m2}' } },
      [],
    ],
    [
      'no unit of UCUM',
      { ...observation, valueQuantity: { ...unit, code: 'Lbs' } },
      ['code-unknown Observation.value.ofType(Quantity).code'],
    ],
  ]);

  test('a code that R4 has not in a table of HL7 v2 is a warning: the tables grow', () => {
    const system = 'http://terminology.hl7.org/CodeSystem/v2-0203';
    const found = validator.judge(coded(system, 'NEWER'));
    assert.ok(
      found.some(({ code, severity }) => code === 'code-unknown' && severity === 'warning'),
    );
    assert.deepEqual(errors(coded(system, 'NEWER')), []);
  });

  test('an observation of a vital sign is judged as one; a draft of it only if it says so', () => {
    const pulse = {
      ...(coded('http://loinc.org', '8867-4') as object),
      valueQuantity: { value: 60 },
    };
    const count = (draft: boolean): number =>
      validator.judge(pulse, { draft }).filter(({ severity }) => severity === 'error').length;
    assert.ok(count(false) > 0);
    assert.equal(count(true), 0);
  });

  test('a code system that is not loaded is said, and one that nobody knows too', () => {
    const said = (system: string): string[] =>
      validator.judge(coded(system, '207')).map(({ code, about = '' }) => `${code} ${about}`);
    assert.deepEqual(said('http://hl7.org/fhir/sid/cvx').slice(0, 1), [
      'code-system-not-loaded http://hl7.org/fhir/sid/cvx',
    ]);
    assert.deepEqual(said('http://hospital.example/local').slice(0, 1), [
      'code-system-unknown http://hospital.example/local',
    ]);
  });
});

describe('invariants', () => {
  const name = [{ family: 'x' }];
  judged([
    [
      'a contact of a patient says who',
      { ...patient, contact: [{ gender: 'male' }] },
      ['pat-1 Patient.contact[0]'],
    ],
    ['and is content with a name', { ...patient, contact: [{ name: { family: 'x' } }] }, []],
    [
      'value and absence',
      { ...observation, valueString: 'x', dataAbsentReason: { text: 'y' } },
      ['obs-6 Observation'],
    ],
    [
      'a unit code needs its system',
      { ...observation, valueQuantity: { value: 1, code: 'g' } },
      ['qty-3 Observation.value.ofType(Quantity)'],
    ],
    [
      'a period',
      { ...patient, name: [{ period: { start: '2020', end: '2019' } }] },
      ['per-1 Patient.name[0].period'],
    ],
    [
      'nothing of that id is contained',
      { ...patient, managingOrganization: { reference: '#o' } },
      ['ref-1 Patient.managingOrganization'],
    ],
    [
      'contained and not referred to',
      { ...patient, name, contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }] },
      ['dom-3 Patient'],
    ],
    [
      'contained and referred to',
      {
        ...patient,
        contained: [{ resourceType: 'Organization', id: 'o', name: 'x' }],
        managingOrganization: { reference: '#o' },
      },
      [],
    ],
  ]);
});

describe('references, extensions and narrative', () => {
  const extension = (url: string, more: object): unknown => ({
    ...patient,
    extension: [{ url, ...more }],
  });
  const core = 'http://hl7.org/fhir/StructureDefinition';
  const text = (div: string): unknown => ({ ...patient, text: { status: 'generated', div } });
  const xhtml = 'xmlns="http://www.w3.org/1999/xhtml"';
  judged([
    [
      'a target of another type',
      { ...patient, managingOrganization: { reference: 'Patient/x' } },
      ['reference-target Patient.managingOrganization.reference'],
    ],
    [
      'a target at an absolute url',
      { ...patient, managingOrganization: { reference: 'https://a.example/fhir/Organization/x' } },
      [],
    ],
    [
      'neither url nor type and id',
      { ...patient, managingOrganization: { reference: 'x' } },
      ['reference-format Patient.managingOrganization.reference'],
    ],
    [
      'an extension where it belongs',
      extension(`${core}/patient-birthPlace`, { valueAddress: { city: 'x' } }),
      [],
    ],
    [
      'an extension with another type of value',
      extension(`${core}/patient-birthPlace`, { valueString: 'x' }),
      ['type-not-allowed Patient.extension[0].value.ofType(string)'],
    ],
    [
      'an extension where it does not belong',
      {
        ...observation,
        extension: [{ url: `${core}/patient-birthPlace`, valueAddress: { city: 'x' } }],
      },
      ['extension-context Observation.extension[0]'],
    ],
    [
      'an extension without an absolute url',
      extension('race', { valueString: 'x' }),
      ['extension-url Patient.extension[0].url'],
    ],
    [
      'an extension that holds nothing',
      extension(`${core}/data-absent-reason`, {}),
      ['element-required Patient.extension[0].value', 'ext-1 Patient.extension[0]'],
    ],
    ['a narrative', text(`<div ${xhtml}><p>x &amp; y</p></div>`), []],
    [
      'a narrative with a script',
      text(`<div ${xhtml}><script>x</script></div>`),
      ['txt-1 Patient.text.div'],
    ],
    [
      'a narrative with a handler',
      text(`<div ${xhtml}><p onclick="x">y</p></div>`),
      ['txt-1 Patient.text.div'],
    ],
    [
      'a narrative that says nothing',
      text(`<div ${xhtml}> <br/> </div>`),
      ['txt-2 Patient.text.div'],
    ],
    [
      'a narrative that is cut off',
      text(`<div ${xhtml}><p>x</div>`),
      ['narrative-not-xhtml Patient.text.div'],
    ],
    [
      'a narrative of no namespace',
      text('<div><p>x</p></div>'),
      ['narrative-namespace Patient.text.div'],
    ],
  ]);
});

describe('bundles', () => {
  const entry = (fullUrl: string | undefined, resource: object): object => ({ fullUrl, resource });
  const bundle = (type: string, ...entries: object[]): unknown => ({
    resourceType: 'Bundle',
    type,
    entry: entries,
  });
  const p = { ...patient, id: 'p' };
  judged([
    [
      'entries with their identity',
      bundle('collection', entry('http://a.example/Patient/p', p)),
      [],
    ],
    [
      'without',
      bundle('collection', entry(undefined, p)),
      ['bundle-full-url Bundle.entry[0].fullUrl'],
    ],
    [
      'a relative one',
      bundle('collection', entry('Patient/p', p)),
      ['bundle-full-url-relative Bundle.entry[0].fullUrl'],
    ],
    [
      'another one',
      bundle('collection', entry('http://a.example/Patient/q', p)),
      ['bundle-full-url-id Bundle.entry[0].fullUrl'],
    ],
    [
      'a reference to an entry of another type',
      bundle(
        'collection',
        entry('urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0', {
          ...patient,
          managingOrganization: { reference: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e1' },
        }),
        entry('urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e1', patient),
      ),
      ['reference-target Bundle.entry[0].resource.managingOrganization.reference'],
    ],
    [
      'a transaction names nothing yet',
      bundle('transaction', { resource: patient, request: { method: 'POST', url: 'Patient' } }),
      [],
    ],
  ]);
});
