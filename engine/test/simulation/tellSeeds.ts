import { execFileSync } from 'node:child_process';
import { everyFault } from './faults.ts';
import { openLedgerDatabase } from './ledgerDatabase.ts';
import { scenarioOf } from './scenario.ts';
import { Simulation } from './simulation.ts';

/** What came of the stories of some seeds. */
export interface Told {
  /** How many seeds met each fault. */
  struck: ReadonlyMap<string, number>;
  /** Seeds and commit, enough to see the same again, and what was not as it must be. */
  failures: readonly string[];
}

/** A seed that takes longer hangs. */
const longestMs = 120_000;
const mostFailures = 3;

/** Tell the story of each seed against one real database, up to the third that fails. */
export async function tellSeeds(seeds: readonly number[], told: () => void): Promise<Told> {
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
      told();
    }
  } finally {
    await ledger.close();
  }
  return { struck, failures };
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
