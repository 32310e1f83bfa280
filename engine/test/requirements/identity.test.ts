import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measureDirectories } from '../../measure/directories.ts';
import { measureIdentity } from '../../measure/identity.ts';

test('five sources of one region: no wrong link, every overlay told, few questions', async () => {
  const found = await measureIdentity({ people: 500, seed: 'requirement' });
  assert.equal(found.wrongLinks, 0);
  assert.equal(found.precision, 1);
  assert.ok(found.recall > 0.94, `recall ${found.recall}`);
  assert.ok(found.review < 0.035, `review ${found.review}`);
  assert.ok(found.overlaysPlanted > 0);
  assert.equal(found.overlaysAlarmed, found.overlaysPlanted);
});

test('R10 four directories of practitioners and insurers: no wrong link, whoever has a number found, and questions for the rest', async () => {
  for (const found of await measureDirectories({ providers: 300, seed: 'requirement' })) {
    assert.equal(found.wrongLinks, 0, found.kind);
    assert.equal(found.precision, 1, found.kind);
    assert.ok(found.recall > 0.7, `${found.kind}: recall ${found.recall}`);
    assert.ok(found.review < 0.2, `${found.kind}: review ${found.review}`);
  }
});
