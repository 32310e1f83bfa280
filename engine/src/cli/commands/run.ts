import { spawn, type ChildProcess } from 'node:child_process';
import { exitCodes, type ExitCode } from '../../base/errors.ts';
import { systemClock } from '../../base/clock.ts';
import { systemRandom } from '../../base/random.ts';
import type { RunReport } from '../../contract/report.ts';
import { exceptionCauses } from '../../ledger/exceptions.ts';
import { findRun, runRevisions, type Run } from '../../ledger/runs.ts';
import type { Phase } from '../../model/phase.ts';
import type { Problem } from '../../model/problem.ts';
import type { Stream } from '../../model/stream.ts';
import {
  chooseRun,
  chooseWholeRun,
  coordinatorEnd,
  enterRun,
  orderVerification,
  pauseRun,
  reopenRun,
  startCoordinator,
} from '../../run/begin.ts';
import { openEndpoints } from '../../run/endpoints.ts';
import { inventory } from '../../run/phases/assess.ts';
import { readProject, type Judged, type ProjectText } from '../../run/plan/read.ts';
import { dispositionProblems } from '../../run/plan/dispositionProblems.ts';
import { compilePlan, mappingPlan, type CompiledPlan } from '../../run/plan/compile.ts';
import { inOrder } from '../../run/plan/shape.ts';
import { readStreamFiles } from '../../run/plan/streamFiles.ts';
import {
  identitiesOf,
  judgeStreams,
  planInvalid,
  type CompiledStreams,
} from '../../run/plan/streams.ts';
import { stewardshipProblems } from '../../run/plan/stewardship.ts';
import { targetProblems } from '../../run/plan/targets.ts';
import { buildReport } from '../../run/report/build.ts';
import { readRevision } from '../../run/revision.ts';
import type { RunEnd } from '../../run/workflows.ts';
import type { Database } from '../../store/database.ts';
import {
  connectorServices,
  connectorsOf,
  judgesOf,
  openWorkshop,
  type Workshop,
  type WorkshopOptions,
} from '../composition.ts';
import { explainFailure, typed, type Output } from '../output.ts';
import type { WorkOptions } from '../options.ts';
import { showProgress } from '../progress.ts';
import type { Project } from '../project.ts';
import { summaryLines } from '../summary.ts';

export interface RunOptions extends WorkOptions {
  only?: Phase;
  strict?: boolean;
  workers: number;
}

/** `handover run`: a new run of the plan as it stands. */
export async function runCommand(
  project: Project,
  output: Output,
  options: RunOptions,
): Promise<ExitCode> {
  const text = await judgedProject(project, output);
  const workshop = await openWorkshop(project, workshopOptions(options, output));
  return working(workshop, async () => {
    const services = { ...workshop, key: project.key, clock: systemClock, random: systemRandom };
    const id = await enterRun(services, text);
    const run = await chooseRun(workshop.database, id);
    output.note(`run ${id} of ${text.document.name}, revision ${text.digest.slice(0, 12)}`);
    return drive(project, workshop, output, run, options);
  });
}

/** `handover resume`: take up a run that was interrupted, paused or killed. */
export async function resumeCommand(
  project: Project,
  output: Output,
  id: string | undefined,
  options: RunOptions,
): Promise<ExitCode> {
  const workshop = await openWorkshop(project, workshopOptions(options, output));
  return working(workshop, async () => {
    const run = await chooseWholeRun(workshop.database, id);
    const reopened = await reopenRun(workshop.database, workshop.engine, run);
    output.note(`resuming run ${run.id}`);
    return drive(project, workshop, output, reopened, options);
  });
}

/** `handover verify`: read everything a run wrote back again, now, and compare it. */
export async function verifyCommand(
  project: Project,
  output: Output,
  id: string | undefined,
  options: RunOptions,
): Promise<ExitCode> {
  const workshop = await openWorkshop(project, workshopOptions(options, output));
  return working(workshop, async () => {
    const run = await chooseWholeRun(workshop.database, id);
    await orderVerification(workshop.database, run);
    const reopened = await reopenRun(workshop.database, workshop.engine, run);
    return drive(project, workshop, output, reopened, { ...options, only: 'verify' });
  });
}

