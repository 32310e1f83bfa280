import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { TargetId } from '../model/target.ts';
import { bucketCountFor, BucketNames, planRounds, ScanSum } from './scan.ts';

const key = Buffer.alloc(32, 7);
const bucketCount = 16;
const ids = fc.array(fc.nat(60).map((number): TargetId => ({ type: 'Patient', id: `p${number}` })));

function sumOf(resources: readonly TargetId[]): ScanSum {
  const sum = new ScanSum(key, bucketCount);
  for (const resource of resources) sum.add(resource);
  return sum;
}

/** Both passes, as whoever calls streams them. */
function scan(expected: readonly TargetId[], seen: readonly TargetId[], mostIds = 10): string[] {
  const expectedSum = sumOf(expected);
  const differing = expectedSum.differingBuckets(sumOf(seen));
  return planRounds(expectedSum, differing, mostIds).flatMap((buckets) => {
    const names = new BucketNames(key, bucketCount, buckets);
    for (const resource of expected) names.expect(resource);
    for (const resource of seen) names.see(resource);
    return names.findings().map(({ code, id }) => `${code} ${id}`);
  });
}

describe('scan', () => {
  it('R04 the same ids in any order need no second pass', () => {
    fc.assert(
      fc.property(ids, fc.infiniteStream(fc.nat()), (all, order) => {
        const shuffled = all
          .map((item) => ({ item, rank: order.next().value }))
          .toSorted((one, other) => one.rank - other.rank)
          .map(({ item }) => item);
        assert.deepEqual(sumOf(all).differingBuckets(sumOf(shuffled)), []);
      }),
    );
  });

  it('R04 names exactly what is extra, doubled and missing', () => {
    fc.assert(
      fc.property(ids, ids, (some, seen) => {
        const expected = [...new Map(some.map((item) => [item.id, item])).values()];
        const wanted = new Set(expected.map(({ id }) => id));
        const times = Map.groupBy(seen, ({ id }) => id);
        const truth = [
          ...[...times.keys()].filter((id) => !wanted.has(id)).map((id) => `extra-in-target ${id}`),
          ...[...times]
            .filter(([id, all]) => wanted.has(id) && all.length > 1)
            .map(([id]) => `doubled-in-target ${id}`),
          ...[...wanted].filter((id) => !times.has(id)).map((id) => `missing-in-target ${id}`),
        ];
        assert.deepEqual(scan(expected, seen).toSorted(), truth.toSorted());
      }),
    );
  });

  it('a second copy that leaves sum and xor in doubt is seen by the count', () => {
    const one = { type: 'Patient', id: 'a' };
    assert.deepEqual(scan([one], [one, one, one]), ['doubled-in-target a']);
  });

  it('what was removed and made again is created twice, and there once', () => {
    const one = { type: 'Patient', id: 'a' };
    assert.deepEqual(scan([one, one], [one]), []);
    assert.deepEqual(scan([one, one], []), ['missing-in-target a']);
  });

  it('the type is part of the id', () => {
    const findings = scan([{ type: 'Patient', id: 'a' }], [{ type: 'Encounter', id: 'a' }]);
    assert.deepEqual(findings.toSorted(), ['extra-in-target a', 'missing-in-target a']);
  });

  it('no round holds more than the bound, unless one bucket alone does', () => {
    const expected = sumOf(
      Array.from({ length: 300 }, (_, at) => ({ type: 'Patient', id: `${at}` })),
    );
    const all = Array.from({ length: bucketCount }, (_, bucket) => bucket);
    const rounds = planRounds(expected, all, 60);
    assert.deepEqual(
      rounds.flatMap((round) => [...round]),
      all,
    );
    for (const round of rounds) {
      const held = [...round].reduce((sum, bucket) => sum + expected.count(bucket), 0);
      assert.ok(held <= 60 || round.size === 1);
    }
    assert.equal(bucketCountFor(0, 100_000), 256);
    assert.equal(bucketCountFor(100_000_000, 100_000), 4000);
  });

  it('extra ids beyond the bound are counted, not held', () => {
    const names = new BucketNames(key, 1, new Set([0]), 5);
    for (let at = 0; at < 20; at++) names.see({ type: 'Patient', id: `x${at}` });
    names.see({ type: 'Patient', id: 'x0' });
    assert.equal(names.findings().length, 5);
    assert.equal(names.unnamed, 15);
  });
});
