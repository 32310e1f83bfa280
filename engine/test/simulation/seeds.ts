import { strict as assert } from 'node:assert';
import type { TestContext } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { Told } from './tellSeeds.ts';

/** Of a thousand seeds in all, each of two files of tests takes half: they run side by side. */
const seedsOfAFile = 500;

/** The seeds of one file: `first`, `first + 2` …, or the one seed that HANDOVER_SEED names. */
export function seedsFrom(first: 0 | 1, environment = process.env): number[] {
  const { HANDOVER_SEED: one, HANDOVER_SEEDS: wanted } = environment;
  if (one !== undefined) return Number(one) % 2 === first ? [Number(one)] : [];
  const count = wanted === undefined ? seedsOfAFile : Math.ceil(Number(wanted) / 2);
  return Array.from({ length: count }, (_, at) => first + 2 * at);
}

/**
 * Tell the story of each seed in a thread of its own, with a database of its own. node:test follows
 * every promise of the thread that it runs in, which would cost as much again as a story does.
 * @param told told of each seed that ended well.
 */
export function simulate(
  seeds: readonly number[],
  told: () => void = () => undefined,
): Promise<Told> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./thread.ts', import.meta.url), { workerData: seeds });
    thread.on('message', (message: Told | 'told') =>
      message === 'told' ? told() : resolve(message),
    );
    thread.on('error', reject);
    thread.on('exit', () => reject(new Error('the thread ended before its stories did')));
  });
}

/** What the seeds of a file went through is told, so that a fault that never strikes is seen. */
export async function simulateAll(context: TestContext, seeds: readonly number[]): Promise<void> {
  const { struck, failures } = await simulate(seeds);
  assert.equal(failures.length, 0, failures.join('\n'));
  const counted = [...struck].map(([fault, count]) => `${fault} ${count}`);
  context.diagnostic(`${seeds.length} seeds; met by so many: ${counted.join(', ')}`);
  // Otherwise the seeds show less than they say.
  const never = [...struck].filter(([, count]) => count === 0).map(([fault]) => fault);
  if (seeds.length >= seedsOfAFile) assert.deepEqual(never, [], 'faults that no seed met');
}
