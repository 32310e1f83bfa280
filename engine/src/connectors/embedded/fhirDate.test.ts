import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { intervalOf, periodOf } from './fhirDate.ts';

function shown(text: string): string | undefined {
  const interval = intervalOf(text);
  if (interval === undefined) return undefined;
  return [interval.fromMs, interval.toMs].map((ms) => new Date(ms).toISOString()).join(' ');
}

test('a date covers what its precision leaves open', () => {
  const table: readonly [string, string][] = [
    ['2020', '2020-01-01T00:00:00.000Z 2021-01-01T00:00:00.000Z'],
    ['2020-12', '2020-12-01T00:00:00.000Z 2021-01-01T00:00:00.000Z'],
    ['2020-02-29', '2020-02-29T00:00:00.000Z 2020-03-01T00:00:00.000Z'],
    ['2020-02-10T23:30-06:00', '2020-02-11T05:30:00.000Z 2020-02-11T05:31:00.000Z'],
    ['2020-02-10T23:30:00Z', '2020-02-10T23:30:00.000Z 2020-02-10T23:30:01.000Z'],
    ['2020-02-10T23:30:00.25+02:00', '2020-02-10T21:30:00.250Z 2020-02-10T21:30:00.251Z'],
    ['0050-03', '0050-03-01T00:00:00.000Z 0050-04-01T00:00:00.000Z'],
  ];
  for (const [text, interval] of table) assert.equal(shown(text), interval);
});

test('what is no date of FHIR is none', () => {
  const texts = ['', '20', '2020-13', '2021-02-29', '2020-00-10', '2020-01-00', '2020-1-1', 'x'];
  for (const text of [...texts, '2020-01-01T25:00', '2020-01-01T10:00:00+1']) {
    assert.equal(intervalOf(text), undefined, text);
  }
});

test('a whole second with a zone is the instant that ECMAScript reads', () => {
  const zones = fc.constantFrom('Z', '+00:00', '-06:00', '+05:45', '-23:59');
  const instants = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) });
  fc.assert(
    fc.property(instants, zones, (instant, zone) => {
      const text = `${instant.toISOString().slice(0, 19)}${zone}`;
      const fromMs = Date.parse(text);
      assert.deepEqual(intervalOf(text), { fromMs, toMs: fromMs + 1000 });
    }),
  );
  const none = ['2021-02-29T00:00:00Z', '2020-13-01T00:00:00Z', '2020-01-01T25:00:00Z'];
  const odd = ['2020-01-01T10:60:00Z', '2020-01-01T10:00:61Z', '2020-01-01 10:00:00Z'];
  const cut = ['2020-01-01T10:00:00X', '2020-01-01T10:00:00+0600x', '2020-01-01T10:00:00.12345'];
  for (const text of [...none, ...odd, ...cut]) {
    const isFraction = text.endsWith('.12345');
    assert.equal(intervalOf(text) === undefined, !isFraction, text);
  }
});

test('a period is open where an end is missing', () => {
  const start = Date.UTC(2020, 0, 1);
  assert.deepEqual(periodOf('2020-01-01', undefined), { fromMs: start, toMs: Infinity });
  assert.deepEqual(periodOf(undefined, '2019'), { fromMs: -Infinity, toMs: start });
  assert.equal(periodOf(undefined, undefined), undefined);
});
