import { stageClinic } from './clinic.ts';
import { endedChildrenSeconds, treeSeconds } from './processes.ts';
import { benchResult, median, rounded, type BenchResult } from './result.ts';

/** Processor seconds of the program and of PostgreSQL, and seconds of the clock, of one run. */
interface Spent {
  rows: number;
  cpu: number;
  wall: number;
}

/**
 * What sealing and auditing cost a whole run of the clinic: with them, beside the same run without, one
 * after the other, by turns. Starts of the program are in both.
 */
export async function benchGuards(rows: number, rounds = 3): Promise<BenchResult> {
  const pairs: { on: Spent; off: Spent }[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = await spentOn(rows, round % 2 === 0);
    const second = await spentOn(rows, round % 2 !== 0);
    pairs.push(round % 2 === 0 ? { on: first, off: second } : { on: second, off: first });
  }
  const middle = (of: (pair: (typeof pairs)[number]) => number): number =>
    rounded(median(pairs.map(of)));
  return benchResult({
    bench: 'guards',
    compared: 'processor time of a whole run sealed and audited, against neither',
    ratio: middle(({ on, off }) => on.cpu / off.cpu),
    goal: { most: 1.15 },
    figures: {
      records: pairs[0]?.on.rows ?? 0,
      pairs: rounds,
      'CPU s, on': middle(({ on }) => on.cpu),
      'CPU s, off': middle(({ off }) => off.cpu),
      's, on': middle(({ on }) => on.wall),
      's, off': middle(({ off }) => off.wall),
      'ratio of the clock': middle(({ on, off }) => on.wall / off.wall),
      'least ratio': rounded(Math.min(...pairs.map(({ on, off }) => on.cpu / off.cpu))),
      'largest ratio': rounded(Math.max(...pairs.map(({ on, off }) => on.cpu / off.cpu))),
    },
  });
}

async function spentOn(rows: number, guarded: boolean): Promise<Spent> {
  const preload = new URL(`unguarded.ts?${guarded ? 'on' : 'off'}`, import.meta.url);
  // From the project's first command on: a key that was made without its cipher does not open with it.
  const clinic = await stageClinic(rows, 'planted', `--import=${preload.href}`);
  try {
    const server = (await clinic.server.pid()) ?? 0;
    const cpu = (): number => endedChildrenSeconds() + treeSeconds(server);
    const [before, began] = [cpu(), performance.now()];
    await clinic.handover('run');
    const wall = (performance.now() - began) / 1000;
    return { rows: clinic.rows, cpu: cpu() - before, wall };
  } finally {
    await clinic.close();
  }
}
