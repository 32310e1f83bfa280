import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { phases } from '../src/model/phase.ts';
import { stageClinic, type Clinic } from './clinic.ts';
import { endedChildrenSeconds, treeSeconds } from './processes.ts';
import { benchResult, rounded, type BenchResult } from './result.ts';

const guide = 'hl7.fhir.us.core-7.0.0.tgz';

/**
 * What the phase `check` costs with US Core, of a whole run of the clinic: every phase alone, and once
 * more when nothing is left for it to do, which is what starting and ending cost and is taken off.
 */
export async function benchCheck(rows: number): Promise<BenchResult> {
  const clinic = await stageClinic(rows);
  try {
    await askForGuide(clinic.project);
    const spent = new Map<string, Spent>();
    for (const [at, phase] of phases.entries()) {
      const command = at === 0 ? 'run' : 'resume';
      const work = await secondsOf(clinic, command, '--only', phase);
      const idle = await secondsOf(clinic, 'resume', '--only', phase);
      spent.set(phase, { cpu: work.cpu - idle.cpu, wall: work.wall - idle.wall });
    }
    return resultOf(clinic.rows, spent);
  } finally {
    await clinic.close();
  }
}

/** Processor seconds of the program and of PostgreSQL, and seconds of the clock. */
interface Spent {
  cpu: number;
  wall: number;
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

async function secondsOf(clinic: Clinic, ...words: readonly string[]): Promise<Spent> {
  const server = (await clinic.server.pid()) ?? 0;
  const cpu = (): number => endedChildrenSeconds() + treeSeconds(server);
  const [before, began] = [cpu(), performance.now()];
  await clinic.handover(...words);
  return { cpu: cpu() - before, wall: (performance.now() - began) / 1000 };
}

function resultOf(rows: number, spent: ReadonlyMap<string, Spent>): BenchResult {
  const sum = (what: keyof Spent): number =>
    [...spent.values()].reduce((total, each) => total + Math.max(0, each[what]), 0);
  const check = spent.get('check') ?? { cpu: 0, wall: 0 };
  const figures = [...spent].map(
    ([phase, { cpu }]) => [`CPU s, ${phase}`, rounded(Math.max(0, cpu))] as const,
  );
  return benchResult({
    bench: 'check',
    compared: 'processor time of the phase check with US Core, of that of the whole run',
    ratio: rounded(check.cpu / sum('cpu')),
    goal: { most: 0.2 },
    figures: {
      records: rows,
      ...Object.fromEntries(figures),
      'share of the clock': rounded(check.wall / sum('wall')),
      's, check': rounded(check.wall),
      's, all phases': rounded(sum('wall')),
    },
  });
}