/**
 * Read, bind and judge the plan against its live sources, or against `known` streams where the source
 * may be gone; every problem is shown at once.
 * @throws HandoverError `plan-invalid` (exit 3) after showing them.
 */
export async function judgedProject(
  project: Project,
  output: Output,
  known?: readonly Stream[],
): Promise<ProjectText> {
  const { value, problems } = await judgePlan(project, known);
  if (value !== undefined) return value;
  output.problems(problems);
  throw planInvalid(problems.length);
}

/** The same without showing anything. What stops the judging (a source is down) is thrown. */
export async function judgePlan(
  project: Project,
  known?: readonly Stream[],
): Promise<Judged<ProjectText>> {
  const read = await readProject(project.folder);
  const text = read.value ?? read.rest;
  if (text === undefined) return read;
  const { value: plan, problems } = compilePlan(text, connectorsOf(project), project.environment);
  const unnamed = stewardshipProblems(text, systemClock.now().toISOString().slice(0, 10));
  if (plan === undefined || read.value === undefined || unnamed.length > 0) {
    const more = await mappingProblems(project, text);
    return { problems: inOrder([...read.problems, ...problems, ...unnamed, ...more]) };
  }
  await judgesOf(project)(read.value.document.check, read.value.files);
  await checkOwnTargets(project, read.value);
  const endpoints = openEndpoints(plan, connectorServices(project));
  try {
    const streams = known ?? (await inventory(await endpoints.sources()));
    const judged = judgeStreams(plan, streams, identitiesOf(project.key));
    // Who brings the streams along looks at what a run left; only who begins one asks the targets.
    const lacking = known ? [] : await lackingTargets(project, plan, judged.mappings);
    const undecided = known ? [] : dispositionProblems(text, streams);
    const found = inOrder([...judged.problems, ...undecided, ...lacking]);
    return found.length === 0 ? { value: read.value, problems: [] } : { problems: found };
  } finally {
    await endpoints.close();
  }
}

/** The sources of a plan with mistakes cannot be opened: what is written down of them must do. */
async function mappingProblems(project: Project, text: ProjectText): Promise<readonly Problem[]> {
  const { streams, missing, problems } = await readStreamFiles(project.folder, text);
  if (missing.length > 0) return problems;
  const judged = judgeStreams(mappingPlan(text), streams, identitiesOf(project.key));
  return [...problems, ...judged.problems, ...dispositionProblems(text, streams)];
}

function lackingTargets(
  project: Project,
  plan: CompiledPlan,
  mappings: CompiledStreams['mappings'],
): Promise<Problem[]> {
  const { signal } = new AbortController();
  return targetProblems(plan, mappings, connectorServices(project), signal);
}

/** @throws HandoverError `target-url-missing` (exit 3) before a run begins, not in its midst. */
async function checkOwnTargets(project: Project, { document }: ProjectText): Promise<void> {
  for (const { kind, url } of Object.values(document.targets)) {
    if (kind === 'embedded' && url === undefined) await project.ownTarget();
  }
}

async function working(workshop: Workshop, work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } finally {
    await workshop.close();
  }
}

/** Start the coordinator, show progress, end with the report or with how to go on. */
export async function drive(
  project: Project,
  workshop: Workshop,
  output: Output,
  run: Run,
  options: Partial<RunOptions> & { revision?: string },
): Promise<ExitCode> {
  const { database, engine } = workshop;
  const interrupt = new AbortController();
  const release = onInterrupt(() => {
    output.note('stopping: batches under way are being committed (Ctrl-C again to stop at once)');
    workshop.drain();
    interrupt.abort(interrupted);
  });
  const progress = showProgress(database, run.id, output);
  const helpers = startWorkers(project, (options.workers ?? 1) - 1);
  try {
    const coordinator = await startCoordinator(
      engine,
      run,
      options.only ?? 'all',
      options.revision ?? (await currentRevision(database, run)),
    );
    const end = await coordinatorEnd(engine, coordinator, interrupt.signal);
    await progress.stop();
    return await conclude(project, workshop, output, run, end, options.strict ?? false);
  } catch (error) {
    await progress.stop();
    if (error !== interrupted) throw error;
    await pauseRun(database, engine, run, 'interrupted');
    output.note(`interrupted; nothing is lost. Go on with:\n  ${typed(project, 'resume', run.id)}`);
    return exitCodes.interrupted;
  } finally {
    for (const helper of helpers) helper.kill('SIGINT');
    release();
  }
}

