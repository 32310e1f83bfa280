import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PairEvidence } from './alarms.ts';
import { houseRules, practitionerRules, type PairRules } from './rules.ts';

/** Two entries of one name at one telephone. */
const alike: PairEvidence = {
  given: 'same',
  bothKnown: true,
  family: 'same',
  birthDate: undefined,
  years: 0,
  sexDiffers: false,
  national: undefined,
  suffixDiffers: false,
  household: 1,
  chart: false,
  newborn: false,
  initial: false,
};

const links = (rules: PairRules, pair: Partial<PairEvidence>): string => {
  const whole = { ...alike, ...pair };
  const alarms = rules.alarmsOf(whole);
  const reason = rules.reasonOf(whole, { joined: false, likely: true });
  if (alarms.length === 0) return reason ?? 'not linked';
  return rules.isNoQuestion(whole) ? 'two' : alarms.join(' ');
};

const cases: readonly (readonly [string, Partial<PairEvidence>, string])[] = [
  ['one NPI and one name', { national: 'same', chart: true }, 'same-number'],
  [
    'one NPI, and no name on one side',
    { national: 'same', given: undefined, family: undefined },
    'same-number',
  ],
  ['one NPI and the initial', { national: 'same', given: 'differs', initial: true }, 'same-number'],
  ['one NPI and another given name', { national: 'same', given: 'differs' }, 'name-differs'],
  ['one NPI and another family name', { national: 'same', family: 'differs' }, 'name-differs'],
  ['one NPI, senior and junior', { national: 'same', suffixDiffers: true }, 'generations'],
  ['two NPIs a digit apart', { national: 'near' }, 'two'],
  ['two NPIs', { national: 'differs' }, 'two'],
  ['two NPIs under one local number', { national: 'differs', chart: true }, 'identifiers-differ'],
  ['one local number and one name', { chart: true }, 'same-chart'],
  [
    'one local number, and no name on one side',
    { chart: true, given: undefined, family: undefined },
    'uncorroborated',
  ],
  ['one name at one telephone', {}, 'uncorroborated'],
  ['another given name at one telephone', { given: 'differs' }, 'two'],
];

describe('practitioners', () => {
  for (const [name, pair, expected] of cases) {
    test(name, () => assert.equal(links(practitionerRules, pair), expected));
  }
});

describe('organizations and locations', () => {
  const house = { given: undefined };
  const more: typeof cases = [
    ['one number and one name', { ...house, chart: true }, 'same-chart'],
    ['one number and another name', { ...house, chart: true, family: 'differs' }, 'name-differs'],
    ['one name at one address', house, 'uncorroborated'],
    ['nearly one name at one address', { ...house, family: 'near' }, 'two'],
  ];
  for (const [name, pair, expected] of more) {
    test(name, () => assert.equal(links(houseRules, pair), expected));
  }
});
