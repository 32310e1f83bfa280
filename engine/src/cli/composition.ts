import type { AccountServices } from '../access/accounts.ts';
import type { AuditEvent } from '../audit/auditEvent.ts';
import { batchRecorder } from '../audit/batchRecorder.ts';
import { databaseAuditLog, type AuditLog } from '../audit/auditLog.ts';
import type { AuditServices } from '../audit/tree.ts';
import { systemClock } from '../base/clock.ts';
import { HandoverError, exitCodes } from '../base/errors.ts';
import { systemRandom } from '../base/random.ts';
import { defaultRetry } from '../base/retry.ts';
import { csvConnector } from '../connectors/csv/csvConnector.ts';
import { excelConnector } from '../connectors/excel/excelConnector.ts';
import { exportSetConnector } from '../connectors/exportSet/exportSetConnector.ts';
import { feedConnectors } from '../connectors/feeds/feedConnectors.ts';
import { fixedWidthConnector } from '../connectors/csv/fixedWidthConnector.ts';
import { embeddedConnector } from '../connectors/embedded/connector.ts';
import { fhirConnector } from '../connectors/fhir/connector.ts';
import { mllpConnector } from '../connectors/mllp/mllpConnector.ts';
import { mysqlConnector } from '../connectors/mysql/mysqlConnector.ts';
import { ndjsonConnector } from '../connectors/ndjson/connector.ts';
import { parquetConnector } from '../connectors/parquet/parquetConnector.ts';
import { postgresConnector } from '../connectors/postgres/postgresConnector.ts';
import { shareConnector } from '../connectors/share/shareConnector.ts';
import { sqliteConnector } from '../connectors/sqlite/sqliteConnector.ts';
import { dbosEngine } from '../durable/dbos.ts';
import type { DurableEngine } from '../durable/engine.ts';
import { signingKeyFrom, type SigningKey } from '../keys/signingKey.ts';
import { existingIds } from '../ledger/existingResources.ts';
import { keptIds } from '../ledger/givenIds.ts';
import { workerSession } from '../ledger/slices.ts';
import type { Connector, ConnectorServices } from '../model/connector.ts';
import type { Stored } from '../model/target.ts';
import { Desk } from '../run/desk.ts';
import type { GateServices } from '../run/gates/gates.ts';
import { createParcels, type Parcels } from '../run/parcels.ts';
import { defaultLimits } from '../run/phases/work.ts';
import { compilePlan, type CompiledPlan } from '../run/plan/compile.ts';
import type { ProjectText } from '../run/plan/read.ts';
import { planInvalid } from '../run/plan/streams.ts';
import { registerWorkflows } from '../run/workflows.ts';
import { openDatabase, type Database } from '../store/database.ts';
import { compareDelivery } from '../verification/delivery.ts';
import { ReadBack } from '../verification/readBack.ts';
import { draftJudges, type DraftJudges } from './packages.ts';
import type { Project } from './project.ts';

/** Every connector this binary has. */
export function connectorsOf(
  project: Pick<Project, 'folder' | 'ownTarget'> &
    Partial<Pick<Project, 'control' | 'key' | 'log'>>,
): ReadonlyMap<string, Connector> {
  const { control, key, log } = project;
  const inboxes = control && key && log && { control, key, log };
  const connectors = [
    postgresConnector,
    mysqlConnector,
    csvConnector(project.folder),
    fixedWidthConnector(project.folder),
    exportSetConnector(project.folder),
    sqliteConnector(project.folder),
    parquetConnector(project.folder),
    excelConnector(project.folder),
    shareConnector(project.folder),
    ...feedConnectors(project.folder),
    mllpConnector(inboxes),
    embeddedConnector(project.ownTarget),
    fhirConnector,
    ndjsonConnector(project.folder),
  ];
  return new Map(connectors.map((connector) => [connector.kind, connector as Connector]));
}

/** With the control database, what connectors keep between runs can be kept. */
export function connectorServices(project: Project, database?: Database): ConnectorServices {
  const { key, log } = project;
  return {
    clock: systemClock,
    random: systemRandom,
    log,
    digest: (data) => key.digest(data).toString('hex'),
    secret: (purpose) => key.secret(purpose),
    ...(database && {
      givenIds: (target: string) => keptIds(database, target),
      existingIds: (target: string) => existingIds({ database, key }, target),
    }),
  };
}

/**
 * Bind the plan of a revision, which was judged before a run began.
 * @throws HandoverError with the first problem: an environment that lacks a variable, mostly.
 */
export function bindPlan(
  project: Project,
  text: ProjectText,
  ends: 'all' | 'targets' = 'all',
): CompiledPlan {
  const { value, problems } = compilePlan(text, connectorsOf(project), project.environment, ends);
  if (value !== undefined) return value;
  const [first] = problems;
  if (first === undefined) throw planInvalid(0);
  throw new HandoverError(first.code, first.message, {
    exitCode: exitCodes.planInvalid,
    ...(first.suggestion !== undefined && { next: first.suggestion }),
  });
}

