import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { baseDefinitions } from '../definitions/base.ts';
import { Definitions } from '../definitions/store.ts';
import { Validator } from '../validator.ts';

interface Element {
  [name: string]: unknown;
}

const home = 'http://hospital.example/StructureDefinition';

/** Profiles without snapshots; the first judges. */
function validatorOf(
  ...profiles: { type: string; base?: string; element: Element[]; url?: string }[]
): {
  errors: (resource: object) => string[];
} {
  const definitions = new Definitions(baseDefinitions());
  for (const [at, { type, base, element, url }] of profiles.entries()) {
    definitions.add({
      resourceType: 'StructureDefinition',
      url: url ?? `${home}/p${at}`,
      kind: type === 'Extension' ? 'complex-type' : 'resource',
      abstract: false,
      type,
      derivation: 'constraint',
      baseDefinition: base ?? `http://hl7.org/fhir/StructureDefinition/${type}`,
      differential: { element },
    });
  }
  const validator = new Validator(definitions);
  return {
    errors: (resource) =>
      validator
        .judge(resource, { profiles: [`${home}/p0`] })
        .filter(({ severity }) => severity === 'error')
        .map(({ code, path, about = '' }) =>
          `${code} ${path} ${about.split('/').at(-1) ?? ''}`.trim(),
        ),
  };
}

const observation = { resourceType: 'Observation', status: 'final', code: { text: 'x' } };
const patient = { resourceType: 'Patient' };

describe('a profile by its differential alone', () => {
  test('cardinality, types, fixed values, patterns and invariants', () => {
    const { errors } = validatorOf({
      type: 'Observation',
      element: [
        {
          id: 'Observation',
          path: 'Observation',
          constraint: [{ key: 'x-1', severity: 'error', expression: 'code.text.length() < 3' }],
        },
        { id: 'Observation.subject', path: 'Observation.subject', min: 1 },
        { id: 'Observation.category', path: 'Observation.category', max: '1' },
        { id: 'Observation.note', path: 'Observation.note', max: '0' },
        { id: 'Observation.value[x]', path: 'Observation.value[x]', type: [{ code: 'Quantity' }] },
        {
          id: 'Observation.value[x].system',
          path: 'Observation.value[x].system',
          min: 1,
          fixedUri: 'http://unitsofmeasure.org',
        },
        {
          id: 'Observation.method',
          path: 'Observation.method',
          patternCodeableConcept: { coding: [{ code: 'a' }] },
        },
      ],
    });
    const right = { ...observation, subject: { reference: 'Patient/p' } };
    assert.deepEqual(errors(right), []);
    assert.deepEqual(errors(observation), ['element-required Observation.subject p0']);
    assert.deepEqual(
      errors({ ...right, category: [{ text: 'a' }, { text: 'b' }], note: [{ text: 'x' }] }),
      ['element-too-many Observation.category p0', 'element-too-many Observation.note p0'],
    );
    assert.deepEqual(errors({ ...right, valueString: 'x' }), [
      'type-not-allowed Observation.value.ofType(string) p0',
    ]);
    assert.deepEqual(errors({ ...right, valueQuantity: { value: 1 } }), [
      'element-required Observation.value.ofType(Quantity).system p0',
    ]);
    assert.deepEqual(
      errors({ ...right, valueQuantity: { value: 1, system: 'urn:x:y', code: 'g' } }),
      ['value-fixed Observation.value.ofType(Quantity).system p0'],
    );
    assert.deepEqual(errors({ ...right, method: { coding: [{ code: 'b' }] } }), [
      'value-pattern Observation.method p0',
    ]);
    assert.deepEqual(errors({ ...right, code: { text: 'long' } }), ['x-1 Observation p0']);
  });

  test('a profile over a profile asks what both ask', () => {
    const { errors } = validatorOf(
      {
        type: 'Patient',
        base: `${home}/p1`,
        element: [{ id: 'Patient.gender', path: 'Patient.gender', min: 1 }],
      },
      { type: 'Patient', element: [{ id: 'Patient.name', path: 'Patient.name', min: 1 }] },
    );
    assert.deepEqual(errors(patient), [
      'element-required Patient.name p0',
      'element-required Patient.gender p0',
    ]);
  });

  test('a circle of bases ends, and is said', () => {
    const definitions = new Definitions(baseDefinitions());
    for (const [url, base] of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      definitions.add({
        resourceType: 'StructureDefinition',
        url: `${home}/${url}`,
        type: 'Patient',
        kind: 'resource',
        derivation: 'constraint',
        baseDefinition: `${home}/${base}`,
        differential: { element: [] },
      });
    }
    const issues = new Validator(definitions).judge(patient, { profiles: [`${home}/a`] });
    assert.ok(issues.some(({ code }) => code === 'profile-not-loaded'));
  });
});

