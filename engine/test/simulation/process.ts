import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from '../../src/base/clock.ts';
import { batchRecorder, type BatchRecorder } from '../../src/audit/batchRecorder.ts';
import { silentLog } from '../../src/base/log.ts';
import type { Random } from '../../src/base/random.ts';
import { defaultRetry } from '../../src/base/retry.ts';
import { MemorySource, type MemoryTable } from '../../src/connectors/memory/source.ts';
import { InProcessEngine } from '../../src/durable/inProcess.ts';
import type { DurableWorld } from '../../src/durable/inProcessWorld.ts';
import type { ProjectKey } from '../../src/keys/projectKey.ts';
import { signingKeyFrom } from '../../src/keys/signingKey.ts';
import type { Connector, ConnectorServices } from '../../src/model/connector.ts';
import type { Phase } from '../../src/model/phase.ts';
import type { Source } from '../../src/model/source.ts';
import type { Stored, Target } from '../../src/model/target.ts';
import { Desk } from '../../src/run/desk.ts';
import { createParcels, type Parcels } from '../../src/run/parcels.ts';
import type { StopSignal } from '../../src/run/phases/work.ts';
import { compilePlan, type CompiledPlan } from '../../src/run/plan/compile.ts';
import type { ProjectText } from '../../src/run/plan/read.ts';
import {
  registerWorkflows,
  type RunDesk,
  type RunName,
  type SliceName,
} from '../../src/run/workflows.ts';
import type { BlobStore } from '../../src/staging/blobStore.ts';
import type { Database } from '../../src/store/database.ts';
import type { JudgedDraft } from '../../src/quality/draftJudge.ts';
import { compareDelivery } from '../../src/verification/delivery.ts';
import { ReadBack } from '../../src/verification/readBack.ts';
import { Crash } from './faults.ts';
import type { FaultDeck } from './faults.ts';
import { FaultySource, FaultyTarget, faultyBlobs, faultyDatabase, type Host } from './ports.ts';

/** What outlives every process: stores, source and targets, and the durable engine's tables. */
export interface Surroundings {
  clock: Clock;
  random: Random;
  key: ProjectKey;
  world: DurableWorld;
  database: Database;
  blobs: BlobStore;
  tables: readonly MemoryTable[];
  /** A source of the test's own, instead of the tables in memory. */
  source?: Source;
  targets: ReadonlyMap<string, Target>;
  faults: FaultDeck;
  /** Steps that have begun and not ended, those of the dead included. */
  underWay: Set<Promise<unknown>>;
  /** Whether a target refuses the body. */
  refuses: (target: string, body: Buffer) => boolean;
  records: number;
  slices: number;
  concurrency: number;
  died(gone: SimulatedProcess): void;
  /** A process leaves: another takes its place. */
  replace(gone: SimulatedProcess): void;
  takeover(by: SimulatedProcess): Promise<void>;
  pause(by: SimulatedProcess): Promise<void>;
  holdsSnapshot(name: string): boolean;
  loseSnapshots(): void;
  committed(): Promise<void>;
  report: (error: unknown) => void;
}

/** The piece of work that a process is in the middle of. */
export interface Working {
  name: RunName;
  phase: Phase;
  slice: SliceName;
}

