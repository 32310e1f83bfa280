import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { compileDatePattern, DatePatternError } from './dates.ts';
import { fhirDate, fhirDateTime, parseIsoTime } from './dates.ts';
import { timeZone } from './zones.ts';
import type { ClockChangeRule } from '../model/sourceSettings.ts';

const refuse: ClockChangeRule = { overlap: 'refuse', gap: 'refuse' };

function date(pattern: string, text: string, pivot?: number): string | undefined {
  const time = compileDatePattern(pattern, pivot)(text);
  return time && fhirDate(time);
}

function zoned(pattern: string, text: string, zone: string | undefined, rule = refuse): unknown {
  const time = compileDatePattern(pattern, 2026)(text);
  if (time === undefined) return undefined;
  const place = zone === undefined ? undefined : timeZone(zone);
  const answer = fhirDateTime(time, place, rule);
  return 'text' in answer ? answer.text : answer.problem;
}

describe('date patterns', () => {
  test('read the habits of legacy systems', () => {
    assert.equal(date('MM/dd/yy', '12/03/74', 2026), '1974-12-03');
    assert.equal(date('yyyyMMdd', '19741203'), '1974-12-03');
    assert.equal(date('dd-MMM-yyyy', '03-DEC-1974'), '1974-12-03');
    assert.equal(date('M/d/yyyy', '2/9/2024'), '2024-02-09');
    assert.equal(date("yyyy'年'M'月'", '1974年12月'), '1974-12');
  });

  test('keep the precision that was written', () => {
    assert.equal(date('MM/dd/yyyy|yyyy-MM|yyyy', '1974-12'), '1974-12');
    assert.equal(date('MM/dd/yyyy|yyyy-MM|yyyy', '1974'), '1974');
    assert.equal(parseIsoTime('1974-12')?.day, undefined);
  });

  test('two digits mean a year up to the pivot', () => {
    assert.equal(date('yyMMdd', '260101', 2026), '2026-01-01');
    assert.equal(date('yyMMdd', '270101', 2026), '1927-01-01');
    assert.equal(date('yyMMdd', '000101', 2026), '2000-01-01');
  });

  test('refuse days that no calendar has and texts of another shape', () => {
    assert.equal(date('MM/dd/yyyy', '02/30/2024'), undefined);
    assert.equal(date('MM/dd/yyyy', '02/29/2023'), undefined);
    assert.equal(date('MM/dd/yyyy', '13/01/2024'), undefined);
    assert.equal(date('MM/dd/yyyy', '1/1/2024'), undefined);
    assert.equal(date('yyyyMMdd', '00000000'), undefined);
  });

  test('that could be misread are mistakes', () => {
    const wrong = ['MM/dd', 'dd/yyyy', 'yyyy-MM-dd HH:MM', 'yyyy-mm-dd', 'YYYY-MM-dd'];
    for (const pattern of [...wrong, 'yyyy-MM-dd hh:mm', 'yyyy-MM-dd HH:mm a']) {
      assert.throws(() => compileDatePattern(pattern, 2026), DatePatternError, pattern);
    }
    assert.throws(() => compileDatePattern('MM/dd/yy', undefined), /century pivot/);
  });

  test('a day of the calendar survives every pattern', () => {
    const days = fc.date({
      min: new Date('1927-01-01'),
      max: new Date('2026-12-31'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(days, (day) => {
        const iso = day.toISOString().slice(0, 10);
        const [year, month, ofMonth] = iso.split('-') as [string, string, string];
        assert.equal(date('MM/dd/yy', `${month}/${ofMonth}/${year.slice(2)}`, 2026), iso);
        assert.equal(date('yyyyMMdd', `${year}${month}${ofMonth}`), iso);
      }),
    );
  });
});

describe('times in a zone', () => {
  const stamp = 'yyyy-MM-dd HH:mm:ss';
  const zone = 'America/Chicago';

  test('carry the offset of their day', () => {
    assert.equal(zoned(stamp, '2024-01-15 08:30:00', zone), '2024-01-15T08:30:00-06:00');
    assert.equal(zoned(stamp, '2024-07-15 08:30:00', zone), '2024-07-15T08:30:00-05:00');
    assert.equal(zoned(stamp, '2024-07-15 08:30:00', 'Asia/Kolkata'), '2024-07-15T08:30:00+05:30');
  });

  test('that happened twice or never are refused, or resolved by the declared rule', () => {
    assert.equal(zoned(stamp, '2024-11-03 01:30:00', zone), 'time-ambiguous');
    assert.equal(zoned(stamp, '2024-03-10 02:30:00', zone), 'time-nonexistent');
    const rule: ClockChangeRule = { overlap: 'later', gap: 'shift' };
    assert.equal(zoned(stamp, '2024-11-03 01:30:00', zone, rule), '2024-11-03T01:30:00-06:00');
    assert.equal(zoned(stamp, '2024-03-10 02:30:00', zone, rule), '2024-03-10T03:30:00-05:00');
    const earlier: ClockChangeRule = { overlap: 'earlier', gap: 'refuse' };
    assert.equal(zoned(stamp, '2024-11-03 01:30:00', zone, earlier), '2024-11-03T01:30:00-05:00');
  });

  test('need a zone unless they carry an offset', () => {
    assert.equal(zoned(stamp, '2024-01-15 08:30:00', undefined), 'time-zone-missing');
    assert.equal(
      zoned(`${stamp}Z`, '2024-01-15 08:30:00+01', undefined),
      '2024-01-15T08:30:00+01:00',
    );
  });

  test('keep every digit of a fraction and the half of the day', () => {
    assert.equal(
      zoned(`${stamp}.SSS`, '2024-01-15 08:30:00.120', zone),
      '2024-01-15T08:30:00.120-06:00',
    );
    assert.equal(zoned('M/d/yyyy h:mm a', '1/15/2024 12:05 AM', zone), '2024-01-15T00:05:00-06:00');
    assert.equal(zoned('M/d/yyyy h:mm a', '1/15/2024 1:05 pm', zone), '2024-01-15T13:05:00-06:00');
  });

  test('of local mean time, whose offset has seconds, are told in UTC', () => {
    assert.equal(zoned(stamp, '1880-01-01 00:00:00', zone), '1880-01-01T05:50:36Z');
  });

  test('name the instant that the platform names', () => {
    const instants = fc.date({
      min: new Date('1950-01-01'),
      max: new Date('2037-01-01'),
      noInvalidDate: true,
    });
    const zones = fc.constantFrom(zone, 'Europe/London', 'Australia/Lord_Howe', 'America/St_Johns');
    fc.assert(
      fc.property(instants, zones, (instant, name) => {
        const seconds = Math.floor(instant.getTime() / 1000) * 1000;
        const offset = timeZone(name)?.offsetAt(seconds) ?? 0;
        const local = new Date(seconds + offset * 1000)
          .toISOString()
          .slice(0, 19)
          .replace('T', ' ');
        for (const overlap of ['earlier', 'later'] as const) {
          const text = zoned(stamp, local, name, { overlap, gap: 'refuse' }) as string;
          const found = Date.parse(text) === seconds;
          assert.ok(found || zoned(stamp, local, name) === 'time-ambiguous');
        }
      }),
      { numRuns: 300 },
    );
  });

  test('in an unknown zone are refused when the zone is named', () => {
    assert.equal(timeZone('America/Atlantis'), undefined);
  });
});
