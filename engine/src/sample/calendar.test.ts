import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { addMinutes, dayOf, isoDate, isoInstant, legacyDate, localTimestamp } from './calendar.ts';

describe('calendar of the sample', () => {
  it('gives Chicago the offsets that the time zone database gives it', () => {
    const local = new Intl.DateTimeFormat('sv-SE', {
      timeZone: 'America/Chicago',
      dateStyle: 'short',
      timeStyle: 'medium',
    });
    const moments = fc.record({
      day: fc.integer({ min: dayOf(2007, 3, 1), max: dayOf(2026, 12, 31) }),
      minute: fc.oneof(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 180, max: 1439 })),
    });
    fc.assert(
      fc.property(moments, (at) => {
        assert.equal(local.format(new Date(isoInstant(at))), localTimestamp(at));
      }),
      { numRuns: 2_000 },
    );
  });

  it('writes dates as each table does', () => {
    const day = dayOf(2004, 2, 29);
    assert.equal(isoDate(day), '2004-02-29');
    assert.equal(legacyDate(day, 'MM/dd/yy'), '02/29/04');
    assert.equal(legacyDate(day, 'MM/dd/yyyy'), '02/29/2004');
    assert.equal(legacyDate(day, 'yyyyMMdd'), '20040229');
    assert.equal(legacyDate(day, 'dd-MMM-yyyy'), '29-Feb-2004');
    assert.equal(isoDate(dayOf(1927, 1, 1)), '1927-01-01');
  });

  it('carries minutes over midnight', () => {
    assert.deepEqual(addMinutes({ day: 10, minute: 1430 }, 20), { day: 11, minute: 10 });
  });
});