/** A worker process: everything it holds in memory dies with it. */
export class SimulatedProcess implements Host {
  readonly engine: InProcessEngine;
  readonly desk: Desk;
  readonly database: Database;
  readonly parcels: Parcels;
  readonly audit: BatchRecorder;
  readonly faults: FaultDeck;
  snapshot: string;
  dead = false;
  #draining = false;
  #snapshots = 0;
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
    this.faults = around.faults;
    const { world, report } = around;
    this.engine = new InProcessEngine({ world, report });
    this.snapshot = `${this.engine.worker} 0`;
    this.database = faultyDatabase(this, around.database);
    const blobs = faultyBlobs(this, around.blobs);
    const { key, random } = around;
    this.parcels = createParcels({ queries: this.database, blobs, key, random });
    this.audit = batchRecorder({
      clock: around.clock,
      random,
      origin: 'handover/simulation/audit',
      signer: signingKeyFrom(key.secret('audit')),
    });
    this.desk = new Desk({
      database: this.database,
      parcels: this.parcels,
      key,
      connectorServices: connectorServices(around),
      audit: this.audit,
      worker: this.engine.worker,
      bind: (project) => this.bind(project),
      judge: async () => judgeDraft,
      same,
      limits: { records: around.records, bytes: 1 << 20 },
      policy: defaultRetry,
      slices: around.slices,
    });
  }

  /** Take up work. */
  launch(): void {
    const watched: RunDesk = {
      phases: (only) => this.desk.phases(only),
      plan: (name, phase) => this.#step(() => this.desk.plan(name, phase)),
      work: (name, phase, slice, stop) => {
        working.set(this.#around, { name, phase, slice });
        return this.#step(() => this.desk.work(name, phase, slice, stop));
      },
      end: (run, end) => this.#step(() => this.desk.end(run, end)),
    };
    registerWorkflows(this.engine, watched, () => this.#draining);
    void this.engine.launch({ work: true, concurrency: this.#around.concurrency });
  }

  bind(project: ProjectText): CompiledPlan {
    const { value, problems } = compilePlan(project, this.#connectors(), {});
    if (value === undefined) throw new Error(problems.map(({ message }) => message).join());
    return value;
  }

  async within<T>(operate: () => Promise<T>): Promise<T> {
    if (this.dead) throw new Crash();
    return executing.run(this, operate);
  }

  /** No call of this process returns any more. */
  end(): void {
    this.dead = true;
    this.engine.crash();
  }

  /** Die in the middle of what is being done; the caller throws next. */
  crash(): void {
    this.end();
    this.#around.died(this);
  }

  drain(): void {
    this.#draining = true;
    void this.engine.close({ drainMs: 0 });
    this.#around.replace(this);
  }

  takeover(): Promise<void> {
    return this.#around.takeover(this);
  }

  pause(): Promise<void> {
    return this.#around.pause(this);
  }

  holdsSnapshot(name: string): boolean {
    return this.#around.holdsSnapshot(name);
  }

  loseSnapshots(): void {
    this.#around.loseSnapshots();
  }

  /** The source ended our session; the next one has another snapshot. */
  renewSnapshot(): void {
    this.snapshot = `${this.engine.worker} ${++this.#snapshots}`;
  }

  committed(): Promise<void> {
    return this.#around.committed();
  }

  async #step<T>(operate: () => Promise<T>): Promise<T> {
    const { underWay } = this.#around;
    const step = operate();
    underWay.add(step);
    try {
      return await step;
    } finally {
      underWay.delete(step);
    }
  }

  #connectors(): ReadonlyMap<string, Connector> {
    const { tables, source, targets, refuses } = this.#around;
    const connector: Connector = {
      kind: 'simulated',
      summary: 'Source and target of the simulation.',
      configuration: { parse: (value) => ({ value }), jsonSchema: () => ({}) },
      source: {
        capabilities: {
          snapshot: true,
          slices: true,
          counts: true,
          follow: false,
          deletions: false,
        },
        create: () => new FaultySource(this, source ?? new MemorySource(tables)),
      },
      target: {
        capabilities: {
          ids: 'client',
          conditional: true,
          references: 'any order',
          transactions: false,
          remove: true,
          revert: true,
          history: false,
          labels: true,
          sideEffects: 'none',
        },
        create: (_, { name = '' }) =>
          new FaultyTarget(this, targets.get(name) as Target, (body) => refuses(name, body)),
      },
    };
    return new Map([['simulated', connector]]);
  }
}

/** Whose operation is under way, and on what slice: the world lets one go on at a time. */
export const executing = new AsyncLocalStorage<SimulatedProcess>();
export const working = new WeakMap<Surroundings, Working>();

export const never: StopSignal = { stopped: () => false, abort: new AbortController().signal };

function connectorServices({ clock, random, key }: Surroundings): ConnectorServices {
  return {
    clock,
    random,
    log: silentLog,
    digest: (data) => key.digest(data).toString('hex'),
    secret: (purpose) => key.secret(purpose),
  };
}

/** The check phase of the simulation holds what says so. */
function judgeDraft(resource: object): JudgedDraft {
  const held = JSON.stringify(resource).includes('HOLD');
  const errors = held ? [{ severity: 'error', code: 'simulated-rule', path: '' } as const] : [];
  return { errors, notLoaded: [] };
}

export function same(body: Buffer, stored: Stored): boolean {
  return compareDelivery(body, new ReadBack(stored)).length === 0;
}
