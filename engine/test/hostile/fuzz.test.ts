import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attacked, fuzz } from './fuzz.ts';

/** A share; `npm run measure fuzz -- --minutes 60` takes an hour. */
const runs = 300;

for (const format of Object.keys(attacked)) {
  test(`R13 ${format}: files changed at random`, async () => {
    const { failure } = await fuzz(format, { seed: Date.now() % 2 ** 31, runs });
    assert.equal(failure, undefined);
  });
}
