import { strict as assert } from 'node:assert';
import { execFileSync } from 'node:child_process';
import type { TestContext } from 'node:test';
import { everyFault } from './faults.ts';
import { openLedgerDatabase } from './ledgerDatabase.ts';
import { scenarioOf } from './scenario.ts';
import { Simulation } from './simulation.ts';

/** Of a thousand seeds in all, each of two files of tests takes half: they run side by side. */
const seedsOfAFile = 500;
/** A seed that takes longer hangs. */
const longestMs = 120_000;
const mostFailures = 3;

/** The seeds of one file: `first`, `first + 2` …, or the one seed that HANDOVER_SEED names. */
export function seedsFrom(first: 0 | 1, environment = process.env): number[] {
  const { HANDOVER_SEED: one, HANDOVER_SEEDS: wanted } = environment;
  if (one !== undefined) return Number(one) % 2 === first ? [Number(one)] : [];
  const count = wanted === undefined ? seedsOfAFile : Math.ceil(Number(wanted) / 2);
  return Array.from({ length: count }, (_, at) => first + 2 * at);
}

/**
 * Tell the story of each seed against one real database; returns how many seeds met each fault.
 * @throws AssertionError with seeds and commit, enough to see the same again.
 */
export async function simulate(seeds: readonly number[]): Promise<ReadonlyMap<string, number>> {
  const ledger = await openLedgerDatabase();
  const struck = new Map(everyFault.map((fault) => [fault, 0]));
  const failures: string[] = [];
  try {
    for (const seed of seeds) {
      const simulation = new Simulation(scenarioOf(seed), seed, ledger);
      try {
        await inTime(simulation.tell());
      } catch (error) {
        failures.push(failureOf(seed, simulation, error));
        if (failures.length === mostFailures) break;
      }
      for (const fault of new Set(simulation.faults)) {
        struck.set(fault, (struck.get(fault) ?? 0) + 1);
      }
      await ledger.reset();
    }
  } finally {
    await ledger.close();
  }
  assert.equal(failures.length, 0, failures.join('\n'));
  return struck;
}

/** What the seeds of a file went through is told, so that a fault that never strikes is seen. */
export async function simulateAll(context: TestContext, seeds: readonly number[]): Promise<void> {
  const struck = await simulate(seeds);
  const counted = [...struck].map(([fault, count]) => `${fault} ${count}`);
  context.diagnostic(`${seeds.length} seeds; met by so many: ${counted.join(', ')}`);
  // Otherwise the seeds show less than they say.
  const never = [...struck].filter(([, count]) => count === 0).map(([fault]) => fault);
  if (seeds.length >= seedsOfAFile) assert.deepEqual(never, [], 'faults that no seed met');
}

function failureOf(seed: number, simulation: Simulation, error: unknown): string {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const faults = simulation.faults.join(', ') || 'none';
  return `seed ${seed} at commit ${commit()}, faults: ${faults}
see it again: HANDOVER_SEED=${seed} npm test -- simulation
${what}\n`;
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}

async function inTime(told: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it hangs')), longestMs);
  });
  try {
    await Promise.race([told, late]);
  } finally {
    clearTimeout(timer);
  }
}
