import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Definitions } from '../definitions/store.ts';
import { hasForm } from './forms.ts';
import { isLanguage, isMediaType } from './grammars.ts';
import { Terminology, type Membership } from './terminology.ts';
import { isUnit } from '../../../fhirpath/ucum.ts';

describe('codes that are told by their form', () => {
  test('units of UCUM', () => {
    const units =
      'mg/dL 10*3/uL 10*9/L {score} mm[Hg] /min kg/m2 [in_i] Cel % 1 mL/min/{1.73_m2} /[HPF] k[IU]/L s-1 L/(min.m2) meq/L /100{WBC} [pH] ug/kg/h';
    for (const unit of units.split(' ')) assert.ok(isUnit(unit), unit);
    for (const unit of [
      '',
      'Lbs',
      'mm Hg',
      'mEq/L',
      'beats/min',
      '(',
      '{',
      'mg/',
      'Torr',
      'mg..dL',
      `${'('.repeat(50)}m`,
    ]) {
      assert.ok(!isUnit(unit), unit);
    }
  });

  test('languages and media types', () => {
    for (const tag of ['en', 'de-CH', 'zh-Hant-TW', 'x-own', 'sl-rozaj-biske'])
      assert.ok(isLanguage(tag), tag);
    for (const tag of ['', 'e', 'en_US', 'en-', '!']) assert.ok(!isLanguage(tag), tag);
    for (const type of ['text/plain', 'text/plain; charset=utf-8', 'application/fhir+json']) {
      assert.ok(isMediaType(type), type);
    }
    for (const type of ['text', 'text/', '/plain', 'text plain'])
      assert.ok(!isMediaType(type), type);
  });

  test('check digits', () => {
    for (const code of ['8867-4', '85354-9', 'LP12345-6', '100000-9'])
      assert.ok(hasForm('http://loinc.org', code), code);
    for (const code of ['8867-5', '8867', 'heart rate'])
      assert.ok(!hasForm('http://loinc.org', code), code);
    for (const code of ['73211009', '22298006', '24700007'])
      assert.ok(hasForm('http://snomed.info/sct', code), code);
    for (const code of ['73211008', '1', '73211009x'])
      assert.ok(!hasForm('http://snomed.info/sct', code), code);
  });
});

describe('value sets', () => {
  const system = 'http://a.example/s';
  const definitions = new Definitions();
  definitions.add({
    resourceType: 'CodeSystem',
    url: system,
    content: 'complete',
    caseSensitive: true,
    concept: [
      {
        code: 'a',
        concept: [{ code: 'a1', property: [{ code: 'kind', valueCode: 'x' }] }, { code: 'a2' }],
      },
      { code: 'b' },
    ],
  });
  const sets: Readonly<Record<string, object>> = {
    all: { include: [{ system }] },
    listed: { include: [{ system, concept: [{ code: 'b' }] }] },
    below: { include: [{ system, filter: [{ property: 'concept', op: 'is-a', value: 'a' }] }] },
    kind: { include: [{ system, filter: [{ property: 'kind', op: '=', value: 'x' }] }] },
    without: { include: [{ system }], exclude: [{ system, concept: [{ code: 'b' }] }] },
    both: {
      include: [
        { valueSet: ['http://a.example/below'], system, concept: [{ code: 'a1' }, { code: 'b' }] },
      ],
    },
    itself: {
      include: [{ valueSet: ['http://a.example/itself'] }, { system, concept: [{ code: 'b' }] }],
    },
    elsewhere: { include: [{ system: 'http://b.example/s' }] },
  };
  for (const [name, compose] of Object.entries(sets)) {
    definitions.add({ resourceType: 'ValueSet', url: `http://a.example/${name}`, compose });
  }
  const terminology = new Terminology(definitions);
  const members = (name: string): string =>
    ['a', 'a1', 'a2', 'b', 'c']
      .filter((code) => terminology.inValueSet(`http://a.example/${name}`, system, code) === 'in')
      .join(' ');

  const expected: Readonly<Record<string, string>> = {
    all: 'a a1 a2 b',
    listed: 'b',
    below: 'a a1 a2',
    kind: 'a1',
    without: 'a a1 a2',
    both: 'a1',
    itself: 'b',
    elsewhere: '',
  };
  for (const [name, codes] of Object.entries(expected)) {
    test(`${name}: ${codes}`, () => assert.equal(members(name), codes));
  }

  test('what is not loaded is named, and only where it matters', () => {
    const ask = (set: string, own: string): Membership => terminology.inValueSet(set, own, 'x');
    assert.deepEqual(ask('http://a.example/elsewhere', 'http://b.example/s'), {
      missing: 'http://b.example/s',
    });
    assert.equal(ask('http://a.example/elsewhere', system), 'out');
    assert.deepEqual(ask('http://a.example/none', system), { missing: 'http://a.example/none' });
  });
});
