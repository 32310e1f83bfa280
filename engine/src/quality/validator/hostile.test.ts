import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { readFhirText } from '../../formats/fhirText.ts';
import { baseDefinitions } from './definitions/base.ts';
import { Definitions } from './definitions/store.ts';
import { Validator } from './validator.ts';

const validator = new Validator(baseDefinitions());

/** Whatever stands where an element should. */
const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(null, [], {}, [null], [[]], '', ' ', '#', '\u0000', '__proto__', 1e308, -0),
);

const names = fc.constantFrom(
  'resourceType',
  'id',
  'meta',
  'extension',
  'contained',
  'text',
  'name',
  'identifier',
  'entry',
  'resource',
  'status',
  'code',
  'value',
  'valueQuantity',
  'valueReference',
  'subject',
  'item',
  'component',
  'url',
  '_status',
  '_name',
  'coding',
  'system',
  'reference',
  'period',
  'start',
  'end',
  'toString',
  '__proto__',
  'constructor',
  'hasOwnProperty',
  'fullUrl',
  'profile',
  'modifierExtension',
  'link',
  'type',
  'div',
);
const types = fc.constantFrom(
  'Patient',
  'Observation',
  'Bundle',
  'Questionnaire',
  'QuestionnaireResponse',
  'ValueSet',
  'CodeSystem',
  'ConceptMap',
  'StructureDefinition',
  'SearchParameter',
  'CapabilityStatement',
  'Parameters',
  'Basic',
  'Nothing',
);

const { resource } = fc.letrec<{ resource: unknown; value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anything,
    fc.dictionary(names, tie('value'), { maxKeys: 4 }),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('resource'),
  ),
  resource: fc
    .tuple(types, fc.dictionary(names, tie('value'), { maxKeys: 6 }))
    .map(([resourceType, more]) => ({ ...more, resourceType })),
}));

test('R13 any JSON is judged, and no value of it stands in an issue', () => {
  fc.assert(
    fc.property(resource, (value) => {
      for (const { code, path } of validator.judge(value)) {
        assert.match(code, /^[\w.-]+$/);
        assert.match(path, /^[\w.?()[\] -]*$/);
      }
    }),
    { numRuns: 400 },
  );
});

test('R13 what is nested too deep is refused, and takes no stack', () => {
  const nest = (depth: number): object => {
    let item: object = { linkId: 'x', type: 'group' };
    for (let at = 0; at < depth; at++) item = { linkId: `${at}`, type: 'group', item: [item] };
    return { resourceType: 'Questionnaire', status: 'draft', item: [item] };
  };
  assert.ok(validator.judge(nest(5000)).some(({ code }) => code === 'nested-too-deep'));
  const text = `${'{"extension":['.repeat(50_000)}${']}'.repeat(50_000)}`;
  const read = readFhirText(text);
  assert.equal('code' in read && read.code, 'json-unreadable');
});

test('R13 resources inside resources, and references in a circle, come to an end', () => {
  let contained: object = { resourceType: 'Basic', id: 'x', code: { text: 'x' } };
  for (let at = 0; at < 1000; at++)
    contained = { resourceType: 'Basic', id: 'x', code: { text: 'x' }, contained: [contained] };
  assert.ok(validator.judge(contained).some(({ code }) => code === 'nested-too-deep'));
  const observation = (id: string, other: string): object => ({
    resource: {
      resourceType: 'Observation',
      id,
      meta: { profile: ['http://hl7.org/fhir/StructureDefinition/vitalsigns'] },
      status: 'final',
      code: { text: 'x' },
      hasMember: [{ reference: `Observation/${other}` }],
    },
  });
  const bundle = {
    resourceType: 'Bundle',
    type: 'batch',
    entry: [observation('a', 'b'), observation('b', 'a')],
  };
  assert.ok(validator.judge(bundle).length > 0);
});

