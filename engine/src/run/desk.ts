import type { BatchRecorder } from '../audit/batchRecorder.ts';
import { HandoverError, exitCodes, failureOf } from '../base/errors.ts';
import { retryDelayMs, type RetryPolicy } from '../base/retry.ts';
import type { ProjectKey } from '../keys/projectKey.ts';
import { draftBalances, recordBalances } from '../ledger/balances.ts';
import { erasedPersons } from '../ledger/erasedPersons.ts';
import { claimAlone, releaseSlice, slicesOf } from '../ledger/slices.ts';
import { findRun, runRevisions, setRunState, type Run } from '../ledger/runs.ts';
import { streamsOf } from '../ledger/streams.ts';
import type { ConnectorServices } from '../model/connector.ts';
import { phases, type Phase } from '../model/phase.ts';
import type { Stored, Target } from '../model/target.ts';
import type { DraftJudge } from '../quality/draftJudge.ts';
import type { Database } from '../store/database.ts';
import type { Queries } from '../store/session.ts';
import { assess } from './assess.ts';
import { withoutErased } from './erasedPersons.ts';
import { openEndpoints, type Endpoints } from './endpoints.ts';
import { loadGroups, onlyRetiring, onlySettling, settleGroups } from './loadGroups.ts';
import type { Parcels } from './parcels.ts';
import { checkPhase } from './phases/check.ts';
import { targetUnavailable } from './phases/deliver.ts';
import { extractPhase } from './phases/extract.ts';
import { linkPhase } from './phases/link.ts';
import { loadPhase } from './phases/load.ts';
import { mapPhase } from './phases/map.ts';
import { isFoldedSearch } from './phases/remap.ts';
import { wholeTarget } from './phases/scan.ts';
import { verifyPhase } from './phases/verify.ts';
import type { BatchLimits, PhaseWork, StopSignal, WorkEnd } from './phases/work.ts';
import type { CompiledPlan } from './plan/compile.ts';
import { compileStreams, type CompiledStreams } from './plan/streams.ts';
import type { ProjectFiles, ProjectText } from './plan/read.ts';
import { receivablesOf } from './plan/receivables.ts';
import type { PlanDocument } from './plan/schema.ts';
import { recallReferring } from './recall.ts';
import { readRevision } from './revision.ts';
import type { RunDesk, RunEnd, RunName, SliceName } from './workflows.ts';

export interface DeskServices {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
  connectorServices: ConnectorServices;
  /** Puts on record what a run reads and writes. */
  audit: BatchRecorder;
  /** This process, as the ledger's leases name it. */
  worker: string;
  /** Bind a plan to connectors and the environment. @throws HandoverError `plan-invalid`. */
  bind: (project: ProjectText) => CompiledPlan;
  /**
   * The judge of drafts that a plan asks for.
   * @throws HandoverError where a package or the terminology is missing, or is another than it was.
   */
  judge: (check: PlanDocument['check'], files: ProjectFiles) => Promise<DraftJudge>;
  same(body: Buffer, stored: Stored): boolean;
  limits: BatchLimits;
  policy: RetryPolicy;
  /** Slices to cut a stream into. */
  slices: number;
}

/** A run as this process works on it: its pinned plan, bound, with its endpoints open. */
interface OpenRun {
  run: Run;
  plan: CompiledPlan;
  endpoints: Endpoints;
  compiled?: CompiledStreams;
}

/**
 * The desk at which a process works on runs: it opens what a run's revision names, once, and hands
 * each phase what that phase uses.
 */
export class Desk implements RunDesk {
  readonly #services: DeskServices;
  readonly #open = new Map<string, Promise<OpenRun>>();

  constructor(services: DeskServices) {
    this.#services = services;
  }

  async phases(only: string): Promise<Phase[]> {
    return phases.filter((phase) => only === 'all' || only === phase);
  }

  plan(name: RunName, phase: Phase): Promise<SliceName[][] | 'recalled'> {
    return this.#steadily(() => this.#plan(name, phase));
  }

  work(name: RunName, phase: Phase, slice: SliceName, stop: StopSignal): Promise<WorkEnd | 'held'> {
    return this.#steadily(() => this.#work(name, phase, slice, stop), stop.abort);
  }