describe('slicing', () => {
  const slicing = (type: string, path: string, rules = 'open', ordered = false): object => ({
    slicing: { discriminator: [{ type, path }], rules, ordered },
  });

  test('by value, with how often each slice is there', () => {
    const { errors } = validatorOf({
      type: 'Patient',
      element: [
        { id: 'Patient.identifier', path: 'Patient.identifier', ...slicing('value', 'system') },
        {
          id: 'Patient.identifier:mrn',
          path: 'Patient.identifier',
          sliceName: 'mrn',
          min: 1,
          max: '1',
        },
        {
          id: 'Patient.identifier:mrn.system',
          path: 'Patient.identifier.system',
          min: 1,
          fixedUri: 'urn:oid:1.2.3',
        },
        { id: 'Patient.identifier:mrn.value', path: 'Patient.identifier.value', min: 1 },
      ],
    });
    const mrn = { system: 'urn:oid:1.2.3', value: '1' };
    const other = { system: 'urn:oid:1.2.4' };
    assert.deepEqual(errors({ ...patient, identifier: [other, mrn] }), []);
    assert.deepEqual(errors({ ...patient, identifier: [other] }), [
      'slice-required Patient.identifier p0#identifier:mrn',
    ]);
    assert.deepEqual(errors({ ...patient, identifier: [mrn, mrn] }), [
      'slice-too-many Patient.identifier p0#identifier:mrn',
    ]);
    assert.deepEqual(errors({ ...patient, identifier: [{ system: 'urn:oid:1.2.3' }] }), [
      'element-required Patient.identifier[0].value p0',
    ]);
  });

  test('by pattern, closed and in order', () => {
    const slice = (name: string, code: string): Element[] => [
      { id: `Observation.component:${name}`, path: 'Observation.component', sliceName: name },
      {
        id: `Observation.component:${name}.code`,
        path: 'Observation.component.code',
        patternCodeableConcept: { coding: [{ code }] },
      },
    ];
    const { errors } = validatorOf({
      type: 'Observation',
      element: [
        {
          id: 'Observation.component',
          path: 'Observation.component',
          ...slicing('pattern', 'code', 'closed', true),
        },
        ...slice('a', 'a'),
        ...slice('b', 'b'),
      ],
    });
    const component = (...codes: string[]): object => ({
      ...observation,
      component: codes.map((code) => ({ code: { coding: [{ code }] } })),
    });
    assert.deepEqual(errors(component('a', 'a', 'b')), []);
    assert.deepEqual(errors(component('b', 'a')), ['slice-order Observation.component[1] p0']);
    assert.deepEqual(errors(component('c')), ['slice-closed Observation.component[0] p0']);
  });

  test('by the parts of a pattern further up, and open at the end', () => {
    const { errors } = validatorOf({
      type: 'Observation',
      element: [
        {
          id: 'Observation.category',
          path: 'Observation.category',
          ...slicing('value', 'coding.code', 'openAtEnd'),
        },
        {
          id: 'Observation.category:a',
          path: 'Observation.category',
          sliceName: 'a',
          patternCodeableConcept: { coding: [{ code: 'a' }] },
        },
      ],
    });
    const category = (...codes: string[]): object => ({
      ...observation,
      category: codes.map((code) => ({ coding: [{ code }] })),
    });
    assert.deepEqual(errors(category('a', 'z')), []);
    assert.deepEqual(errors(category('z', 'a')), ['slice-order Observation.category[1] p0']);
  });

  test('by type, of a choice', () => {
    const { errors } = validatorOf({
      type: 'Observation',
      element: [
        { id: 'Observation.value[x]', path: 'Observation.value[x]', ...slicing('type', '$this') },
        {
          id: 'Observation.value[x]:valueQuantity',
          path: 'Observation.value[x]',
          sliceName: 'valueQuantity',
          type: [{ code: 'Quantity' }],
        },
        {
          id: 'Observation.value[x]:valueQuantity.unit',
          path: 'Observation.value[x].unit',
          min: 1,
        },
      ],
    });
    assert.deepEqual(errors({ ...observation, valueString: 'x' }), []);
    assert.deepEqual(errors({ ...observation, valueQuantity: { value: 1 } }), [
      'element-required Observation.value.ofType(Quantity).unit p0',
    ]);
  });

  test('by what exists, by a profile, and by the type of a target', () => {
    const { errors } = validatorOf(
      {
        type: 'Bundle',
        element: [
          { id: 'Bundle.entry', path: 'Bundle.entry', ...slicing('profile', 'resource') },
          { id: 'Bundle.entry:named', path: 'Bundle.entry', sliceName: 'named', min: 1 },
          {
            id: 'Bundle.entry:named.resource',
            path: 'Bundle.entry.resource',
            type: [{ code: 'Patient', profile: [`${home}/p1`] }],
          },
        ],
      },
      { type: 'Patient', element: [{ id: 'Patient.name', path: 'Patient.name', min: 1 }] },
    );
    const bundle = (resource: object): object => ({
      resourceType: 'Bundle',
      type: 'collection',
      entry: [{ fullUrl: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0', resource }],
    });
    assert.deepEqual(errors(bundle({ ...patient, name: [{ family: 'x' }] })), []);
    assert.deepEqual(errors(bundle(patient)), ['slice-required Bundle.entry p0#entry:named']);
    const exists = validatorOf({
      type: 'Patient',
      element: [
        { id: 'Patient.telecom', path: 'Patient.telecom', ...slicing('exists', 'period') },
        { id: 'Patient.telecom:old', path: 'Patient.telecom', sliceName: 'old', max: '1' },
        { id: 'Patient.telecom:old.period', path: 'Patient.telecom.period', min: 1 },
      ],
    });
    const old = { value: 'x', system: 'phone', period: { end: '2020' } };
    assert.deepEqual(
      exists.errors({ ...patient, telecom: [old, { value: 'y', system: 'phone' }] }),
      [],
    );
    assert.deepEqual(exists.errors({ ...patient, telecom: [old, old] }), [
      'slice-too-many Patient.telecom p0#telecom:old',
    ]);
  });

  test('slices of a slice', () => {
    const slice = (name: string, more: object): Element => ({
      id: `Patient.identifier:${name}`,
      path: 'Patient.identifier',
      sliceName: name,
      ...more,
    });
    const { errors } = validatorOf({
      type: 'Patient',
      element: [
        { id: 'Patient.identifier', path: 'Patient.identifier', ...slicing('value', 'system') },
        slice('own', {
          slicing: { discriminator: [{ type: 'value', path: 'use' }], rules: 'open' },
        }),
        {
          id: 'Patient.identifier:own.system',
          path: 'Patient.identifier.system',
          fixedUri: 'urn:oid:1.2.3',
          min: 1,
        },
        slice('own/usual', { min: 1 }),
        {
          id: 'Patient.identifier:own/usual.use',
          path: 'Patient.identifier.use',
          fixedCode: 'usual',
          min: 1,
        },
      ],
    });
    const own = { system: 'urn:oid:1.2.3', use: 'usual' };
    assert.deepEqual(errors({ ...patient, identifier: [own] }), []);
    assert.deepEqual(errors({ ...patient, identifier: [{ ...own, use: 'old' }] }), [
      'slice-required Patient.identifier usual',
    ]);
  });
});

describe('references', () => {
  test('a target that is at hand conforms to the profile asked for', () => {
    const { errors } = validatorOf(
      {
        type: 'Observation',
        element: [
          {
            id: 'Observation.subject',
            path: 'Observation.subject',
            type: [{ code: 'Reference', targetProfile: [`${home}/p1`] }],
          },
        ],
      },
      { type: 'Patient', element: [{ id: 'Patient.name', path: 'Patient.name', min: 1 }] },
    );
    const of = (contained: object): object => ({
      ...observation,
      contained: [{ ...contained, id: 'p' }],
      subject: { reference: '#p' },
    });
    assert.deepEqual(errors(of({ ...patient, name: [{ family: 'x' }] })), []);
    assert.deepEqual(errors(of(patient)), ['reference-target-profile Observation.subject p1']);
    assert.deepEqual(errors({ ...observation, subject: { reference: 'Group/g' } }), [
      'reference-target Observation.subject.reference p0',
    ]);
  });
});
