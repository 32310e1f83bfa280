import assert from 'node:assert/strict';
import { test } from 'node:test';
import { growing } from './growth.ts';
import { costOf, ofLength, readHostile } from './hostileFile.ts';

const few = 1000;
const times = 4;

/** Twice what is linear, and what a clock and a collector make of a moment. */
const allowed = 2 * times;
const allowedMs = 120;

for (const { what, reader, of } of growing) {
  test(`R13 ${what}: ${times} times as many take as many times as long`, async () => {
    const [small, large] = [ofLength(of(few)), ofLength(of(few * times))];
    const cost = async (bytes: Buffer): Promise<number> => {
      const rounds = [];
      for (let round = 0; round < 3; round++) {
        rounds.push(await costOf(() => readHostile(reader, bytes)));
      }
      return Math.min(...rounds);
    };
    const [least, most] = [await cost(small), await cost(large)];
    assert.ok(most <= least * allowed + allowedMs, `${least} ms, then ${most} ms`);
  });
}
