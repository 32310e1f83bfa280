import { manualClock, type Clock } from '../../src/base/clock.ts';
import { seededRandom } from '../../src/base/random.ts';
import { InProcessEngine } from '../../src/durable/inProcess.ts';
import { DurableWorld } from '../../src/durable/inProcessWorld.ts';
import { temporaryProjectKey, type ProjectKey } from '../../src/keys/projectKey.ts';
import { findRun, type Run } from '../../src/ledger/runs.ts';
import type { Source } from '../../src/model/source.ts';
import type { Target } from '../../src/model/target.ts';
import { coordinatorEnd, enterRun, reopenRun, startCoordinator } from '../../src/run/begin.ts';
import { judgeProject, type ProjectText } from '../../src/run/plan/read.ts';
import type { RunEnd } from '../../src/run/workflows.ts';
import { MemoryStore } from '../../src/staging/memoryStore.ts';
import { clinicFiles, columnsOf, streamNames, streamOf, type ClinicRows } from './clinic.ts';
import { FaultDeck } from './faults.ts';
import type { LedgerDatabase } from './ledgerDatabase.ts';
import { SimulatedProcess, type Surroundings } from './process.ts';

export interface StandOptions {
  seed: number;
  people: number;
  records: number;
  slices?: number;
  chart(key: ProjectKey, clock: Clock): Target;
  source?(tables: Surroundings['tables'], clock: Clock): Source;
}

/** One process that runs a small clinic against a scripted source or target, without other faults. */
export class Stand {
  readonly clock = manualClock(new Date('2026-01-01T00:00:00Z'));
  readonly key: ProjectKey;
  readonly #ledger: LedgerDatabase;
  readonly #engine: InProcessEngine;
  readonly #project: ProjectText;
  #run = '';

  constructor(ledger: LedgerDatabase, options: StandOptions) {
    this.#ledger = ledger;
    const random = seededRandom(options.seed);
    this.key = temporaryProjectKey(seededRandom('key'));
    const { value } = judgeProject(clinicFiles({ extent: 'narrow', targets: 1, repaired: true }));
    this.#project = value as ProjectText;
    const world = new DurableWorld({ clock: this.clock, random });
    const rows = clinicOf(options.people);
    const tables = streamNames.map((name) => ({
      stream: streamOf(name),
      rows: rows[name].map((row) => columnsOf[name].map((column) => row[column] ?? null)),
    }));
    const process = new SimulatedProcess({
      clock: this.clock,
      random,
      key: this.key,
      world,
      database: ledger.database,
      blobs: new MemoryStore(this.clock),
      tables,
      ...(options.source && { source: options.source(tables, this.clock) }),
      targets: new Map([['chart', options.chart(this.key, this.clock)]]),
      faults: new FaultDeck(random, { faults: 0, chance: 0 }),
      underWay: new Set(),
      refuses: () => false,
      records: options.records,
      slices: options.slices ?? 1,
      concurrency: 4,
      ...alone,
      holdsSnapshot: (name) => name === process.snapshot,
    });
    process.launch();
    this.#engine = process.engine;
  }

  async run(): Promise<RunEnd> {
    const services = { ...this.#ledger, key: this.key, clock: this.clock };
    const random = seededRandom('run');
    this.#run = await enterRun({ ...services, random }, this.#project);
    return this.#drive(await this.#found());
  }

  async resume(): Promise<RunEnd> {
    return this.#drive(await reopenRun(this.#ledger.database, this.#engine, await this.#found()));
  }

  async #drive(run: Run): Promise<RunEnd> {
    return coordinatorEnd(this.#engine, await startCoordinator(this.#engine, run, 'all'));
  }

  async #found(): Promise<Run> {
    return (await findRun(this.#ledger.database, this.#run)) as Run;
  }
}

const nothing = async (): Promise<void> => undefined;

/** Nobody dies here, and nobody else works. */
const alone = {
  died: () => undefined,
  replace: () => undefined,
  takeover: nothing,
  pause: nothing,
  loseSnapshots: () => undefined,
  committed: nothing,
  report: () => undefined,
} as const;

/** So many people at one site. */
function clinicOf(people: number): ClinicRows {
  const none = { part: [], visit: [], problem: [], memo: [], word: [], trail: [] };
  const site = { site_id: 's0', title: 'North', parent_id: null, label: null, deleted: null };
  const person = Array.from({ length: people }, (_, at) => ({
    person_id: `p${String(at).padStart(4, '0')}`,
    family: 'Example',
    sex_cd: 'F',
    site_id: 's0',
    label: null,
    deleted: null,
  }));
  return { ...none, site: [site], person };
}