/** What the audit log of a project is written and signed with. */
export function auditServices({ key }: Pick<Project, 'key'>): AuditServices {
  return {
    clock: systemClock,
    random: systemRandom,
    origin: `handover/${key.fingerprint}/audit`,
    signer: signingKeyFrom(key.secret('audit')),
  };
}

/** Who signs certificates and proofs: a name, and the key whose public half outsiders have. */
export function certificateIssuer({ key }: Pick<Project, 'key'>): {
  name: string;
  signer: SigningKey;
} {
  return {
    name: `handover/${key.fingerprint}/certificate`,
    signer: signingKeyFrom(key.secret('certificate')),
  };
}

export function auditLogOf(project: Pick<Project, 'key'>, database: Database): AuditLog {
  return databaseAuditLog(database, auditServices(project));
}

/** What accounts, sessions and tokens of a project are kept with. */
export function accountServices({ key }: Pick<Project, 'key'>, database: Database) {
  return { database, key, clock: systemClock, random: systemRandom } satisfies AccountServices;
}

/** What gates of a project are decided with; a decision is on record before it is one. */
export function gateServices(project: Pick<Project, 'key'>, database: Database): GateServices {
  const audit = auditLogOf(project, database);
  return {
    database,
    key: project.key,
    clock: systemClock,
    record: (actor, what) => audit.record([decisionEvent(actor, what)]),
  };
}

/** That somebody decides something: no patient is in it. */
export function decisionEvent(actor: string, what: string): AuditEvent {
  return {
    instant: systemClock.now(),
    actor,
    action: 'decision',
    resourceType: what,
    resourceIds: [],
    patient: undefined,
    outcome: 'attempted',
  };
}

export function parcelsOf(project: Pick<Project, 'key' | 'blobs'>, queries: Database): Parcels {
  return createParcels({ queries, blobs: project.blobs, key: project.key, random: systemRandom });
}

const judges = new WeakMap<Project, DraftJudges>();

/** Who judges the plan of a project, and who works on its runs, read its guides and terminology once. */
export function judgesOf(project: Project): DraftJudges {
  let known = judges.get(project);
  if (known === undefined) judges.set(project, (known = draftJudges(project.folder)));
  return known;
}

/** The control database, where it matters under a session name of its own. */
export function openControl(project: Project, applicationName?: string): Database {
  return openDatabase(project.control, {
    log: project.log,
    instants: 'text',
    // A worker that is stopped inside a transaction must not hold its locks for ever.
    settings: { idle_in_transaction_session_timeout: '30s' },
    ...(applicationName !== undefined && { applicationName }),
  });
}

/** A process that can work on runs. */
export interface Workshop {
  engine: DurableEngine;
  database: Database;
  desk: Desk;
  /** Stop between two batches; work under way is finished and committed. */
  drain(): void;
  close(): Promise<void>;
}

export interface WorkshopOptions {
  /** Slices at once in this process. */
  concurrency: number;
  /** Slices to cut a stream into. */
  slices: number;
  /** Records a batch holds at most. */
  records: number;
  /** Told what went wrong inside a workflow, in this process, before it is reduced to its code. */
  report: (error: unknown) => void;
}

/** How long a drain waits for batches under way. */
const drainMs = 60_000;

/** Open everything that work on runs needs, and start taking it. */
export async function openWorkshop(project: Project, options: WorkshopOptions): Promise<Workshop> {
  const { key, log } = project;
  const engine = dbosEngine({
    url: project.control.url,
    name: 'worker',
    clock: systemClock,
    random: systemRandom,
    log,
    report: options.report,
  });
  const database = openControl(project, workerSession(engine.worker));
  const parcels = createParcels({
    queries: database,
    blobs: project.blobs,
    key,
    random: systemRandom,
  });
  const desk = new Desk({
    database,
    parcels,
    key,
    connectorServices: connectorServices(project, database),
    audit: batchRecorder(auditServices(project)),
    worker: engine.worker,
    bind: (text) => bindPlan(project, text),
    judge: judgesOf(project),
    same,
    limits: { ...defaultLimits, records: options.records },
    policy: defaultRetry,
    slices: options.slices,
  });
  let draining = false;
  registerWorkflows(engine, desk, () => draining, options.report);
  await engine.launch({ work: true, concurrency: options.concurrency });
  return {
    engine,
    database,
    desk,
    drain: () => {
      draining = true;
    },
    async close() {
      draining = true;
      await engine.close({ drainMs });
      await desk.close();
      await database.close();
    },
  };
}

/** Whether the target holds what was to be written, by declared meaning. */
export function same(body: Buffer, stored: Stored): boolean {
  return compareDelivery(body, new ReadBack(stored)).length === 0;
}
