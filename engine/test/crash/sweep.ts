import { seededRandom, type Random } from '../../src/base/random.ts';
import type { DurableMoment } from '../../src/base/durableOperation.ts';
import type { Lane } from './stand.ts';
import { breakRun, type Strike, type TrialResult, type Unbroken } from './trial.ts';

/** A trial that a lane can be given. */
export interface Trial {
  name: string;
  strikes: readonly Strike[];
}

const moments: readonly DurableMoment[] = ['before', 'after'];

/**
 * One trial for each moment of each durable operation of the unbroken run; the recovery of each is
 * broken once more, at a place that the seed chooses.
 */
export function everyPoint(unbroken: Unbroken, seed: string): Trial[] {
  const total = unbroken.operations.length;
  return unbroken.operations.flatMap((_, index) =>
    moments.map((moment) => {
      const at = index + 1;
      const name = `${moment} operation ${at}`;
      const random = seededRandom(`${seed} ${name}`);
      return { name, strikes: [{ at, moment }, inRecovery(random, total - index)] };
    }),
  );
}

/** Somewhere in a recovery that has about `left` operations to do, and a few to take the run up. */
function inRecovery(random: Random, left: number): Strike {
  return { at: 1 + random.integer(left + 4), moment: moments[random.integer(2)] ?? 'before' };
}

/** Killed from outside at any instant, up to three times in a row. */
export function randomKills(unbroken: Unbroken, seed: string, count: number): Trial[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `random kill ${index + 1}`;
    const random = seededRandom(`${seed} ${name}`);
    const strikes = Array.from({ length: 1 + random.integer(3) }, () => ({
      afterMs: Math.round(random.next() * unbroken.durationMs),
    }));
    return { name, strikes };
  });
}

/** About `share` of the trials, chosen by the seed. */
export function sample<T>(all: readonly T[], share: number, seed: string): T[] {
  if (share >= 1) return [...all];
  const random = seededRandom(`${seed} sample`);
  const left = [...all];
  const count = Math.ceil(all.length * share);
  return Array.from({ length: count }, () => left.splice(random.integer(left.length), 1)[0] as T);
}

/** Work through the trials with all lanes at once; results come in the order in which they end. */
export async function breakAll(
  lanes: readonly Lane[],
  trials: readonly Trial[],
  unbroken: Unbroken,
  tell: (result: TrialResult) => void,
): Promise<void> {
  const left = [...trials];
  await Promise.all(
    lanes.map(async (lane) => {
      for (let trial = left.shift(); trial !== undefined; trial = left.shift()) {
        tell(await breakRun(lane, trial.name, trial.strikes, unbroken));
      }
    }),
  );
}
