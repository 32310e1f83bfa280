import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { forms } from './forms.ts';
import type { FormName } from './forms.ts';

describe('canonical forms', () => {
  const cases: readonly [FormName, string, string | undefined][] = [
    ['boolean', 'true', 'true'],
    ['boolean', 'TRUE', undefined],
    ['date', '1974', '1974'],
    ['date', '1974-12', '1974-12'],
    ['date', '2000-02-29', '2000-02-29'],
    ['date', '1900-02-29', undefined],
    ['date', '1974-13', undefined],
    ['date', '1974-12-03T00:00:00Z', undefined],
    ['date', '12/03/1974', undefined],
    ['dateTime', '1974-12', '1974-12'],
    ['dateTime', '2019-03-05T14:20:00-06:00', '2019-03-05T20:20:00Z'],
    ['dateTime', '2019-03-05T14:20:00.500+00:00', '2019-03-05T14:20:00.5Z'],
    ['dateTime', '2019-03-05T14:20:00.000Z', '2019-03-05T14:20:00Z'],
    ['dateTime', '2019-03-05T14:20Z', '2019-03-05T14:20:00Z'],
    ['dateTime', '0050-01-01T00:00:00Z', '0050-01-01T00:00:00Z'],
    ['dateTime', '2019-12-31T23:30:00-01:00', '2020-01-01T00:30:00Z'],
    ['dateTime', '2019-03-05T14:20:00', undefined],
    ['dateTime', '2019-02-30T14:20:00Z', undefined],
    ['dateTime', '2019-03-05T25:20:00Z', undefined],
    ['decimal', '0.50', '0.50'],
    ['decimal', '.5', '0.5'],
    ['decimal', '+007.10', '7.10'],
    ['decimal', '-0', '-0'],
    ['decimal', '12345678901234567890', '12345678901234567890'],
    ['decimal', '1,5', undefined],
    ['decimal', '.', undefined],
    ['digits', '(312) 555-0142', '3125550142'],
    ['digits', 'none', 'none'],
    ['reference', 'Patient/abc', 'Patient/abc'],
    ['reference', 'https://a.example/Patient/abc', undefined],
  ];
  for (const [form, text, expected] of cases) {
    it(`${form}: ${text} → ${expected}`, () => {
      assert.equal(forms[form].canonical(text), expected);
    });
  }

  it('are fixed points', () => {
    const samples = fc.oneof(
      fc.string(),
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      fc.double().map(String),
      fc.bigInt().map(String),
    );
    fc.assert(
      fc.property(samples, fc.constantFrom(...Object.values(forms)), (text, { canonical }) => {
        const once = canonical(text);
        if (once !== undefined) assert.equal(canonical(once), once);
      }),
    );
  });

  it('instants are equal exactly when they are the same moment', () => {
    const moment = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(moment, fc.integer({ min: -14 * 60, max: 14 * 60 }), (date, offsetMinutes) => {
        const shifted = new Date(date.getTime() + offsetMinutes * 60_000).toISOString();
        const size = Math.abs(offsetMinutes);
        const two = (value: number): string => String(value).padStart(2, '0');
        const offset = `${offsetMinutes < 0 ? '-' : '+'}${two(Math.trunc(size / 60))}:${two(size % 60)}`;
        const { canonical } = forms.dateTime;
        assert.equal(canonical(shifted.replace('Z', offset)), canonical(date.toISOString()));
      }),
    );
  });
});
