import type { CauseLine } from '../src/contract/report.ts';
import type { HospitalWish } from '../test/requirements/hospital.ts';
import { testProject } from '../test/requirements/project.ts';
import { openWorkbench } from '../test/requirements/workbench.ts';
import type { MappingFault } from './fault.ts';
import { chartFaults } from './plantedChart.ts';
import { mappingFaults } from './plantedMappings.ts';

/** What was said of runs of which each had one mistake in its mapping. */
export interface MappingFaultFigures {
  planted: number;
  /** Told by the facts comparison, or held by the check. */
  caught: number;
  /** Of those, what the check of drafts held before any of it was written: nothing came to differ. */
  heldByCheck: number;
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
  /** Codes of those findings, the most frequent first; where there are none, of what was held. */
  codes: readonly string[];
  /** Drafts that the check held; without the fault it holds none. */
  held: number;
  verdict: string;
}

/**
 * Move a small hospital once for every fault planted in the first five tables, and a whole one once
 * for every round of faults in the others, and see what the facts find.
 */
export async function measureMappingFaults(
  faults: readonly MappingFault[] = mappingFaults,
  wish: HospitalWish = {},
): Promise<MappingFaultFigures> {
  const single = await runSingly(faults, wish);
  const catches = [...single, ...(await runRounds())];
  const untold = catches.filter(({ findings }) => findings === 0);
  const missed = untold.filter(({ held }) => held === 0);
  return {
    planted: catches.length,
    caught: catches.length - missed.length,
    heldByCheck: untold.length - missed.length,
    misses: missed.map(({ fault, end }) => ({ name: fault.name, end })),
    catches,
  };
}

/** One fault of each table at a time: what the facts of a stream tell is told of its own fault. */
async function runRounds(): Promise<MappingFaultCatch[]> {
  const most = Math.max(...Object.values(chartFaults).map(({ length }) => length));
  const catches: MappingFaultCatch[] = [];
  for (let round = 0; round < most; round++) {
    const planted = Object.entries(chartFaults).flatMap(([table, faults]) => {
      const fault = faults[round];
      return fault === undefined ? [] : [{ stream: `clinic.${table}`, fault }];
    });
    catches.push(...(await runRound(planted)));
  }
  return catches;
}

async function runRound(
  planted: readonly { stream: string; fault: MappingFault }[],
): Promise<MappingFaultCatch[]> {
  const project = await testProject({ tables: 'all', patients: 120 });
  const bench = await openWorkbench(project.opened);
  try {
    for (const { file, from, to } of planted.flatMap(({ fault }) => fault.edits)) {
      await project.edit(file, from, to);
    }
    const { run, code: end } = await bench.run();
    const { findings, verdict, held } = await bench.report(run);
    return planted.map(({ stream, fault }) => {
      const own = findings.filter((line) => line.stream === stream && line.verifier === 'facts');
      const byCheck = heldByCheck(held.filter((line) => line.stream === stream));
      return {
        fault,
        end,
        findings: sumOf(own),
        codes: [...new Set((own.length > 0 ? own : byCheck).map(({ code }) => code))],
        held: sumOf(byCheck),
        verdict: verdict.color,
      };
    });
  } finally {
    await bench.close();
    await project.close();
  }
}

/** Only what the check itself held: what hangs on it is held for its sake. */
function heldByCheck(held: readonly CauseLine[]): CauseLine[] {
  return held.filter(({ phase }) => phase === 'check');
}

function sumOf(lines: readonly { count: number }[]): number {
  return lines.reduce((sum, { count }) => sum + count, 0);
}

async function runSingly(
  faults: readonly MappingFault[],
  wish: HospitalWish,
): Promise<MappingFaultCatch[]> {
  const catches: MappingFaultCatch[] = [];
  const left = [...faults.entries()];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [at, fault] = next;
      catches[at] = await runFaulty(fault, wish);
    }
  };
  await Promise.all(Array.from({ length: runsAtOnce }, work));
  return catches;
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
    const { verdict, held } = await bench.report(run);
    const byCheck = heldByCheck(held);
    const told = codes.map(([code]) => code);
    return {
      fault,
      end,
      findings: found.length,
      codes: told.length > 0 ? told : [...new Set(byCheck.map(({ code }) => code))],
      held: sumOf(byCheck),
      verdict: verdict.color,
    };
  } finally {
    await bench.close();
    await project.close();
  }
}