  end(run: string, { state, code }: RunEnd): Promise<void> {
    const { database } = this.#services;
    return this.#steadily(async () => {
      const left = state === 'finished' && (await anythingWaits(database, run));
      await database.transaction((transaction) =>
        left
          ? setRunState(transaction, run, 'paused', 'phases-left')
          : setRunState(transaction, run, state, code === 'none' ? undefined : code),
      );
    });
  }

  /**
   * Try again what may pass: a connection that broke, a commit whose answer was lost. Every attempt
   * reads from the ledger where it stands, so that what did happen is not done twice. A target has
   * been tried often enough by whoever gave it up.
   */
  async #steadily<T>(operate: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { policy, connectorServices } = this.#services;
    const { clock, random } = connectorServices;
    for (let attempt = 1; ; attempt++) {
      try {
        return await operate();
      } catch (error) {
        const givenUp = error instanceof HandoverError && error.code === targetUnavailable;
        const over = failureOf(error) === 'permanent' || attempt >= policy.attempts;
        if (givenUp || over) throw error;
        await clock.sleep(retryDelayMs(policy, attempt, random), signal);
      }
    }
  }

  async #plan(name: RunName, phase: Phase): Promise<SliceName[][] | 'recalled'> {
    const { database } = this.#services;
    const { run } = name;
    const open = await this.#openRun(name);
    if (phase === 'assess') {
      await assess(this.#services, open.run, open.plan, open.endpoints);
      return [];
    }
    const work = await this.#phase(open, phase);
    if (work === undefined) return [];
    await work.plan(run);
    const slices = await slicesOf(database, run, phase);
    const left = slices.filter(({ done }) => !done).map(({ key }) => key);
    if (phase === 'load' && slices.length > 0 && left.length === 0) await flushAll(open.endpoints);
    if (phase === 'load' && onlyRetiring(left) && (await this.#recalls(open))) return 'recalled';
    return this.#groups(open, phase, left);
  }

  async #groups(open: OpenRun, phase: Phase, left: readonly SliceName[]): Promise<SliceName[][]> {
    const mappings = async (): Promise<CompiledStreams['mappings']> =>
      (await this.#compiled(open)).mappings;
    if (phase === 'extract') return foldedLast(left, mappings);
    if (phase === 'map') return parentsFirst(left, await mappings());
    if (phase !== 'load') return scanLast(left);
    if (!onlySettling(left)) return loadGroups(left, await mappings());
    return settleGroups(left, await draftBalances(this.#services.database, open.run.id));
  }

  async #recalls(open: OpenRun): Promise<boolean> {
    const { mappings } = await this.#compiled(open);
    const { revision, id } = open.run;
    const targets = [...open.plan.targets.keys()];
    return recallReferring({ ...this.#services, mappings, targets, revision }, id);
  }

  async #work(
    name: RunName,
    phase: Phase,
    slice: SliceName,
    stop: StopSignal,
  ): Promise<WorkEnd | 'held'> {
    const { database, worker } = this.#services;
    const open = await this.#openRun(name);
    const work = await this.#phase(open, phase);
    if (work === undefined) return 'done';
    const key = { run: name.run, phase, ...slice };
    const answer = await claimAlone(database, key, worker);
    if (answer === 'over') throw runOver();
    if (typeof answer === 'string') return answer;
    const release = (): Promise<void> =>
      database.transaction((transaction) => releaseSlice(transaction, answer.claim));
    try {
      const end = await work.work(answer.claim, stop);
      if (end === 'stopped') await release();
      return end;
    } catch (error) {
      // Or the lease would have to run out before another worker, or an undo, could go on.
      await release().catch(() => undefined);
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const opened of this.#open.values()) {
      const open = await opened.catch(() => undefined);
      await open?.endpoints.close();
    }
    this.#open.clear();
  }

  #openRun(name: RunName): Promise<OpenRun> {
    const place = `${name.run} ${name.revision}`;
    let opened = this.#open.get(place);
    if (opened === undefined) {
      opened = this.#openNow(name);
      this.#open.set(place, opened);
      // A failed opening is tried afresh the next time.
      opened.catch(() => this.#open.delete(place));
    }
    return opened;
  }

  async #openNow({ run: id, revision }: RunName): Promise<OpenRun> {
    const { database, key, bind, connectorServices } = this.#services;
    const run = await findRun(database, id);
    if (run === undefined) throw runUnknown();
    const plan = bind(await readRevision(database, key, revision));
    const endpoints = openEndpoints(plan, connectorServices);
    return { run: { ...run, revision }, plan, endpoints };
  }

  async #phase(open: OpenRun, phase: Phase): Promise<PhaseWork | undefined> {
    const { run, plan, endpoints } = open;
    const { connectorServices, ...own } = this.#services;
    const shared = { ...own, ...connectorServices, revision: run.revision };
    switch (phase) {
      case 'assess':
        return undefined;
      case 'extract':
        return extractPhase({
          ...shared,
          sources: endpoints.sources,
          remap: async () => {
            const { mappings } = await this.#compiled(open);
            const targets = [...plan.targets.keys()];
            const routesDiffer = await this.#routesDiffer(open);
            return { ...shared, mappings, targets, route: plan.route, routesDiffer };
          },
        });
      case 'map': {
        const { mappings, facts } = await this.#compiled(open);
        const targets = [...plan.targets.keys()];
        return mapPhase({ ...shared, mappings, facts, targets, route: plan.route });
      }
      case 'check':
        return checkPhase({
          ...shared,
          targets: [...plan.targets.keys()],
          judge: await this.#services.judge(plan.project.document.check, plan.project.files),
        });
      case 'link': {
        const { linkage } = plan.project.document;
        if (linkage === undefined) return undefined;
        const targets = [...plan.targets.keys()];
        return linkPhase({ ...shared, linkage, targets, existing: await existingAt(open) });
      }
      case 'load': {
        const before = plan.project.document.linkage ? 'link' : 'check';
        const targets = await endpoints.targets();
        const existing = new Set(existingNames(plan));
        return loadPhase({ ...shared, before, targets, barrier: plan.barrier, existing });
      }
      case 'verify': {
        const { facts } = await this.#compiled(open);
        const scanKey = this.#services.key.secret('scan');
        const { trialBalance } = plan.project.document;
        const { way: receivables } = receivablesOf(plan.project.document);
        const targets = await endpoints.targets();
        return verifyPhase({ ...shared, targets, facts, scanKey, trialBalance, receivables });
      }
    }
  }

  /** Whether a revision that the run worked under before routes otherwise than the one at hand. */
  async #routesDiffer({ run, plan }: OpenRun): Promise<boolean> {
    const { database, key } = this.#services;
    const later = await runRevisions(database, run.id);
    const pinned = await findRun(database, run.id);
    const names = new Set([pinned?.revision, ...later.map(({ revision }) => revision)]);
    names.delete(run.revision);
    const now = routesIn(plan.project.document);
    for (const name of names) {
      const { document } = await readRevision(database, key, name as string);
      if (routesIn(document) !== now) return true;
    }
    return false;
  }

  /** Mappings and facts, compiled against the streams as assess found them. */
  async #compiled(open: OpenRun): Promise<CompiledStreams> {
    if (open.compiled === undefined) {
      const streams = await streamsOf(this.#services.database, open.run.id);
      const { key, database } = this.#services;
      const compiled = compileStreams(open.plan, streams, key);
      open.compiled = withoutErased(compiled, await erasedPersons(database), key);
    }
    return open.compiled;
  }
}

