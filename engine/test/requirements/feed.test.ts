import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureFeed } from '../../measure/feed.ts';

test('every acknowledged message of a live feed is kept once, and none older overwrites a newer', async () => {
  const found = await measureFeed({ messages: 3_000, load: true });
  const { lost, doubled, altered, unknown, refused } = found;
  const none = { lost: 0, doubled: 0, altered: 0, unknown: 0, refused: 0 };
  assert.deepEqual({ lost, doubled, altered, unknown, refused }, none, `seed ${found.seed}`);
  assert.deepEqual([found.acknowledged, found.kept], [3_000, 3_000]);
  const whole = { run: 0, patients: 260, stale: 0, missing: 0, ledgered: 3_000, distinct: 3_000 };
  assert.deepEqual(found.target, whole);
  // The faults were there.
  assert.ok(found.kills === 3 && found.disconnects > 10 && found.duplicates > 10);
  assert.ok(found.outOfOrder > 10, `${found.outOfOrder} messages came behind newer ones`);
});
