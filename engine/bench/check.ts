import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stageClinic } from './clinic.ts';
import { endedChildrenSeconds, treeSeconds } from './processes.ts';
import { benchResult, median, rounded, type BenchResult } from './result.ts';

const guide = 'hl7.fhir.us.core-7.0.0.tgz';

/** Processor seconds of the program and of PostgreSQL, and seconds of the clock, of one run. */
interface Spent {
  rows: number;
  cpu: number;
  wall: number;
}

interface Pair {
  on: Spent;
  off: Spent;
}

/**
 * What US Core costs in the phase `check`, of a whole run of the clinic: a run whose plan names the guide,
 * beside the same run whose plan does not, one after the other, by turns. Starts of the program and what
 * R4's own types are judged by are in both; reading the guide is in the one.
 */
export async function benchCheck(rows: number, rounds = 3): Promise<BenchResult> {
  const pairs: Pair[] = [];
  for (let round = 0; round < rounds; round++) {
    const first = await spentOn(rows, round % 2 === 0);
    const second = await spentOn(rows, round % 2 !== 0);
    pairs.push(round % 2 === 0 ? { on: first, off: second } : { on: second, off: first });
  }
  const middle = (of: (pair: Pair) => number): number => rounded(median(pairs.map(of)));
  const share = ({ on, off }: Pair): number => (on.cpu - off.cpu) / on.cpu;
  return benchResult({
    bench: 'check',
    compared: 'processor time that US Core adds to a whole run, of that of the run with it',
    ratio: middle(share),
    goal: { most: 0.2 },
    figures: {
      records: pairs[0]?.on.rows ?? 0,
      pairs: rounds,
      'CPU s, on': middle(({ on }) => on.cpu),
      'CPU s, off': middle(({ off }) => off.cpu),
      's, on': middle(({ on }) => on.wall),
      's, off': middle(({ off }) => off.wall),
      'least share': rounded(Math.min(...pairs.map(share))),
      'largest share': rounded(Math.max(...pairs.map(share))),
    },
  });
}

async function spentOn(rows: number, isOn: boolean): Promise<Spent> {
  const clinic = await stageClinic(rows);
  try {
    if (isOn) await askForGuide(clinic.project);
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

/** The plan judges by US Core, whose profiles the drafts of the template claim. */
async function askForGuide(project: string): Promise<void> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const shared = process.env['HANDOVER_SHARED'] ?? join(root, '../shared/data');
  await copyFile(join(shared, 'fhir/packages', guide), join(project, guide));
  const plan = join(project, 'handover.yaml');
  const text = await readFile(plan, 'utf8');
  await writeFile(plan, `${text}\ncheck: { packages: [${guide}] }\n`);
}
