import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tally } from './tally.ts';

const skip = { name: 'needs psql', place: 'a.test.ts:1', reason: 'no psql here' };
const failure = { name: 'adds', place: 'a.test.ts:2', detail: '1 is not 2' };

test('outcomes add up to the line that ends a run', () => {
  const tally = new Tally({ noSkips: false });
  tally.add({ passed: 3, failures: [failure], skips: [skip], notes: [] });
  tally.add({ passed: 1, failures: [], skips: [], notes: [] });
  assert.equal(tally.summary(), '4 passed, 1 failed, 1 skipped');
});

test('where skips are forbidden each is a failure with its reason', () => {
  const tally = new Tally({ noSkips: true });
  tally.add({ passed: 3, failures: [], skips: [skip], notes: [] });
  assert.equal(tally.summary(), '3 passed, 1 failed, 0 skipped');
  assert.match(tally.failures[0]?.detail ?? '', /no psql here/);
});
