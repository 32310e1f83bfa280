/**
 * Runs in this process: the desk and the workflows of the CLI's own composition, with a durable
 * engine in memory, so that a run of a small hospital takes well under a second, and with a place
 * between run and target where a test may stand.
 */
import { systemClock } from '../../src/base/clock.ts';
import { systemRandom } from '../../src/base/random.ts';
import { defaultRetry } from '../../src/base/retry.ts';
import { batchRecorder } from '../../src/audit/batchRecorder.ts';
import {
  auditServices,
  bindPlan,
  connectorServices,
  connectorsOf,
  judgesOf,
  openControl,
  parcelsOf,
} from '../../src/cli/composition.ts';
import type { Project } from '../../src/cli/project.ts';
import type { RunReport } from '../../src/contract/report.ts';
import { InProcessEngine } from '../../src/durable/inProcess.ts';
import { DurableWorld } from '../../src/durable/inProcessWorld.ts';
import { listExceptions, type ExceptionFilter } from '../../src/ledger/exceptions.ts';
import { latestRound } from '../../src/ledger/findings.ts';
import { findRun, runRevisions } from '../../src/ledger/runs.ts';
import { workerSession } from '../../src/ledger/slices.ts';
import { streamsOf } from '../../src/ledger/streams.ts';
import type { Connector } from '../../src/model/connector.ts';
import type { Finding } from '../../src/model/finding.ts';
import type { Phase } from '../../src/model/phase.ts';
import type { Stored, Target } from '../../src/model/target.ts';
import {
  coordinatorEnd,
  enterRun,
  orderVerification,
  reopenRun,
  startCoordinator,
} from '../../src/run/begin.ts';
import { Desk } from '../../src/run/desk.ts';
import { beginRelink } from '../../src/run/linkage/relink.ts';
import { createParcels } from '../../src/run/parcels.ts';
import { defaultLimits } from '../../src/run/phases/work.ts';
import { compilePlan } from '../../src/run/plan/compile.ts';
import { linkageSchema } from '../../src/run/plan/linkage.ts';
import { compileStreams } from '../../src/run/plan/streams.ts';
import { readProject, type ProjectText } from '../../src/run/plan/read.ts';
import { buildReport } from '../../src/run/report/build.ts';
import { beginRemap } from '../../src/run/remap.ts';
import { replayHeld } from '../../src/run/replay.ts';
import { keepRevision, readRevision } from '../../src/run/revision.ts';
import { registerWorkflows, type RunEnd } from '../../src/run/workflows.ts';
import type { Database } from '../../src/store/database.ts';
import { compareDelivery } from '../../src/verification/delivery.ts';
import { ReadBack } from '../../src/verification/readBack.ts';

export interface WorkbenchOptions {
  /** Stands between the run and its target. */
  between?: (target: Target) => Target;
  /** Records a batch holds at most; 5,000 unless told otherwise. */
  records?: number;
  slices?: number;
}

/** How a stretch of work on a run ended. */
export interface BenchEnd extends RunEnd {
  run: string;
}

export interface Workbench {
  database: Database;
  /** What went wrong inside, before it was reduced to a code. */
  errors: unknown[];
  /** A new run of the project as it stands. */
  run(only?: Phase): Promise<BenchEnd>;
  resume(run: string, only?: Phase): Promise<BenchEnd>;
  /** Read everything back once more. */
  verify(run: string): Promise<BenchEnd>;
  /** Send held items back through the project as it stands, as `quarantine replay` does. */
  replay(run: string, which?: Omit<ExceptionFilter, 'kind' | 'standing'>): Promise<BenchEnd>;
  /** Map again what the run has kept under the project as it stands, as `map apply` does. */
  remap(run: string): Promise<BenchEnd>;
  /** Lead the charts of a run to what has been decided, as `link apply` does. */
  relink(run: string): Promise<BenchEnd>;
  /** Only the first half of a replay, as if killed in the middle; how many records went back. */
  takeBack(run: string, which?: Omit<ExceptionFilter, 'kind' | 'standing'>): Promise<number>;
  report(run: string): Promise<RunReport>;
  /** Every finding of the latest reading back, one by one. */
  findings(run: string): Promise<Finding[]>;
  close(): Promise<void>;
}

