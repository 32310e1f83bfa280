import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { array, assert as assertProperty, double, property } from 'fast-check';
import { defaultPace, Pacer } from './pacer.ts';

/** Pauses after batches of 1,000 records that took so many milliseconds each. */
function pauses(latenciesMs: readonly number[]): number[] {
  const pacer = new Pacer();
  return latenciesMs.map((latencyMs) => pacer.after(latencyMs, 1_000));
}

describe('pacing of a source (R17)', () => {
  it('does not pause while the source answers as it always did', () => {
    assert.deepEqual(pauses([200, 210, 190, 250, 205, 198, 260]), [0, 0, 0, 0, 0, 0, 0]);
  });

  it('steps back further and further while the source is burdened', () => {
    const [, , , ...burdened] = pauses([100, 100, 100, 900, 900, 900, 900, 900]);
    assert.ok(burdened.every((pauseMs, at) => at === 0 || pauseMs >= (burdened[at - 1] ?? 0)));
    assert.ok((burdened[0] ?? 0) >= 100, burdened.join());
    assert.ok((burdened.at(-1) ?? 0) >= 2_000, burdened.join());
  });

  it('comes back when the burden is gone', () => {
    const after = pauses([100, 100, 900, 900, 900, ...Array.from({ length: 12 }, () => 100)]);
    assert.equal(after.at(-1), 0);
  });

  it('takes a source that is slow for good as it is', () => {
    const after = pauses([100, ...Array.from({ length: 60 }, () => 300)]);
    assert.ok((after[5] ?? 0) > 0);
    assert.equal(after.at(-1), 0);
  });

  it('says nothing to small or empty batches that come at once', () => {
    const pacer = new Pacer();
    assert.equal(pacer.after(300, 5_000), 0);
    assert.equal(pacer.after(40, 3), 0);
    assert.equal(pacer.after(10, 0), 0);
  });

  it('never pauses longer than it may', () => {
    assertProperty(
      property(array(double({ min: 0, max: 60_000, noNaN: true })), (latenciesMs) => {
        for (const pauseMs of pauses(latenciesMs)) {
          assert.ok(pauseMs >= 0 && pauseMs <= defaultPace.longestPauseMs);
        }
      }),
    );
  });
});
