import type { HospitalWish } from '../test/requirements/hospital.ts';
import { testProject } from '../test/requirements/project.ts';
import { openWorkbench } from '../test/requirements/workbench.ts';
import type { MappingFault } from './fault.ts';
import { mappingFaults } from './planted.ts';

/** What the facts comparison said of runs of which each had one mistake in its mapping. */
export interface MappingFaultFigures {
  planted: number;
  caught: number;
  /** Names of those that passed unseen, with how their run ended. */
  misses: { name: string; end: string }[];
  catches: MappingFaultCatch[];
}

export interface MappingFaultCatch {
  fault: MappingFault;
  /** Code of the run's end; `none` when it finished. */
  end: string;
  /** Findings of the facts comparison: the one that a wrong mapping cannot bend. */
  findings: number;
  /** Codes of those findings, the most frequent first. */
  codes: readonly string[];
  verdict: string;
}

/** Move a small hospital once for every planted fault, and see what the facts find. */
export async function measureMappingFaults(
  faults: readonly MappingFault[] = mappingFaults,
  wish: HospitalWish = {},
): Promise<MappingFaultFigures> {
  const catches: MappingFaultCatch[] = [];
  const left = [...faults.entries()];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [at, fault] = next;
      catches[at] = await runFaulty(fault, wish);
    }
  };
  await Promise.all(Array.from({ length: runsAtOnce }, work));
  const missed = catches.filter(({ findings }) => findings === 0);
  return {
    planted: faults.length,
    caught: faults.length - missed.length,
    misses: missed.map(({ fault, end }) => ({ name: fault.name, end })),
    catches,
  };
}

/** A small run mostly waits for its database. */
const runsAtOnce = 3;

async function runFaulty(fault: MappingFault, wish: HospitalWish): Promise<MappingFaultCatch> {
  const project = await testProject(wish);
  const bench = await openWorkbench(project.opened);
  try {
    for (const { file, from, to } of fault.edits) await project.edit(file, from, to);
    const { run, code: end } = await bench.run();
    const found = (await bench.findings(run)).filter(({ verifier }) => verifier === 'facts');
    const byCode = Map.groupBy(found, ({ code }) => code);
    const codes = [...byCode].toSorted(([, one], [, other]) => other.length - one.length);
    const { verdict } = await bench.report(run);
    return {
      fault,
      end,
      findings: found.length,
      codes: codes.map(([code]) => code),
      verdict: verdict.color,
    };
  } finally {
    await bench.close();
    await project.close();
  }
}
