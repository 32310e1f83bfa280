import { strict as assert } from 'node:assert';
import { manualClock } from '../../src/base/clock.ts';
import { listenToDurableOperations } from '../../src/base/durableOperation.ts';
import { seededRandom, type Random } from '../../src/base/random.ts';
import type { MemoryTable } from '../../src/connectors/memory/source.ts';
import { MemoryTarget } from '../../src/connectors/memory/target.ts';
import { InProcessEngine } from '../../src/durable/inProcess.ts';
import { DurableWorld } from '../../src/durable/inProcessWorld.ts';
import { temporaryProjectKey, type ProjectKey } from '../../src/keys/projectKey.ts';
import { listExceptions, type Exception } from '../../src/ledger/exceptions.ts';
import { findRun, runRevisions, setRunState, type Run } from '../../src/ledger/runs.ts';
import type { Write } from '../../src/model/target.ts';
import {
  coordinatorEnd,
  enterRun,
  pauseRun,
  reopenRun,
  startCoordinator,
} from '../../src/run/begin.ts';
import { judgeProject, type ProjectText } from '../../src/run/plan/read.ts';
import { chooseNewest } from '../../src/run/choose.ts';
import { beginRemap } from '../../src/run/remap.ts';
import { replayHeld } from '../../src/run/replay.ts';
import { keepRevision } from '../../src/run/revision.ts';
import { undoRun } from '../../src/run/undo.ts';
import type { RunEnd } from '../../src/run/workflows.ts';
import { MemoryStore } from '../../src/staging/memoryStore.ts';
import {
  clinicFiles,
  columnsOf,
  movedStreams,
  streamNames,
  streamOf,
  type StreamName,
} from './clinic.ts';
import { expect, newestBy, resourceName, type Expectation, type Mapping } from './expectation.ts';
import { Crash, FaultDeck, isOver, isPassing, unlessOver } from './faults.ts';
import type { LedgerDatabase } from './ledgerDatabase.ts';
import { checkFinished, contentsOf, recountCommit, type Contents } from './recount.ts';
import { executing, never, same, SimulatedProcess, working, type Surroundings } from './process.ts';
import type { Scenario } from './scenario.ts';

/** What a simulated run went through. */
export interface Story {
  faults: readonly string[];
  commits: number;
  resumes: number;
}

const start = new Date('2026-01-01T00:00:00Z');
const mostResumes = 60;

/** One seed: a run of one clinic, with everything that may happen to it, judged at every commit. */
export class Simulation {
  readonly #scenario: Scenario;
  readonly #ledger: LedgerDatabase;
  readonly #random: Random;
  readonly #clock = manualClock(start);
  readonly #key: ProjectKey;
  readonly #world: DurableWorld;
  readonly #faults: FaultDeck;
  readonly #targets: ReadonlyMap<string, MemoryTarget>;
  readonly #around: Surroundings;
  readonly #watcher: InProcessEngine;
  readonly #processes = new Set<SimulatedProcess>();

  #strict = true;
  /** The first death ends all processes, and the run is undone. */
  #fragile = false;
  #paused = new AbortController();
  #commits = 0;
  #resumes = 0;
  #run = '';
  #revision = '';
  #unexpected: unknown;
  #initial: ReadonlyMap<string, Contents> = new Map();

  constructor(scenario: Scenario, seed: number, ledger: LedgerDatabase) {
    this.#scenario = scenario;
    this.#ledger = ledger;
    this.#random = seededRandom(seed);
    this.#key = temporaryProjectKey(seededRandom('key'));
    this.#faults = new FaultDeck(seededRandom(`faults ${seed}`), scenario);
    this.#world = new DurableWorld({ clock: this.#clock, random: this.#random });
    const names = scenario.targets === 1 ? ['chart'] : ['chart', 'archive'];
    const digest = (data: Uint8Array): string => this.#key.digest(data).toString('hex');
    this.#targets = new Map(names.map((name) => [name, new MemoryTarget(digest)]));
    this.#around = this.#surroundings();
    this.#watcher = new InProcessEngine({ world: this.#world });
    this.#watcher.register('run', 'coordinator', async () => null);
  }

