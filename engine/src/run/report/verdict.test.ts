import assert from 'node:assert/strict';
import test from 'node:test';
import { greenReport, reportOf } from './testing.ts';

test('a stream that was read otherwise than the source counted it is not green', () => {
  const { verdict: _, format: __, project: ___, ...facts } = greenReport();
  assert.equal(reportOf(facts).verdict.color, 'green');
  const [first, ...others] = facts.streams;
  assert.ok(first);
  const counted = { ...first, sourceCount: first.read - 1 };
  const { verdict } = reportOf({ ...facts, streams: [counted, ...others] });
  assert.deepEqual(verdict, {
    color: 'amber',
    sentence: 'Nothing compared differs, but not everything is settled.',
    reasons: ['1 stream was not read as the source counted it when it was assessed.'],
  });
});
