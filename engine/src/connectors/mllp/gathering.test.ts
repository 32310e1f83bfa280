import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { manualClock, systemClock } from '../../base/clock.ts';
import { Gathering } from './gathering.ts';

describe('gathering', () => {
  test('who comes first, alone or after a pause is not held up', async () => {
    const clock = manualClock(new Date(0));
    const gathering = new Gathering(clock);
    await gathering.company(1);
    gathering.begin(12, 1);
    await gathering.company(1);
    gathering.begin(12, 64);
    clock.advance(3);
    await gathering.company(1);
    assert.equal(clock.monotonicMs(), 3);
  });

  test('a quarter of the time of the last commit is waited, and five milliseconds at most', async () => {
    const clock = manualClock(new Date(0));
    const gathering = new Gathering(clock);
    gathering.begin(12, 64);
    await gathering.company(32);
    assert.equal(clock.monotonicMs(), 3);
    gathering.begin(4_000, 64);
    await gathering.company(32);
    assert.equal(clock.monotonicMs(), 8);
  });

  test('no longer than until all that are expected have come', async () => {
    const gathering = new Gathering({ ...systemClock, monotonicMs: () => 0 });
    gathering.begin(20, 3);
    const company = gathering.company(1);
    gathering.arrived(2);
    gathering.arrived(3);
    await company;
  });
});