function existingNames({ targets }: CompiledPlan): string[] {
  return [...targets].flatMap(([name, { existing }]) => (existing ? [name] : []));
}

/** The targets that have something of their own; no other need be open to link. */
async function existingAt({ plan, endpoints }: OpenRun): Promise<Map<string, Target>> {
  const names = existingNames(plan);
  if (names.length === 0) return new Map();
  const targets = await endpoints.targets();
  return new Map(names.map((name) => [name, targets.get(name) as Target]));
}

/** All that decides which draft goes where. */
function routesIn({ route, scope, targets }: PlanDocument): string {
  const laws = Object.entries(targets).map(([name, { jurisdiction }]) => [name, jurisdiction]);
  return JSON.stringify([route, scope, laws]);
}

/** The last thing of a load, done again whenever there is nothing left of it: a flush may be repeated. */
async function flushAll(endpoints: Endpoints): Promise<void> {
  for (const target of (await endpoints.targets()).values()) await target.flush?.();
}

/** What goes back because of others is known once those have been looked through. */
async function foldedLast(
  left: readonly SliceName[],
  mappings: () => Promise<CompiledStreams['mappings']>,
): Promise<SliceName[][]> {
  const folded = left.filter(({ slice }) => isFoldedSearch(slice));
  if (folded.length === 0) return left.length === 0 ? [] : [[...left]];
  const others = left.filter((one) => !folded.includes(one));
  return [others, ...parentsFirst(folded, await mappings())].filter(({ length }) => length > 0);
}

/** What becomes of records that are folded into others is known once those have been mapped. */
function parentsFirst(
  left: readonly SliceName[],
  mappings: CompiledStreams['mappings'],
): SliceName[][] {
  const depth = (stream: string, seen: readonly string[] = []): number => {
    const parent = mappings.get(stream)?.foldedInto;
    if (parent === undefined || seen.includes(stream)) return 0;
    return 1 + depth(parent, [...seen, stream]);
  };
  const stages = Map.groupBy(left, ({ stream }) => depth(stream));
  return [...stages].toSorted(([a], [b]) => a - b).map(([, slices]) => slices);
}

function scanLast(left: readonly SliceName[]): SliceName[][] {
  const scans = left.filter(({ stream }) => stream === wholeTarget);
  const others = left.filter(({ stream }) => stream !== wholeTarget);
  return [others, scans].filter((group) => group.length > 0);
}

async function anythingWaits(reader: Queries, run: string): Promise<boolean> {
  const records = await recordBalances(reader, run);
  const drafts = await draftBalances(reader, run);
  return [...records, ...drafts].some(({ waiting }) => waiting > 0);
}

function runOver(): HandoverError {
  return new HandoverError('run-over', 'The run was cancelled or undone; nothing more is done.', {
    exitCode: exitCodes.usage,
    next: 'Begin a new one with `handover run`.',
  });
}

function runUnknown(): HandoverError {
  return new HandoverError('run-unknown', 'There is no such run in this project.', {
    exitCode: exitCodes.usage,
    next: 'See the runs with `handover status`.',
  });
}