export async function openWorkbench(
  project: Project,
  options: WorkbenchOptions = {},
): Promise<Workbench> {
  const errors: unknown[] = [];
  const world = new DurableWorld({ clock: systemClock, random: systemRandom });
  const engine = new InProcessEngine({ world, report: (error) => errors.push(error) });
  const database = openControl(project, workerSession(engine.worker));
  const desk = deskOf(project, database, engine.worker, options);
  registerWorkflows(
    engine,
    desk,
    () => false,
    (error) => errors.push(error),
  );
  await engine.launch({ work: true, concurrency: 2 });
  const drive = async (id: string, only: Phase | 'all', revision?: string): Promise<BenchEnd> => {
    const run = await knownRun(database, id);
    const newest = (await runRevisions(database, id)).at(-1)?.revision;
    const coordinator = await startCoordinator(engine, run, only, revision ?? newest);
    return { run: id, ...(await coordinatorEnd(engine, coordinator)) };
  };
  const resume = async (id: string, only: Phase | 'all'): Promise<BenchEnd> => {
    await reopenRun(database, engine, await knownRun(database, id));
    return drive(id, only);
  };
  return {
    database,
    errors,
    run: async (only) => {
      const services = { database, key: project.key, clock: systemClock, random: systemRandom };
      return drive(await enterRun(services, await readText(project)), only ?? 'all');
    },
    resume: (id, only) => resume(id, only ?? 'all'),
    verify: async (id) => {
      await orderVerification(database, await knownRun(database, id));
      return resume(id, 'verify');
    },
    replay: async (id, which = {}) => {
      const text = await readText(project);
      await takeBack(project, database, engine.worker, id, which);
      await reopenRun(database, engine, await knownRun(database, id));
      return drive(id, 'all', text.digest);
    },
    remap: async (id) => {
      const services = {
        database,
        key: project.key,
        bind: (text: ProjectText) => bindPlan(project, text),
      };
      const plan = services.bind(await readText(project));
      const round = await beginRemap(services, await knownRun(database, id), plan);
      if (round === undefined) throw new RangeError('the project is as it was');
      await reopenRun(database, engine, await knownRun(database, id));
      return drive(id, 'all');
    },
    relink: async (id) => {
      const run = await knownRun(database, id);
      const plan = bindPlan(project, await readRevision(database, project.key, run.revision));
      const { mappings } = compileStreams(plan, await streamsOf(database, id), project.key);
      const services = {
        database,
        parcels: parcelsOf(project, database),
        key: project.key,
        mappings,
        targets: [...plan.targets.keys()],
        revision: run.revision,
        linkage: linkageSchema.parse(plan.project.document.linkage),
      };
      const round = await beginRelink(services, run);
      if (round === undefined) throw new RangeError('all charts are where they belong');
      return resume(id, 'all');
    },
    takeBack: (id, which = {}) => takeBack(project, database, engine.worker, id, which),
    report: async (id) => {
      const run = await knownRun(database, id);
      const text = await readRevision(database, project.key, run.revision);
      return buildReport(database, run, text);
    },
    findings: (id) => readFindings(database, id),
    close: async () => {
      await engine.close({ drainMs: 1_000 });
      await desk.close();
      await database.close();
    },
  };
}

async function takeBack(
  project: Project,
  database: Database,
  worker: string,
  id: string,
  which: ExceptionFilter,
): Promise<number> {
  const text = await readText(project);
  const filter = { ...which, kind: 'quarantined', standing: true } as const;
  const held = await listExceptions(database, id, filter);
  await database.transaction((transaction) => keepRevision(transaction, project.key, text));
  const services = {
    database,
    parcels: createParcels({
      queries: database,
      blobs: project.blobs,
      key: project.key,
      random: systemRandom,
    }),
    key: project.key,
    targets: Object.keys(text.document.targets),
    worker,
    clock: systemClock,
    random: systemRandom,
  };
  return replayHeld(services, await knownRun(database, id), text.digest, held);
}

function deskOf(
  project: Project,
  database: Database,
  worker: string,
  { between, records = defaultLimits.records, slices = 2 }: WorkbenchOptions,
): Desk {
  const { key, blobs } = project;
  return new Desk({
    database,
    parcels: createParcels({ queries: database, blobs, key, random: systemRandom }),
    key,
    connectorServices: connectorServices(project, database),
    audit: batchRecorder(auditServices(project)),
    worker,
    bind: (text) => {
      const connectors = [...connectorsOf(project).values()].map((one) =>
        stoodBetween(one, between),
      );
      const named = new Map(connectors.map((connector) => [connector.kind, connector]));
      const { value, problems } = compilePlan(text, named, project.environment);
      if (value === undefined) throw new Error(problems[0]?.code);
      return value;
    },
    judge: judgesOf(project),
    same: (body: Buffer, stored: Stored) =>
      compareDelivery(body, new ReadBack(stored)).length === 0,
    limits: { ...defaultLimits, records },
    policy: { ...defaultRetry, firstDelayMs: 1 },
    slices,
  });
}

function stoodBetween(connector: Connector, between: WorkbenchOptions['between']): Connector {
  const { target } = connector;
  if (target === undefined || between === undefined) return connector;
  return {
    ...connector,
    target: {
      ...target,
      create: (configuration, services) => between(target.create(configuration, services)),
    },
  };
}

async function readText(project: Project): Promise<ProjectText> {
  const { value, problems } = await readProject(project.folder);
  if (value !== undefined) return value;
  throw new Error(problems.map(({ code, message }) => `${code}: ${message}`).join('; '));
}

async function knownRun(database: Database, id: string) {
  const run = await findRun(database, id);
  if (run === undefined) throw new RangeError('there is no such run');
  return run;
}

export async function readFindings(database: Database, run: string): Promise<Finding[]> {
  const { rows } = await database.query<Omit<Finding, 'id'> & { resource: string }>(
    `select verifier, kind, code, type, resource, path, ordinal
       from handover.finding f where run = $1 and ${latestRound('f')} order by id`,
    [run],
  );
  return rows.map(({ resource: id, ...finding }) => ({ ...finding, id }));
}
