import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { shownCount, shownCounts, shownSizes, smallestCell, withheld } from './smallCells.ts';

test('R20 counts from 1 to 10 are shown as <11, none and 11 are shown', () => {
  assert.deepEqual(
    [0, 1, 10, 11, 4000].map((count) => shownCount(count)),
    [0, '<11', '<11', 11, 4000],
  );
  assert.deepEqual(shownCounts([0, 3, 12, 40], false), [0, '<11', 12, 40]);
  assert.equal(shownCount(19, 20), '<20');
});

test('R20 where the sum is known another count is withheld, so that the small one does not follow', () => {
  assert.deepEqual(shownCounts([3, 12, 40], true), ['<11', withheld, 40]);
  // Two that add up to two are one each.
  assert.deepEqual(shownCounts([1, 1, 40, 900], true), ['<11', '<11', withheld, 900]);
  assert.deepEqual(shownCounts([4, 5, 40, 900], true), ['<11', '<11', 40, 900]);
  // 12 = 1 + 11 has no other answer: one more goes.
  assert.deepEqual(shownCounts([1, 11, 40], true), ['<11', withheld, withheld]);
  assert.deepEqual(shownCounts([5], true), [withheld]);
  assert.deepEqual(shownCounts([12, 40], true), [12, 40]);
});

/** Every way in which the hidden counts of a table add up to what they do, by what a small one may be. */
function answers(
  counts: readonly number[],
  shown: readonly unknown[],
  least: number,
): Set<number>[] {
  const hidden = [...counts.keys()].filter((at) => typeof shown[at] === 'string');
  const sum = hidden.reduce((total, at) => total + (counts[at] as number), 0);
  const found = counts.map(() => new Set<number>());
  const walk = (at: number, left: number, taken: number[]): void => {
    if (at === hidden.length) {
      if (left === 0)
        for (const [place, one] of taken.entries()) found[hidden[place] as number]?.add(one);
      return;
    }
    const isSmall = shown[hidden[at] as number] === `<${least}`;
    const [from, to] = isSmall ? [1, least - 1] : [least, left];
    for (let one = from; one <= Math.min(to, left); one++)
      walk(at + 1, left - one, [...taken, one]);
  };
  walk(0, sum, []);
  return found;
}

test('R20 property: whoever knows the sum and all that is shown has two answers for every small count', () => {
  const least = 4;
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 }),
      (counts) => {
        const shown = shownCounts(counts, true, least);
        if (shown.every((one) => one === 0 || one === withheld)) return;
        const possible = answers(counts, shown, least);
        for (const [at, one] of shown.entries()) {
          if (typeof one === 'number') assert.equal(one, counts[at]);
          else if (one === `<${least}`)
            assert.ok((possible[at] as Set<number>).size >= 2, `${counts.join()}: ${shown.join()}`);
        }
      },
    ),
    { numRuns: 2_000 },
  );
});

test('R20 sizes of clusters are put together from the end until none is small', () => {
  const sizes = [
    { size: 1, persons: 900 },
    { size: 2, persons: 40 },
    { size: 3, persons: 9 },
    { size: 5, persons: 3 },
  ];
  assert.deepEqual(shownSizes(sizes), [
    { size: 1, persons: 900, andMore: false },
    { size: 2, persons: 40, andMore: false },
    { size: 3, persons: 12, andMore: true },
  ]);
  assert.deepEqual(
    shownSizes([
      { size: 1, persons: 6 },
      { size: 2, persons: 30 },
    ]),
    [{ size: 1, persons: 36, andMore: true }],
  );
  assert.deepEqual(shownSizes([{ size: 1, persons: 4 }]), [
    { size: 1, persons: '<11', andMore: false },
  ]);
  assert.deepEqual(shownSizes([]), []);
  fc.assert(
    fc.property(fc.array(fc.nat(60), { maxLength: 8 }), (persons) => {
      const shown = shownSizes(persons.map((count, at) => ({ size: at + 1, persons: count })));
      assert.ok(
        shown.every(
          ({ persons: one }) => one === 0 || one === '<11' || Number(one) >= smallestCell,
        ),
      );
    }),
  );
});
