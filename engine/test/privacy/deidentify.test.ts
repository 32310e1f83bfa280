import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseJson, type JsonObject } from '../../src/base/json.ts';
import { measureDeidentify } from '../../measure/deidentify.ts';
import { deidentifyResource } from '../../src/privacy/deidentify/resource.ts';
import { rulesOf } from '../../src/privacy/deidentify/rules.ts';
import { yearsBetween } from '../../src/privacy/deidentify/times.ts';
import { zip3 } from '../../src/privacy/deidentify/zip3.ts';

const today = '2026-06-30';
const safe = rulesOf('safe-harbor', Buffer.alloc(32, 1), today);
const pseudonymised = rulesOf('pseudonymised', Buffer.alloc(32, 2), today);

function resource(text: object): JsonObject {
  return parseJson(JSON.stringify(text)) as JsonObject;
}

/** As JSON would have it, to be compared. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

const patient = resource({
  resourceType: 'Patient',
  id: 'p1',
  identifier: [{ system: 'urn:oid:1.2.3', value: 'MR1' }],
  name: [{ family: 'Núñez', given: ['Ana'] }],
  birthDate: '1960-05-17',
  gender: 'female',
  address: [{ line: ['1 Elm St'], city: 'Salem', state: 'OR', postalCode: '97301' }],
  telecom: [{ system: 'phone', value: '541-555-0100' }],
});

function reading(id: string, when: string): JsonObject {
  return resource({
    resourceType: 'Observation',
    id,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '8480-6', display: 'typed by hand' }] },
    subject: { reference: 'Patient/p1', display: 'Ana Núñez' },
    effectiveDateTime: when,
    valueQuantity: {
      value: 120,
      unit: 'mm[Hg]',
      system: 'http://unitsofmeasure.org',
      code: 'mm[Hg]',
    },
    note: [{ text: 'Ana says she is well' }],
  });
}

describe('R20 de-identified data for rehearsals: texts and fields', () => {
  it('R20 leaves no canary of the 18 classes behind, in fields, in notes, in tables', async () => {
    const { canaries, residual, resources, rows, misses } = await measureDeidentify();
    assert.deepEqual(misses, []);
    assert.equal(residual, 0);
    assert.ok(canaries > 10_000 && resources > 200 && rows > 5_000);
  });

  it('R20 Safe Harbor keeps years, states and three digits of a ZIP code, and withholds free text', () => {
    const { id, ...kept } = plain(deidentifyResource(safe, patient)) as Record<string, unknown>;
    assert.notEqual(id, 'p1');
    assert.deepEqual(kept, {
      resourceType: 'Patient',
      birthDate: '1960',
      gender: 'female',
      address: [{ state: 'OR', postalCode: '973' }],
    });
    const observation = plain(deidentifyResource(safe, reading('o1', '2021-03-04T10:00:00Z')));
    assert.deepEqual(observation, {
      resourceType: 'Observation',
      id: safe.pseudonym('id Observation', 'o1'),
      status: 'final',
      code: { coding: [{ system: 'http://loinc.org', code: '8480-6' }] },
      subject: { reference: `Patient/${String(id)}` },
      effectiveDateTime: '2021',
      valueQuantity: {
        value: 120,
        unit: 'mm[Hg]',
        system: 'http://unitsofmeasure.org',
        code: 'mm[Hg]',
      },
    });
  });

  it('R20 who is over 89 has neither a birth date nor an age', () => {
    const old = deidentifyResource(safe, { ...patient, birthDate: '1936-06-29' });
    assert.equal(old?.['birthDate'], undefined);
    const just = deidentifyResource(safe, { ...patient, birthDate: '1936-07-01' });
    assert.equal(just?.['birthDate'], '1936');
    const onset = resource({
      resourceType: 'Condition',
      id: 'c',
      onsetAge: { value: 93, unit: 'years', system: 'http://unitsofmeasure.org', code: 'a' },
    });
    const age = plain(deidentifyResource(safe, onset)?.['onsetAge']);
    assert.deepEqual(age, {
      value: 90,
      comparator: '>=',
      unit: 'years',
      system: 'http://unitsofmeasure.org',
      code: 'a',
    });
  });

  it('R20 pseudonymised data keep the days between two events of a patient, and names agree', () => {
    const first = deidentifyResource(pseudonymised, reading('o1', '2021-03-04'));
    const second = deidentifyResource(pseudonymised, reading('o2', '2021-03-14'));
    const days = (each: JsonObject | undefined) =>
      Date.parse(each?.['effectiveDateTime'] as string) / 86_400_000;
    assert.equal(days(second) - days(first), 10);
    assert.notEqual(first?.['effectiveDateTime'], '2021-03-04');
    const names = [patient, { ...patient, id: 'p2' }].map((each) =>
      plain(deidentifyResource(pseudonymised, each)?.['name']),
    );
    assert.deepEqual(names[0], names[1]);
    assert.ok(!JSON.stringify(names).includes('Ana'));
  });

  it('R20 sparse areas have no three digits, other countries no code at all', () => {
    assert.equal(zip3('05901'), '000');
    assert.equal(zip3('97301-1234'), '973');
    assert.equal(zip3('SW1A 1AA'), undefined);
  });

  it('R20 Safe Harbor cannot be had with masked text', () => {
    assert.throws(() => rulesOf('safe-harbor', Buffer.alloc(32), today, {} as never));
    assert.equal(yearsBetween('1936-06-30', '2026-06-30'), 90);
  });
});
