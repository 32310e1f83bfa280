import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseDefinitions } from './definitions/base.ts';
import { Validator } from './validator.ts';

const validator = new Validator(baseDefinitions());

function errors(resource: unknown): string[] {
  return validator
    .judge(resource)
    .filter(({ severity }) => severity === 'error')
    .map(({ code, path }) => `${code} ${path}`);
}

const base = 'http://ehr.example/fhir/';

test('a page of a bundle and its neighbours are named once; other links as often as they are', () => {
  const bundle = (...relations: string[]): object => ({
    resourceType: 'Bundle',
    type: 'searchset',
    total: 0,
    link: relations.map((relation) => ({ relation, url: base })),
  });
  assert.deepEqual(errors(bundle('self', 'next', 'alternate', 'alternate')), []);
  assert.deepEqual(errors(bundle('self', 'next', 'next')), [
    'bundle-link-repeated Bundle.link[2].relation',
  ]);
});

test('a reference names the type of what it leads to', () => {
  const bundle = (type: string): object => ({
    resourceType: 'Bundle',
    type: 'collection',
    entry: [
      {
        fullUrl: `${base}Patient/1`,
        resource: {
          resourceType: 'Patient',
          id: '1',
          generalPractitioner: [{ reference: 'Practitioner/2' }],
        },
      },
      { fullUrl: `${base}Practitioner/2`, resource: { resourceType: type, id: '2', active: true } },
    ],
  });
  assert.deepEqual(errors(bundle('Practitioner')), []);
  assert.deepEqual(
    errors(bundle('Organization')).filter((each) => each.startsWith('reference-type')),
    ['reference-type Bundle.entry[0].resource.generalPractitioner[0].reference'],
  );
});

test('a question depends on no question inside it', () => {
  const item = (question: string): object => ({
    resourceType: 'Questionnaire',
    status: 'draft',
    item: [
      { linkId: 'first', text: 'x', type: 'boolean' },
      {
        linkId: 'group',
        text: 'x',
        type: 'group',
        enableWhen: [{ question, operator: '=', answerBoolean: true }],
        item: [{ linkId: 'inner', text: 'x', type: 'boolean' }],
      },
    ],
  });
  assert.deepEqual(errors(item('first')), []);
  assert.deepEqual(errors(item('inner')), [
    'question-inside Questionnaire.item[1].enableWhen[0].question',
  ]);
});

test('elements of a profile have their ids in the snapshot and in the differential', () => {
  const element = [{ id: 'Patient', path: 'Patient' }];
  const profile = {
    resourceType: 'StructureDefinition',
    url: `${base}StructureDefinition/x`,
    name: 'X',
    status: 'draft',
    kind: 'resource',
    abstract: false,
    type: 'Patient',
    baseDefinition: 'http://hl7.org/fhir/StructureDefinition/Patient',
    derivation: 'constraint',
    differential: { element },
    snapshot: { element },
  };
  assert.ok(!errors(profile).some((each) => each.startsWith('id-repeated')));
});

test('what a narrative shows is referred to; its entities are those of XML', () => {
  const written = (inside: string): object => ({
    resourceType: 'Patient',
    contained: [{ resourceType: 'Binary', id: 'face', contentType: 'image/png', data: 'AAAA' }],
    text: {
      status: 'additional',
      div: `<div xmlns="http://www.w3.org/1999/xhtml"><p>x</p>${inside}</div>`,
    },
  });
  assert.deepEqual(errors(written('<img src="#face" alt="x"/>')), []);
  assert.deepEqual(errors(written('')), ['dom-3 Patient']);
  assert.deepEqual(errors(written('<img src="#face" alt="&amp;&#160;"/>')), []);
  assert.deepEqual(errors(written('<img src="#face" alt="x"/>&nbsp;')), [
    'narrative-not-xhtml Patient.text.div',
  ]);
});