  /** @throws AssertionError when anything that must hold does not. */
  async tell(): Promise<Story> {
    listenToDurableOperations(() => this.#strike());
    try {
      await this.#fillTargets();
      for (let worker = 0; worker < this.#scenario.workers; worker++) this.#spawn();
      await this.#begin();
      this.#fragile = this.#scenario.undo === 'at the first stop';
      const undone = await this.#drive(this.#fragile);
      this.#fragile = false;
      if (!undone) await this.#afterwards();
      if (this.#unexpected !== undefined) throw this.#unexpected;
    } finally {
      listenToDurableOperations(undefined);
    }
    return { faults: this.#faults.struck, commits: this.#commits, resumes: this.#resumes };
  }

  get faults(): readonly string[] {
    return this.#faults.struck;
  }

  async #afterwards(): Promise<void> {
    const { replay, remap, undo } = this.#scenario;
    await this.#checkFinished({ repaired: false, changed: false, chosen: false });
    if (replay) {
      this.#strict = false;
      await this.#replay();
      await this.#drive(false);
      await this.#checkFinished({ repaired: true, changed: false, chosen: true });
    }
    if (remap) {
      await this.#remap();
      await this.#drive(false);
      await this.#checkFinished({ repaired: true, changed: true, chosen: replay });
    }
    if (undo === 'at the end') await this.#undo();
  }

  /** Resume until the run is finished. True: it was undone instead. */
  async #drive(undoAtPause: boolean): Promise<boolean> {
    for (;;) {
      const end = await this.#end();
      if (end?.state === 'finished') return false;
      if (end?.state === 'failed') {
        throw this.#unexpected ?? new Error(`the run failed with ${end.code}`);
      }
      assert.ok(++this.#resumes < mostResumes, `paused for ever: ${end?.code}`);
      if (undoAtPause) {
        this.#fragile = false;
        await this.#undo();
        return true;
      }
      await this.#resume(this.#revision);
    }
  }

  /** How the coordinator ended; undefined: an operator paused it. */
  async #end(): Promise<RunEnd | undefined> {
    const run = await this.#findRun();
    try {
      return await coordinatorEnd(this.#watcher, `${run.id}-${run.resumes}`, this.#paused.signal);
    } catch (error) {
      if (!this.#paused.signal.aborted) throw error;
      this.#paused = new AbortController();
      // What is under way goes on to the end of its step, as after a pause it may.
      await Promise.allSettled(this.#around.underWay);
      return undefined;
    }
  }

  async #begin(): Promise<void> {
    const services = { ...this.#ledger, key: this.#key, clock: manualClock(start) };
    const project = this.#project({ repaired: false, changed: false, chosen: false });
    this.#run = await this.#faults.rest(() =>
      enterRun({ ...services, random: seededRandom('run') }, project),
    );
    this.#revision = project.digest;
    await startCoordinator(this.#watcher, await this.#findRun(), 'all');
  }

  async #resume(revision: string): Promise<void> {
    const run = await this.#faults.rest(async () =>
      reopenRun(this.#ledger.database, this.#watcher, await this.#findRun()),
    );
    await startCoordinator(this.#watcher, run, 'all', revision);
  }

  /** Everything that is held goes back under the completed code map. */
  async #replay(): Promise<void> {
    const project = this.#project({ repaired: true, changed: false, chosen: true });
    const { database } = this.#ledger;
    await this.#faults.rest(() =>
      database.transaction((transaction) => keepRevision(transaction, this.#key, project)),
    );
    await this.#untilDone(async (process) => {
      const filter = { kind: 'quarantined', standing: true } as const;
      const held = await listExceptions(process.database, this.#run, filter);
      if (held.length === 0) return;
      await this.#choose(process, held);
      const services = {
        database: process.database,
        parcels: process.parcels,
        key: this.#key,
        targets: [...this.#targets.keys()],
        worker: process.engine.worker,
        clock: this.#clock,
        random: this.#random,
      };
      await replayHeld(services, await this.#findRun(), project.digest, held);
    });
    this.#revision = project.digest;
    await this.#resume(project.digest);
  }

  /** Of the records that are held for their key, the newest stands. */
  async #choose(process: SimulatedProcess, held: readonly Exception[]): Promise<void> {
    const run = await this.#findRun();
    for (const [stream, column] of Object.entries(newestBy)) {
      const own = held.filter(
        ({ code, key }) => code === 'duplicate-key' && key.stream === `clinic.${stream}`,
      );
      if (own.length > 0) await chooseNewest(process, run, own, column, 'steward');
    }
  }

  /** What is kept is mapped again under the changed mappings. */
  async #remap(): Promise<void> {
    const project = this.#project({ repaired: true, changed: true, chosen: true });
    await this.#untilDone(async (process) => {
      const { database } = process;
      // The commit that begins it may have gone through without an answer.
      const begun = await runRevisions(database, this.#run);
      if (begun.at(-1)?.revision === project.digest) return;
      const bind = (text: ProjectText) => process.bind(text);
      await beginRemap({ database, key: this.#key, bind }, await this.#findRun(), bind(project));
    });
    this.#revision = project.digest;
    await this.#resume(project.digest);
  }

  async #undo(): Promise<void> {
    await this.#untilDone(async (process) => {
      const { database, parcels, audit } = process;
      await database.transaction((transaction) => setRunState(transaction, this.#run, 'cancelled'));
      const plan = process.bind(this.#project({ repaired: false, changed: false, chosen: false }));
      const targets = new Map(
        [...plan.targets].map(([name, target]) => [
          name,
          target.create({ name } as Parameters<typeof target.create>[0]),
        ]),
      );
      const services = { database, parcels, targets, same, audit, clock: this.#clock };
      await undoRun(services, this.#run, never.abort);
    });
    for (const [name, target] of this.#targets) {
      assert.deepEqual(await contentsOf(target), this.#initial.get(name), `undo of ${name}`);
    }
  }

  /** A command of an operator, given again until it went through. */
  async #untilDone(command: (process: SimulatedProcess) => Promise<void>): Promise<void> {
    for (let attempt = 0; attempt < mostResumes; attempt++) {
      const process = new SimulatedProcess(this.#around);
      this.#processes.add(process);
      try {
        await process.within(() => command(process));
        return;
      } catch (error) {
        if (!(error instanceof Crash) && !isPassing(error)) throw error;
      } finally {
        this.#processes.delete(process);
      }
    }
    assert.fail('a command never went through');
  }

  async #checkFinished(mapping: Mapping): Promise<void> {
    const { before } = this.#scenario;
    await checkFinished({
      database: this.#ledger.database,
      run: this.#run,
      targets: this.#targets,
      expectation: this.#expectation(mapping),
      initial: this.#initial,
      before: before.map(({ stream, key }) => this.#nameOf(stream, key)),
      undisturbed: this.#faults.struck.length === 0 && !mapping.changed,
    });
  }

  #expectation(mapping: Mapping): Expectation {
    const { rows, before, extent } = this.#scenario;
    return expect(this.#key, rows, {
      streams: movedStreams[extent],
      targets: [...this.#targets.keys()],
      ...mapping,
      strict: this.#strict,
      present: new Set(before.map(({ stream, key }) => this.#nameOf(stream, key))),
    });
  }

  #nameOf(stream: StreamName, key: string): string {
    return resourceName(this.#key, stream, stream === 'site' ? 'Organization' : 'Patient', key);
  }

  async #fillTargets(): Promise<void> {
    for (const [name, target] of this.#targets) {
      const drafts =
        this.#expectation({ repaired: true, changed: false, chosen: false }).drafts.get(name) ?? [];
      const writes = this.#scenario.before.map(({ stream, key, same: equal }): Write => {
        const resource = this.#nameOf(stream, key);
        const [type = '', id = ''] = resource.split('/');
        const draft = drafts.find((one) => one.name === resource);
        const other = JSON.stringify({ resourceType: type, id, language: 'la' });
        return { kind: 'put', type, id, body: Buffer.from(equal ? (draft?.body ?? other) : other) };
      });
      await target.write(writes, never.abort);
    }
    const contents = [...this.#targets].map(
      async ([name, target]) => [name, await contentsOf(target)] as const,
    );
    this.#initial = new Map(await Promise.all(contents));
  }

  #project(mapping: Mapping): ProjectText {
    const { targets, extent } = this.#scenario;
    const { value } = judgeProject(clinicFiles({ extent, targets, ...mapping }));
    return value as ProjectText;
  }

  async #findRun(): Promise<Run> {
    return (await findRun(this.#ledger.database, this.#run)) as Run;
  }

  #spawn(): void {
    const process = new SimulatedProcess(this.#around);
    this.#processes.add(process);
    process.launch();
  }

  #replace(gone: SimulatedProcess): void {
    if (this.#processes.delete(gone)) this.#spawn();
  }

  /** Another process takes its place, unless the whole run is given up now. */
  #died(gone: SimulatedProcess): void {
    if (!this.#fragile) {
      this.#replace(gone);
      return;
    }
    this.#fragile = false;
    for (const process of this.#processes) process.end();
    this.#processes.clear();
    this.#paused.abort();
  }

  /** A fault at a durable operation: the process whose operation it is dies. */
  #strike(): void {
    const process = executing.getStore();
    if (process === undefined) return;
    if (process.dead) throw new Crash();
    if (this.#faults.draw('durable') === undefined) return;
    process.crash();
    throw new Crash();
  }

  #surroundings(): Surroundings {
    const { rows, records, slices, concurrency } = this.#scenario;
    return {
      clock: this.#clock,
      random: this.#random,
      key: this.#key,
      world: this.#world,
      database: this.#ledger.database,
      blobs: new MemoryStore(this.#clock),
      tables: streamNames.map((name): MemoryTable => ({
        stream: streamOf(name),
        rows: rows[name].map((row) => columnsOf[name].map((column) => row[column] ?? null)),
      })),
      targets: this.#targets,
      faults: this.#faults,
      underWay: new Set(),
      refuses: (target, body) => this.#strict && target === 'chart' && body.includes('REFUSE'),
      records,
      slices,
      concurrency,
      died: (gone) => this.#died(gone),
      replace: (gone) => this.#replace(gone),
      takeover: (by) => this.#takeover(by),
      pause: () => this.#pause(),
      holdsSnapshot: (name) => [...this.#processes].some((one) => one.snapshot === name),
      loseSnapshots: () => {
        for (const process of this.#processes) process.renewSnapshot();
      },
      committed: () => this.#committed(),
      report: (error) => {
        if (error instanceof Crash || isPassing(error) || isOver(error)) return;
        this.#unexpected ??= error;
      },
    };
  }

  /** While `by` waits for an answer, another process works on the same slice to its end. */
  async #takeover(by: SimulatedProcess): Promise<void> {
    const work = working.get(this.#around);
    if (work === undefined) return;
    await this.#faults.rest(async () => {
      const other = new SimulatedProcess(this.#around);
      this.#processes.add(other);
      await other.desk.work(work.name, work.phase, work.slice, never).catch(unlessOver);
      this.#processes.delete(other);
    });
    if (this.#random.integer(2) === 0) by.engine.lapse();
  }

  async #pause(): Promise<void> {
    await this.#faults.rest(async () => {
      await pauseRun(this.#ledger.database, this.#watcher, await this.#findRun(), 'operator');
    });
    this.#paused.abort();
  }

  async #committed(): Promise<void> {
    this.#commits++;
    if (this.#run === '' || this.#random.integer(recountOneIn) > 0) return;
    await recountCommit(this.#ledger.database, this.#run, this.#targets, this.#scenario.rows);
  }
}

/** The ledger's own checks judge every commit; this second opinion asks after some of them. */
const recountOneIn = 16;
