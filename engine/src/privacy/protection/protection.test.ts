import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import type { JsonObject } from '../../base/json.ts';
import { compileProtection, type ProtectionWish } from './protection.ts';
import { guardsIn, raise } from './raise.ts';

const none: ProtectionWish = { classes: [], rules: [] };

function protection(wish: Partial<ProtectionWish>) {
  const { protection: made, problems } = compileProtection({ ...none, ...wish });
  assert.deepEqual(problems, []);
  return made;
}

const condition = (code: string, system = 'http://hl7.org/fhir/sid/icd-10-cm'): string =>
  JSON.stringify({ resourceType: 'Condition', code: { coding: [{ system, code }] } });

describe('classes', () => {
  const { guards } = protection({
    classes: ['substance-use', 'hiv', 'reproductive', 'psychotherapy'],
  });

  test('R19 a code of a class raises its label, whatever resource it stands in', () => {
    assert.deepEqual(guards('Condition', condition('F11.20')), ['ETH']);
    assert.deepEqual(guards('Condition', condition('B20')), ['HIV']);
    assert.deepEqual(guards('Observation', condition('75622-1', 'http://loinc.org')), ['HIV']);
    assert.deepEqual(guards('Claim', condition('O04.5')), ['SEX']);
  });

  test('R19 the same letters in another system, nicotine and a cold raise none', () => {
    assert.deepEqual(guards('Condition', condition('B20', 'http://loinc.org')), []);
    assert.deepEqual(guards('Condition', condition('F17.210')), []);
    assert.deepEqual(guards('Condition', condition('J00')), []);
  });

  test('R19 what a document is called tells of psychotherapy, what it says does not', () => {
    const note = (type: string, text: string): string =>
      JSON.stringify({
        resourceType: 'DocumentReference',
        type: { text: type },
        description: text,
      });
    assert.deepEqual(guards('DocumentReference', note('Psychotherapy note', '')), ['PSYTHPN']);
    assert.deepEqual(guards('DocumentReference', note('Letter', 'psychotherapy advised')), []);
  });
});

describe('rules', () => {
  test('R19 a programme reaches what refers to its visits, a promise all of a patient', () => {
    const { reaches, joined } = protection({
      rules: [
        { guard: 'ETH', on: ['Encounter'], when: "class.code = 'SUD'", reaches: 'referring' },
        { guard: 'self-pay', on: ['Flag'], reaches: 'subject', types: ['Claim'] },
      ],
    });
    const visit = (code: string): string =>
      JSON.stringify({ resourceType: 'Encounter', class: { code } });
    assert.deepEqual(reaches('Encounter', visit('SUD')).referring, ['ETH']);
    assert.deepEqual(reaches('Encounter', visit('AMB')).referring, []);
    const { subject } = reaches('Flag', JSON.stringify({ resourceType: 'Flag' }));
    assert.deepEqual(joined('Claim', [], subject), ['self-pay']);
    assert.deepEqual(joined('Observation', [], subject), []);
  });

  test('R19 what is sensitive of a minor is labelled so, and what is not is not', () => {
    const { reaches, joined } = protection({ classes: ['hiv'], minorsSince: '2008-12-01' });
    const born = (birthDate: string): string =>
      JSON.stringify({ resourceType: 'Patient', birthDate });
    const { subject } = reaches('Patient', born('2012-02-01'));
    assert.deepEqual(joined('Condition', ['HIV'], subject), ['ADOL', 'HIV']);
    assert.deepEqual(joined('Condition', [], subject), []);
    assert.deepEqual(reaches('Patient', born('2008-12-01')).subject, []);
  });

  test('a condition that cannot be read, or is no yes or no, is a problem with its rule', () => {
    const rule = { guard: 'ETH', on: ['Encounter'], reaches: 'itself' as const };
    const { problems } = compileProtection({
      ...none,
      rules: [
        { ...rule, when: 'class.where(' },
        { ...rule, when: 'class.code' },
      ],
    });
    assert.deepEqual(
      problems.map((one) => one.rule),
      [0, 1],
    );
  });
});

describe('labels', () => {
  const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
  const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality';
  const levels = ['U', 'L', 'M', 'N', 'R', 'V'];
  const levelOf = (resource: JsonObject): number => {
    const { security } = resource['meta'] as { security: { system: string; code: string }[] };
    return Math.max(
      ...security
        .filter(({ system }) => system === confidentiality)
        .map(({ code }) => levels.indexOf(code)),
    );
  };

  test('R19 raising never lowers a label and never drops one, whatever is there', () => {
    const label = fc.oneof(
      fc.record({ system: fc.constant(actCode), code: fc.constantFrom('ETH', 'HIV', 'PSY') }),
      fc.record({ system: fc.constant(confidentiality), code: fc.constantFrom(...levels) }),
    );
    const guard = fc.constantFrom('ETH', 'HIV', 'PSYTHPN', 'self-pay', 'vip');
    fc.assert(
      fc.property(fc.array(label), fc.uniqueArray(guard, { minLength: 1 }), (before, guards) => {
        const resource = { resourceType: 'Observation', meta: { security: before } } as JsonObject;
        const raised = raise(resource, guards);
        for (const one of [...guardsIn(resource), ...guards]) {
          assert.ok(guardsIn(raised).includes(one));
        }
        assert.ok(levelOf(raised) >= Math.max(levels.indexOf('R'), levelOf(resource)));
        assert.deepEqual(raise(raised, guards), raised);
      }),
    );
  });
});
