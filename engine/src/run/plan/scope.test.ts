import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstDay } from './scope.ts';

test('a period is counted back from the stated day, by the calendar', () => {
  const days = [
    ['5 years', '2026-06-30', '2021-06-30'],
    ['1 year', '2024-02-29', '2023-02-28'],
    ['1 month', '2026-03-31', '2026-02-28'],
    ['18 months', '2026-06-30', '2024-12-30'],
    ['30 days', '2026-03-01', '2026-01-30'],
    ['1999-12-31', '2026-06-30', '1999-12-31'],
  ] as const;
  for (const [since, asOf, first] of days) assert.equal(firstDay(since, asOf), first, since);
});
