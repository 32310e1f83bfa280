import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { contradicts, type Profile } from './agreement.ts';
import { alarmsOf, isNoQuestion, type Alarm, type PairEvidence } from './alarms.ts';
import { editsBetween, isOverlay } from './overlay.ts';

/** A pair of records of one person who lives where they lived. */
const agreeing: PairEvidence = {
  given: 'same',
  bothKnown: true,
  family: 'same',
  birthDate: 'same',
  years: 0,
  sexDiffers: false,
  national: undefined,
  suffixDiffers: false,
  household: 2,
  chart: false,
  newborn: false,
  initial: false,
};

const cases: readonly (readonly [string, Partial<PairEvidence>, readonly Alarm[]])[] = [
  ['one person at home', {}, []],
  ['one person who moved, with a number', { household: 0, national: 'same' }, []],
  ['a name and a birth date alone', { household: 0 }, ['uncorroborated']],
  ['a name mistyped', { given: 'near', bothKnown: false }, []],
  ['twins a letter apart', { given: 'near' }, ['twins']],
  ['twins', { given: 'differs' }, ['twins', 'given-name-differs']],
  ['a short form that is a name too', { given: 'short form' }, ['twins']],
  ['names exchanged', { given: 'swapped', family: 'differs' }, []],
  ['married', { family: 'differs' }, []],
  ['a birth date mistyped', { birthDate: 'near', years: 1 }, []],
  ['father and son a digit apart', { birthDate: 'near', years: 30 }, ['generations']],
  ['Jr and Sr', { suffixDiffers: true }, ['generations']],
  ['a birth date missing', { birthDate: undefined }, ['birth-date-unknown']],
  ['another number', { national: 'differs' }, ['identifiers-differ']],
  ['another sex', { sexDiffers: true, national: 'same' }, ['sex-differs']],
  [
    'a child without a name',
    { given: undefined, newborn: true },
    ['newborn', 'given-name-differs'],
  ],
  [
    'another in the chart',
    { chart: true, given: 'differs', family: 'differs', birthDate: 'differs' },
    ['overlay', 'birth-date-differs', 'given-name-differs'],
  ],
];

describe('alarms', () => {
  for (const [name, change, alarms] of cases) {
    test(name, () => assert.deepEqual(alarmsOf({ ...agreeing, ...change }), alarms));
  }

  test('another given name is no question, unless a number says otherwise', () => {
    assert.ok(isNoQuestion({ ...agreeing, given: 'differs' }));
    assert.ok(!isNoQuestion({ ...agreeing, given: 'differs', chart: true }));
    assert.ok(!isNoQuestion({ ...agreeing, given: 'near' }));
    assert.ok(isNoQuestion({ ...agreeing, birthDate: 'differs', years: 30 }));
    assert.ok(isNoQuestion({ ...agreeing, given: undefined, birthDate: undefined }));
  });
});

describe('overlays', () => {
  const before = { family: 'Olsen', given: 'Anna', birthDate: '19600213', sex: 'F', ssn: '123' };

  test('another person is one, a correction and a marriage are none', () => {
    const other = { family: 'Groot', given: 'Bert', birthDate: '19711102', sex: 'M', ssn: '987' };
    assert.ok(isOverlay(before, other));
    assert.ok(isOverlay(before, { ...other, sex: undefined, ssn: undefined }));
    assert.ok(!isOverlay(before, { ...before, family: 'Groot' }));
    assert.ok(!isOverlay(before, { ...before, birthDate: '19620213' }));
    assert.ok(!isOverlay({ ...before, given: 'Baby Girl' }, before));
    assert.ok(!isOverlay(before, { given: 'Ann' }));
    assert.ok(isOverlay({ ...before, birthDate: undefined }, other));
  });

  test('edits count letters put for others, left out and exchanged', () => {
    assert.deepEqual(
      [
        ['anna', 'anna'],
        ['anna', 'ana'],
        ['anna', 'nana'],
        ['anna', ''],
        ['olsen', 'nelson'],
      ].map(([one = '', other = '']) => editsBetween(one, other)),
      [0, 1, 1, 4, 3],
    );
  });
});

describe('people of one person', () => {
  const anna: Profile = {
    given: 'anna',
    family: 'olsen',
    root: 'ann',
    dob: '19600213',
    sex: 'f',
    national: undefined,
    suffix: undefined,
  };
  const bert = { ...anna, given: 'bert', root: 'albert' };

  test('contradict by name, birth date, sex and number, and not by slips', () => {
    assert.ok(contradicts(anna, bert));
    assert.ok(contradicts(anna, { ...anna, dob: '19900213' }));
    assert.ok(contradicts(anna, { ...anna, sex: 'm' }));
    assert.ok(!contradicts(anna, { ...anna, dob: '19601302' }));
    assert.ok(!contradicts(anna, { ...anna, given: 'ana', root: 'ana' }));
    assert.ok(!contradicts(anna, { ...anna, given: 'olsen', family: 'anna', root: 'olsen' }));
    assert.ok(!contradicts(anna, { ...anna, given: undefined, dob: undefined }));
    assert.ok(contradicts({ ...anna, national: '123456789' }, { ...anna, national: '987654321' }));
    assert.ok(!contradicts({ ...bert, national: '123' }, { ...anna, national: '123' }));
  });
});
