import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { boundWords, errorRateAtMost, wrongChartsAtMost } from './bound.ts';
import { drawSample } from './draw.ts';
import { addToChart, emptyChart, strata, type Stratum } from './strata.ts';

test('R22 30 clean charts print "error rate at most 9.5 % (95 %)"', () => {
  const [rate, charts] = boundWords(0, 30, 500);
  assert.equal(rate, 'error rate at most 9.5 % (95 %)');
  assert.equal(charts, 'at most 46 of 500 charts wrong (95 %, drawn without putting back)');
});

/** Clopper and Pearson 1934; the same from R: binom.test(x, n, alternative = "less"). */
test('R22 the binomial bound is exact', () => {
  const known: [errors: number, charts: number, bound: number][] = [
    [0, 10, 0.2589],
    [0, 59, 0.0495],
    [1, 30, 0.1486],
    [3, 100, 0.0757],
    [5, 50, 0.1988],
  ];
  for (const [errors, charts, bound] of known) {
    assert.ok(Math.abs(errorRateAtMost(errors, charts) - bound) < 0.0001, `${errors} ${charts}`);
  }
  assert.equal(errorRateAtMost(0, 0), 1);
  assert.equal(errorRateAtMost(7, 7), 1);
});

/** P(X ≤ errors) by counting every way there is, with whole numbers. */
function counted(errors: number, charts: number, wrong: number, population: number): number {
  const choose = (n: number, k: number): bigint => {
    if (k < 0 || k > n) return 0n;
    let ways = 1n;
    for (let at = 1; at <= k; at++) ways = (ways * BigInt(n - k + at)) / BigInt(at);
    return ways;
  };
  let sum = 0n;
  for (let found = 0; found <= errors; found++) {
    sum += choose(wrong, found) * choose(population - wrong, charts - found);
  }
  return Number((sum * 1_000_000_000n) / choose(population, charts)) / 1e9;
}

test('R22 the bound of a finite number of charts is the last that one draw in twenty would not show', () => {
  const cases = fc.tuple(fc.integer({ min: 2, max: 120 }), fc.nat(), fc.nat());
  fc.assert(
    fc.property(cases, ([population, a, b]) => {
      const charts = 1 + (a % population);
      const errors = b % Math.min(charts, 4);
      const bound = wrongChartsAtMost(errors, charts, population);
      if (bound > errors) assert.ok(counted(errors, charts, bound, population) > 0.05 - 1e-8);
      if (bound < population - charts + errors) {
        assert.ok(counted(errors, charts, bound + 1, population) <= 0.05 + 1e-8);
      }
    }),
  );
  assert.equal(wrongChartsAtMost(0, 30, 30), 0, 'who has seen all knows all');
});

const now = new Date('2026-03-01T00:00:00Z');

function strataOf(...resources: object[]): Stratum[] {
  const chart = emptyChart();
  for (const resource of resources) addToChart(chart, resource as never, now);
  return [...chart.strata];
}

test('charts are of the strata that their resources say', () => {
  const drug = (text: string) => ({
    resourceType: 'MedicationRequest',
    medicationCodeableConcept: { text },
  });
  const coded = (resourceType: string, code: string) => ({
    resourceType,
    code: { coding: [{ code }] },
  });
  const child = { resourceType: 'Patient', birthDate: '2019-04' };
  assert.deepEqual(strataOf(drug('Warfarin 5 mg')), ['anticoagulants']);
  assert.deepEqual(strataOf(drug('INSULIN glargine')), ['insulin']);
  assert.deepEqual(strataOf(drug('oxyCODONE HCl')), ['opioids']);
  assert.deepEqual(strataOf(drug('insulinoma scan')), []);
  assert.deepEqual(strataOf(coded('Observation', '29463-7'), child), ['paediatric weights']);
  assert.deepEqual(strataOf(child, coded('Observation', '29463-7')), ['paediatric weights']);
  assert.deepEqual(strataOf({ ...child, birthDate: '1990' }, coded('Observation', '29463-7')), []);
  assert.deepEqual(strataOf(coded('Condition', 'Z34.00')), ['pregnancy']);
  assert.deepEqual(strataOf({ resourceType: 'Patient', link: [{ type: 'replaces' }] }), ['merged']);
  const identifier = [{ system: 'a' }, { system: 'b' }];
  assert.deepEqual(strataOf({ resourceType: 'Patient', identifier }), ['several sources']);
  const visit = (start: string) => ({ resourceType: 'Appointment', start });
  assert.deepEqual(strataOf(visit('2026-03-05T09:00:00Z')), ['visits of the coming week']);
  assert.deepEqual(strataOf(visit('2026-03-09T09:00:00Z')), []);
});

test('R22 a sample is the same for the same seed, of the size asked for, and has of every stratum', () => {
  const charts = new Map<string, Set<Stratum>>();
  for (let at = 0; at < 300; at++) {
    charts.set(
      `p${at}`,
      new Set(at % 40 === 0 ? [strata[(at / 40) % strata.length] as Stratum] : []),
    );
  }
  const one = drawSample(charts, 30, 'seven');
  const other = drawSample(new Map([...charts].toReversed()), 30, 'seven');
  assert.deepEqual(one, other, 'whatever order they came in');
  assert.equal(new Set(one.patients).size, 30);
  assert.notDeepEqual(drawSample(charts, 30, 'eight').patients, one.patients);
  for (const { name, patients, drawn } of one.strata) assert.ok(patients === 0 || drawn > 0, name);
  assert.equal(drawSample(charts, 1000, 'seven').patients.length, 300);
});
