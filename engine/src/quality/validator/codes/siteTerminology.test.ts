import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConceptTable } from '../../../terminology/concepts.ts';
import { Terminology } from '../../../terminology/terminology.ts';
import { baseDefinitions } from '../definitions/base.ts';
import { Definitions } from '../definitions/store.ts';
import { Validator } from '../validator.ts';

const snomed = 'http://snomed.info/sct';
const kinds = 'http://site.example/ValueSet/kinds';
const listed = 'http://site.example/ValueSet/listed';
const mixed = 'http://site.example/ValueSet/mixed';

/** What a site has loaded: four concepts, one of them not to be used any more, and a value set. */
function siteTerminology(): Terminology {
  const table = new ConceptTable(snomed);
  table.add('404684003', 'Finding');
  table.add('38341003', 'Hypertension');
  table.add('71388002', 'Procedure');
  table.add('1', 'Old finding', true);
  table.addParent('38341003', '404684003');
  const site = new Terminology();
  site.addSystem(table);
  const codes = new Map([['38341003', undefined]]);
  const include = [{ system: snomed, codes, filters: [], sets: [] }];
  site.addValueSet({ url: listed, include, exclude: [] });
  const taken = { system: undefined, codes: undefined, filters: [], sets: [kinds] };
  site.addValueSet({ url: mixed, include: [taken], exclude: [] });
  return site;
}

/** Conditions whose code is bound to a value set, required. */
function profileOf(name: string, valueSet: string): object {
  const url = `http://site.example/StructureDefinition/${name}`;
  const binding = { strength: 'required', valueSet };
  return {
    resourceType: 'StructureDefinition',
    url,
    name,
    status: 'active',
    kind: 'resource',
    abstract: false,
    type: 'Condition',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Condition',
    derivation: 'constraint',
    differential: { element: [{ id: 'Condition.code', path: 'Condition.code', binding }] },
  };
}

const filtered = {
  resourceType: 'ValueSet',
  url: kinds,
  status: 'active',
  compose: {
    include: [
      { system: snomed, filter: [{ property: 'concept', op: 'is-a', value: '404684003' }] },
    ],
  },
};

function validatorOf(loaded?: Terminology): Validator {
  const definitions = new Definitions(baseDefinitions());
  const profiles = { kinds, listed, mixed };
  for (const each of [filtered, ...Object.entries(profiles).map((named) => profileOf(...named))]) {
    definitions.add(each);
  }
  return new Validator(definitions, loaded);
}

function judge(validator: Validator, code: string, name = 'kinds', display?: string): string[] {
  return validator
    .judge(
      {
        resourceType: 'Condition',
        subject: { display: 'x' },
        code: { coding: [{ system: snomed, code, ...(display !== undefined && { display }) }] },
      },
      { profiles: [`http://site.example/StructureDefinition/${name}`] },
    )
    .filter(({ code: rule }) => /^(code|display|value)/.test(rule))
    .map(({ severity, code: rule, path }) => `${severity} ${rule} ${path}`);
}

test('bindings and codes are judged by what a site has loaded', () => {
  const validator = validatorOf(siteTerminology());
  assert.deepEqual(judge(validator, '38341003'), []);
  assert.deepEqual(judge(validator, '71388002'), ['error code-unknown Condition.code']);
  assert.deepEqual(judge(validator, '99999999'), [
    'error code-unknown Condition.code.coding[0].code',
    'error code-unknown Condition.code',
  ]);
  assert.deepEqual(judge(validator, '38341003', 'listed'), []);
  assert.deepEqual(judge(validator, '404684003', 'listed'), ['error code-unknown Condition.code']);
  assert.deepEqual(
    judge(validator, '38341003', 'mixed'),
    [],
    'a set of the site takes from a guide',
  );
  assert.deepEqual(judge(validator, '71388002', 'mixed'), ['error code-unknown Condition.code']);
});

test('a code that must not be used any more, and one of other words, are told', () => {
  const validator = validatorOf(siteTerminology());
  assert.ok(judge(validator, '1').includes('warning code-inactive Condition.code.coding[0].code'));
  assert.deepEqual(judge(validator, '38341003', 'kinds', 'Gout'), [
    'warning display-differs Condition.code.coding[0].display',
  ]);
});

test('without it the system is said not to be loaded', () => {
  const said = judge(validatorOf(), '71388002');
  assert.ok(
    said.every((each) => each.includes('not-loaded')),
    said.join(),
  );
  assert.ok(said.length > 0);
});
