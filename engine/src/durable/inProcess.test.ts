import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { manualClock, systemClock } from '../base/clock.ts';
import { seededRandom } from '../base/random.ts';
import { durableConformance } from './conformance.ts';
import type { Bench } from './conformance.ts';
import { InProcessEngine } from './inProcess.ts';
import { DurableWorld } from './inProcessWorld.ts';
import { token } from './storable.ts';

durableConformance('in process', async (): Promise<Bench> => {
  const world = new DurableWorld({ clock: systemClock, random: seededRandom(1) });
  return {
    engine: () => new InProcessEngine({ world }),
    dump: async () => world.dump(),
    close: async () => undefined,
  };
});

interface Simulation {
  trace: string[];
  committed: Map<string, number>;
  result: unknown;
}

/** Two workers, eight slices of five batches, and faults drawn from the seed. */
async function simulate(seed: number): Promise<Simulation> {
  const random = seededRandom(seed);
  const clock = manualClock(new Date('2026-01-01T00:00:00Z'));
  const world = new DurableWorld({ clock, random });
  const trace: string[] = [];
  const committed = new Map<string, number>();
  let faults = 6;
  const spawn = (): void => {
    const engine = new InProcessEngine({ world });
    engine.register('run', 'coordinator', async (context) => {
      await context.sleep(60_000);
      const ids = Array.from({ length: 8 }, (_, n) => token(`${context.id}/${n}`));
      const children = ids.map((id) => ({ name: 'slice', id, input: { from: 0 } }));
      const outcomes = await context.runChildren(children);
      return outcomes.filter((outcome) => outcome.state === 'finished').length;
    });
    engine.register('slice', 'slice', async (context, input: { from: number }) => {
      for (let batch = input.from; batch < 5; batch++) {
        await context.step('batch', async () => {
          trace.push(`${context.id} ${batch}`);
          const draw = faults > 0 ? random.integer(12) : 12;
          if (draw < 2) faults--;
          if (draw === 1) engine.lapse();
          // The compare-and-set of the caller's own transaction.
          if ((committed.get(context.id) ?? 0) === batch) committed.set(context.id, batch + 1);
          if (draw === 0) {
            engine.crash();
            spawn();
            throw new Error('killed');
          }
          return batch;
        });
        if (batch === 2 && input.from < 3) await context.continueAsNew({ from: 3 });
      }
      return 5;
    });
    void engine.launch({ work: true, concurrency: 3 });
  };
  spawn();
  spawn();
  const watcher = new InProcessEngine({ world });
  watcher.register('run', 'coordinator', async () => null);
  await watcher.start('run', 'r', null);
  const result = await watcher.result('r');
  return { trace, committed, result };
}

describe('durable engine in process', () => {
  it('finishes the same work whatever dies, and in the same order for the same seed', async () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const { trace, committed, result } = await simulate(seed);
      assert.equal(result, 8, `seed ${seed}`);
      assert.equal([...committed.values()].filter((batches) => batches === 5).length, 8);
      orders.add(trace.join());
      if (seed % 30 === 0) assert.deepEqual((await simulate(seed)).trace, trace, `seed ${seed}`);
    }
    assert.ok(orders.size > 290, `${orders.size} different orders`);
  });
});