test('R13 huge texts are judged in linear time', () => {
  const started = performance.now();
  for (const character of ['a', ' ', '1', '<', '&', '#', '/', '\n', '-']) {
    const text = character.repeat(1_200_000);
    const issues = validator.judge({
      resourceType: 'Patient',
      id: text,
      implicitRules: text,
      language: text,
      text: { status: 'generated', div: text },
      birthDate: text,
      photo: [{ contentType: text, data: text }],
      name: [{ family: text }],
      extension: [{ url: text, valueInstant: text }],
      managingOrganization: { reference: text },
    });
    assert.ok(issues.length > 0);
  }
  assert.ok(performance.now() - started < 60_000);
});

const home = 'http://hospital.example/StructureDefinition';
const profile = fc.nat({ max: 5 }).map((at) => `${home}/p${at}`);

const typeCodes = new Map([
  ['contained', 'Observation'],
  ['subject', 'Reference'],
  ['component', 'BackboneElement'],
]);

/** An element of a profile that leads to another one of the same few, in one way or another. */
const leading = fc
  .tuple(
    fc.constantFrom(
      'contained',
      'extension',
      'subject',
      'component',
      'component.extension',
      'value[x]',
    ),
    fc.array(profile, { minLength: 1, maxLength: 2 }),
    fc.option(fc.constantFrom('profile', 'value', 'type', 'exists', 'pattern'), { nil: undefined }),
    fc.constantFrom('$this', 'code', 'resolve()', 'url', 'extension', 'hasMember.resolve()'),
    fc.nat({ max: 2 }),
  )
  .map(([at, profiles, discriminator, path, min]) => {
    const element = `Observation.${at}`;
    const code = typeCodes.get(at) ?? 'Extension';
    const type = [{ code, profile: profiles, targetProfile: profiles }];
    if (discriminator === undefined) return [{ id: element, path: element, min, type }];
    const slicing = { discriminator: [{ type: discriminator, path }], rules: 'closed' };
    const slice = { id: `${element}:s`, path: element, sliceName: 's', min, type };
    const inside = { id: `${element}:s.extension`, path: `${element}.extension`, min, type };
    return [{ id: element, path: element, slicing }, slice, inside];
  });

const circles = fc.array(
  fc.record({
    type: fc.constantFrom('Observation', 'Observation', 'Extension'),
    base: fc.option(profile, { nil: undefined }),
    elements: fc.array(leading, { maxLength: 4 }),
  }),
  { minLength: 2, maxLength: 6 },
);

test('R13 profiles that lead to each other in circles come to an end', () => {
  const claims = { profile: Array.from({ length: 6 }, (_, at) => `${home}/p${at}`) };
  const extension = [{ url: `${home}/p1`, extension: [{ url: `${home}/p2`, valueString: 'x' }] }];
  const observation = (id: string, more: object): object => ({
    resourceType: 'Observation',
    id,
    meta: claims,
    extension,
    status: 'final',
    code: { text: 'x' },
    component: [{ code: { text: 'x' }, extension }],
    ...more,
  });
  const inside = observation('b', {
    hasMember: [{ reference: '#' }],
    subject: { reference: '#b' },
  });
  const whole = observation('a', { contained: [inside], hasMember: [{ reference: '#b' }] });
  fc.assert(
    fc.property(circles, (profiles) => {
      const definitions = new Definitions(baseDefinitions());
      for (const [at, { type, base, elements }] of profiles.entries()) {
        definitions.add({
          resourceType: 'StructureDefinition',
          url: `${home}/p${at}`,
          kind: type === 'Extension' ? 'complex-type' : 'resource',
          abstract: false,
          type,
          derivation: 'constraint',
          baseDefinition: base ?? `http://hl7.org/fhir/StructureDefinition/${type}`,
          differential: { element: type === 'Extension' ? [] : elements.flat() },
        });
      }
      const started = performance.now();
      for (const { code } of new Validator(definitions).judge(whole)) {
        assert.match(code, /^[\w.-]+$/);
      }
      assert.ok(performance.now() - started < 20_000);
    }),
    { numRuns: 150 },
  );
});