/** The plan revision that a run is judged by now: its own, or that of the newest replay. */
export async function currentRevision(database: Database, run: Run): Promise<string> {
  const later = await runRevisions(database, run.id);
  return later.at(-1)?.revision ?? run.revision;
}

const interrupted = new Error('interrupted');

/** First signal: `stop`. Second: the process ends at once; the ledger is right at any instant. */
export function onInterrupt(stop: () => void): () => void {
  let count = 0;
  const listener = (): void => {
    if (count++ > 0) process.exit(exitCodes.interrupted);
    stop();
  };
  process.on('SIGINT', listener);
  process.on('SIGTERM', listener);
  return () => {
    process.off('SIGINT', listener);
    process.off('SIGTERM', listener);
  };
}

function startWorkers(project: Project, count: number): ChildProcess[] {
  const main = process.argv[1] as string;
  return Array.from({ length: Math.max(0, count) }, () =>
    spawn(process.execPath, [main, '--project', project.folder, 'worker'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  );
}

async function conclude(
  project: Project,
  workshop: Workshop,
  output: Output,
  run: Run,
  end: RunEnd,
  strict: boolean,
): Promise<ExitCode> {
  const ended = (await findRun(workshop.database, run.id)) ?? run;
  const text = await readRevision(workshop.database, project.key, run.revision);
  const report = await buildReport(workshop.database, ended, text);
  output.data(report, () => summaryLines(report));
  if (end.state === 'finished') return verdictCode(report, strict, workshop);
  output.note(`the run is ${end.state}: ${end.code}`);
  if (end.state === 'paused') output.note(`go on with:\n  ${typed(project, 'resume', run.id)}`);
  return endCode(end);
}

async function verdictCode(
  report: RunReport,
  strict: boolean,
  { database }: Workshop,
): Promise<ExitCode> {
  const broken = [...report.streams, ...report.targets].some(({ balanced }) => !balanced);
  if (broken) return exitCodes.integrityBroken;
  if (report.findings.length > 0) return exitCodes.verificationDiffers;
  if (report.goals.some(({ met }) => !met)) return exitCodes.gateNotMet;
  const causes = strict ? await exceptionCauses(database, report.run.id) : [];
  const held = causes.some(({ kind }) => kind === 'quarantined');
  return held ? exitCodes.quarantineNotEmpty : exitCodes.ok;
}

/** Exit codes of runs that did not finish, by the code they ended with. */
function endCode({ state, code }: RunEnd): ExitCode {
  if (planCodes.has(code)) return exitCodes.planInvalid;
  if (integrityCodes.has(code)) return exitCodes.integrityBroken;
  return state === 'paused' ? exitCodes.unavailable : exitCodes.unexpected;
}

/** The plan does not fit what is there: a person has to decide. */
const planCodes: ReadonlySet<string> = new Set([
  'disposition-missing',
  'plan-invalid',
  'source-drift',
]);

const integrityCodes: ReadonlySet<string> = new Set([
  'balance-broken',
  'parcel-broken',
  'parcel-missing',
  'seal-broken',
  'revision-unknown',
]);

export function workshopOptions(options: WorkOptions, output: Output): WorkshopOptions {
  return {
    concurrency: options.concurrency,
    slices: options.slices,
    records: options.batch,
    report: (error) => void explainFailure(error, output.json),
  };
}
