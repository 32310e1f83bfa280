import { HandoverError, exitCodes } from '../base/errors.ts';
import type { JsonObject } from '../base/json.ts';
import type { RetryPolicy } from '../base/retry.ts';
import type { ProjectKey } from '../keys/projectKey.ts';
import { claimSlice, releaseSlice, slicesOf } from '../ledger/slices.ts';
import { findRun, setRunState, type Run } from '../ledger/runs.ts';
import { streamsOf } from '../ledger/streams.ts';
import type { ConnectorServices } from '../model/connector.ts';
import { phases, type Phase } from '../model/phase.ts';
import type { Issue } from '../model/issue.ts';
import type { Stored } from '../model/target.ts';
import type { Database } from '../store/database.ts';
import { assess } from './assess.ts';
import { openEndpoints, type Endpoints } from './endpoints.ts';
import type { Parcels } from './parcels.ts';
import { checkPhase } from './phases/check.ts';
import { extractPhase } from './phases/extract.ts';
import { loadPhase } from './phases/load.ts';
import { mapPhase } from './phases/map.ts';
import { settleName } from './phases/settle.ts';
import { wholeTarget } from './phases/scan.ts';
import { verifyPhase } from './phases/verify.ts';
import type { BatchLimits, PhaseWork, StopSignal, WorkEnd } from './phases/work.ts';
import type { CompiledPlan } from './plan/compile.ts';
import { compileStreams, type CompiledStreams } from './plan/streams.ts';
import type { ProjectText } from './plan/read.ts';
import { readRevision } from './revision.ts';
import type { RunDesk, RunEnd, RunName, SliceName } from './workflows.ts';

export interface DeskServices {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
  connectorServices: ConnectorServices;
  /** This process, as the ledger's leases name it. */
  worker: string;
  /** Bind a plan to connectors and the environment. @throws HandoverError `plan-invalid`. */
  bind(project: ProjectText): CompiledPlan;
  judge(resource: JsonObject): readonly Issue[];
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

  async plan(name: RunName, phase: Phase): Promise<SliceName[][]> {
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
    return phase === 'load' ? inOrder(left) : scanLast(left);
  }

  async work(
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
    const answer = await database.transaction((transaction) =>
      claimSlice(transaction, key, worker),
    );
    if (typeof answer === 'string') return answer;
    const end = await work.work(answer.claim, stop);
    if (end === 'stopped') {
      await database.transaction((transaction) => releaseSlice(transaction, answer.claim));
    }
    return end;
  }

  async end(run: string, { state, code }: RunEnd): Promise<void> {
    await this.#services.database.transaction((transaction) =>
      setRunState(transaction, run, state, code === 'none' ? undefined : code),
    );
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
      case 'link':
        return undefined;
      case 'extract':
        return extractPhase({ ...shared, sources: await endpoints.sources() });
      case 'map': {
        const { mappings, facts } = await this.#compiled(open);
        const targets = [...plan.targets.keys()];
        return mapPhase({ ...shared, mappings, facts, targets, route: plan.route });
      }
      case 'check':
        return checkPhase({ ...shared, targets: [...plan.targets.keys()] });
      case 'load':
        return loadPhase({ ...shared, targets: await endpoints.targets() });
      case 'verify': {
        const { facts } = await this.#compiled(open);
        const scanKey = this.#services.key.secret('scan');
        return verifyPhase({ ...shared, targets: await endpoints.targets(), facts, scanKey });
      }
    }
  }

  /** Mappings and facts, compiled against the streams as assess found them. */
  async #compiled(open: OpenRun): Promise<CompiledStreams> {
    if (open.compiled === undefined) {
      const streams = await streamsOf(this.#services.database, open.run.id);
      open.compiled = compileStreams(open.plan, streams, this.#services.key);
    }
    return open.compiled;
  }
}

/** Streams one after another, each before those that refer to it; settling comes last. */
function inOrder(left: readonly SliceName[]): SliceName[][] {
  const groups = new Map<string, SliceName[]>();
  const settle: SliceName[] = [];
  for (const slice of left) {
    if (slice.slice === settleName) settle.push(slice);
    else groups.set(slice.stream, [...(groups.get(slice.stream) ?? []), slice]);
  }
  return [...groups.values(), ...settle.map((slice) => [slice])];
}

function scanLast(left: readonly SliceName[]): SliceName[][] {
  const scans = left.filter(({ stream }) => stream === wholeTarget);
  const others = left.filter(({ stream }) => stream !== wholeTarget);
  return [others, scans].filter((group) => group.length > 0);
}

function runUnknown(): HandoverError {
  return new HandoverError('run-unknown', 'There is no such run in this project.', {
    exitCode: exitCodes.usage,
    next: 'See the runs with `handover status`.',
  });
}
