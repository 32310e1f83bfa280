import { DBOS, Error as DbosErrors } from '@dbos-inc/dbos-sdk';
import { registerInternalQueue } from '@dbos-inc/dbos-sdk/eventreceiver';
import { getCurrentContextStore } from '@dbos-inc/dbos-sdk/internal/context';
import { GlobalLogger } from '@dbos-inc/dbos-sdk/internal/telemetry/logs';
import { withDbRetry } from '@dbos-inc/dbos-sdk/internal/system_database';
import { wfQueueRunner } from '@dbos-inc/dbos-sdk/internal/wfqueue';
import { Pool } from 'pg';
import type { Clock } from '../base/clock.ts';
import { HandoverError } from '../base/errors.ts';
import { uuid7 } from '../base/id.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { Bell, Pace } from './bell.ts';
import { Leaving, claimLost, handedBack } from './calls.ts';
import { askAgainSoon, awayFailure, databaseAway } from './databaseAway.ts';
import { Execution } from './dbosContext.ts';
import type { Host } from './dbosContext.ts';
import { migrateDbos } from './dbosMigration.ts';
import { Follower, readOutcomes, readStatus } from './dbosOutcomes.ts';
import type { Envelope } from './dbosOutcomes.ts';
import { dbosSettings, quietLogger } from './dbosSettings.ts';
import {
  forgetNotes,
  handBackAll,
  queues,
  readCancelled,
  readTree,
  resumeTree,
  writeHalt,
  writeSignal,
} from './dbosTables.ts';
import type { Queryable } from './dbosTables.ts';
import type { DurableEngine, Role, WorkflowBody, WorkflowKind, WorkflowStatus } from './engine.ts';
import { EngineSocket } from './engineSocket.ts';
import { DurableFailure, durableFailure, stripFailure } from './failure.ts';
import { Liveness } from './liveness.ts';
import { QueuePoller } from './queuePoller.ts';
import { storableCopy, token } from './storable.ts';
import type { Storable } from './storable.ts';
import {
  cancelledError,
  idTaken,
  notFound,
  notRegistered,
  startId,
  unfinished,
} from './workflowId.ts';

export interface DbosOptions {
  /** The control database, migrated to hold `handover.worker`; DBOS's schema is made beside it. */
  url: string;
  /** What people call this worker; never a host's name. */
  name: string;
  clock: Clock;
  random: Random;
  log: Log;
  /** Told what a body or step threw, in this process only, before it is stripped to its code. */
  report?: (error: unknown) => void;
  /** How often a worker looks for work, and for ends of work, that came from another process. */
  pollMs?: number;
  /** How often a worker says that it lives, and looks for the dead. */
  beatMs?: number;
  /** A worker that was silent for so long counts as dead. */
  lapseMs?: number;
  /** A database that has not answered a worker for so long is not waited for from outside. */
  awayMs?: number;
}

interface Registration {
  kind: WorkflowKind;
  /** The body as DBOS knows it. */
  workflow: (input: Storable) => Promise<Envelope>;
}

/**
 * The durable engine on PostgreSQL, by DBOS. DBOS keeps its state in globals: a process runs one
 * engine at a time, and may run another after the first was closed.
 */
export function dbosEngine(options: DbosOptions): DurableEngine {
  return new DbosEngine(options);
}

/** A workflow that brought down this many workers is not tried again. */
const mostAttempts = 1_000;
const defaultPollMs = 250;
/** DBOS's own loop should hardly ever look into a queue: see queuePoller.ts. */
const ownLoopMs = 3_600_000;
const ignore = (): void => undefined;
const defaultLapseMs = 4_000;
const defaultAwayMs = 30_000;

class DbosEngine implements DurableEngine {
  readonly worker: string;
  readonly #options: DbosOptions;
  readonly #bodies = new Map<string, { kind: WorkflowKind; body: WorkflowBody<never, Storable> }>();
  readonly #registrations = new Map<string, Registration>();
  readonly #executions = new Map<string, Execution>();
  readonly #drain = new AbortController();
  /** Aborted while the database counts as away. */
  #away = new AbortController();
  readonly #emptied = new EventTarget();
  /** Rung when something was put into a queue, or a place became free. */
  readonly #work: Readonly<Record<WorkflowKind, Bell>> = {
    coordinator: new Bell(),
    slice: new Bell(),
  };
  /** Rung when a body ended, whose end DBOS is about to write. */
  readonly #ends = new Bell();
  readonly #pollers: QueuePoller[] = [];
  #pool: Pool | undefined;
  #liveness: Liveness | undefined;

  constructor(options: DbosOptions) {
    this.#options = options;
    this.worker = uuid7(options.clock, options.random);
  }

  register<Input extends Storable, Result extends Storable>(
    name: string,
    kind: WorkflowKind,
    body: WorkflowBody<Input, Result>,
  ): void {
    if (this.#pool) throw new HandoverError('durable-launched', 'Register before launch.');
    this.#bodies.set(token(name), { kind, body });
  }

  async launch(role: Role): Promise<void> {
    if (this.#pool) throw new HandoverError('durable-launched', 'The engine was launched before.');
    const { log, clock } = this.#options;
    const pool = this.#newPool(role);
    this.#pool = pool;
    askAgainSoon();
    try {
      await migrateDbos(pool, new GlobalLogger(undefined, { logger: quietLogger(log) }), clock);
      this.#registerAll();
      if (role.work) {
        this.#pollers.push(this.#newPoller('coordinator'));
        this.#pollers.push(this.#newPoller('slice', role.concurrency));
        this.#liveness = this.#newLiveness();
        await this.#liveness.start();
      }
      DBOS.setConfig(dbosSettings(pool, this.worker, log));
      await DBOS.launch();
      for (const poller of this.#pollers) poller.start();
    } catch (error) {
      await this.close({ drainMs: 0 });
      throw awayFailure(error);
    }
  }

  async start(name: string, id: string, input: Storable): Promise<void> {
    return this.#reached(this.#enqueue(name, startId(id), input));
  }

  result(id: string, signal?: AbortSignal): Promise<Storable> {
    return this.#reached(this.#result(id, signal));
  }

  async #result(id: string, signal?: AbortSignal): Promise<Storable> {
    const follower = new Follower([startId(id)]);
    const pace = this.#pace();
    for (;;) {
      signal?.throwIfAborted();
      const rows = await follower.read(this.#db());
      if (rows.size === 0) throw notFound(id);
      const outcome = (await readOutcomes(this.#db(), rows)).get(id);
      if (outcome?.state === 'finished') return outcome.value;
      if (outcome?.state === 'cancelled') throw cancelledError(id);
      if (outcome) throw durableFailure(outcome);
      await pace.wait(...(signal ? [signal] : []));
    }
  }

  async status(id: string): Promise<WorkflowStatus | undefined> {
    const row = (await new Follower([startId(id)]).read(this.#db())).get(id);
    return row && readStatus(this.#db(), id, row);
  }

  async signal(id: string, name: string, value: Storable): Promise<void> {
    await writeSignal(this.#db(), startId(id), token(name), value);
  }

  pause(id: string): Promise<void> {
    return this.#reached(this.#halt(id, false));
  }

  cancel(id: string): Promise<void> {
    return this.#reached(this.#halt(id, true));
  }

  async resume(id: string): Promise<void> {
    await this.#known(id);
    if ((await readCancelled(this.#db(), [id])).has(id)) throw cancelledError(id);
    const coordinators = [...this.#bodies]
      .filter(([, { kind }]) => kind === 'coordinator')
      .map(([name]) => name);
    await resumeTree(this.#db(), id, coordinators);
    for (const bell of Object.values(this.#work)) bell.ring();
  }

  async forget(id: string): Promise<number> {
    const status = await this.#known(id);
    const { ids, active } = await readTree(this.#db(), id);
    if (active > 0 || status.state === 'paused') throw unfinished(id);
    await DBOS.deleteWorkflows(ids);
    await forgetNotes(this.#db(), ids);
    return ids.length;
  }

  async close({ drainMs }: { drainMs: number }): Promise<void> {
    const pool = this.#pool;
    if (!pool || this.#drain.signal.aborted) return;
    this.#drain.abort();
    wfQueueRunner.stop();
    const stopped = this.#pollers.map((poller) => poller.stop());
    // Each part must be tried though another failed: the database may be what is gone.
    await this.#attempt(async () => this.#liveness?.drain());
    await this.#drained(drainMs);
    // Before the signals: what a step throws for its signal must find its claim gone.
    await this.#attempt(() => handBackAll(pool, this.worker));
    for (const execution of this.#executions.values()) execution.lose(handedBack());
    await this.#attempt(() => Promise.all(stopped));
    await this.#attempt(() => DBOS.shutdown({ deregister: true }));
    // Again, for what the queue was just handing out when it was told to stop.
    await this.#attempt(() => handBackAll(pool, this.worker));
    await this.#attempt(async () => this.#liveness?.close());
    await this.#attempt(() => pool.end());
  }

  #registerAll(): void {
    for (const [name, { kind, body }] of this.#bodies) {
      const run = (input: Storable): Promise<Envelope> =>
        this.#run(name, (context) => body(context, input as never));
      const config = { name, maxRecoveryAttempts: mostAttempts };
      this.#registrations.set(name, { kind, workflow: DBOS.registerWorkflow(run, config) });
    }
  }

  /** One taking-up of a workflow. What it returns or throws counts only while it owns the claim. */
  async #run(name: string, body: (context: Execution) => Promise<Storable>): Promise<Envelope> {
    const { workflowId = '', ownerXid = '' } = getCurrentContextStore() ?? {};
    const execution = new Execution(this.#host(), name, workflowId, ownerXid);
    this.#executions.set(ownerXid, execution);
    try {
      await execution.stayOrLeave();
      const value = storableCopy(await body(execution));
      return execution.next === undefined ? { value } : { next: execution.next };
    } catch (error) {
      if (execution.next !== undefined) return { next: execution.next };
      if (!(error instanceof Leaving || error instanceof DurableFailure)) this.#report(error);
      throw stripFailure(error);
    } finally {
      this.#executions.delete(ownerXid);
      this.#ends.ring();
      this.#work.slice.ring();
      if (this.#executions.size === 0) this.#emptied.dispatchEvent(new Event('emptied'));
    }
  }

  #host(): Host {
    return {
      db: this.#db(),
      clock: this.#options.clock,
      draining: this.#drain.signal,
      pace: () => this.#pace(),
      enqueue: (name, id, input) => this.#enqueue(name, id, input),
      report: (error) => this.#report(error),
    };
  }

  async #enqueue(name: string, id: string, input: Storable): Promise<void> {
    const registration = this.#registrations.get(name);
    if (!registration) throw notRegistered(name);
    const queueName = queues[registration.kind];
    const checked = storableCopy(input);
    try {
      await DBOS.startWorkflow(registration.workflow, { workflowID: id, queueName })(checked);
      this.#work[registration.kind].ring();
    } catch (error) {
      throw error instanceof DbosErrors.DBOSConflictingWorkflowError ? idTaken(id) : error;
    }
  }

  async #halt(id: string, final: boolean): Promise<void> {
    const { state } = await this.#known(id);
    if (state === 'finished' || state === 'failed') return;
    await writeHalt(this.#db(), id, final);
    await DBOS.cancelWorkflows([id], { cancelChildren: true });
  }

  async #known(id: string): Promise<WorkflowStatus> {
    const status = await this.status(id);
    if (!status) throw notFound(id);
    return status;
  }

  #newPool(role: Role): Pool {
    const { url, lapseMs = defaultLapseMs } = this.#options;
    const pool = new Pool({
      connectionString: url,
      application_name: 'handover durable',
      max: role.work ? Math.min(20, role.concurrency + 4) : 4,
      connectionTimeoutMillis: 10_000,
      stream: () => new EngineSocket(),
      // A worker that is stopped within a transaction holds its locks: for no longer than it lives.
      idle_in_transaction_session_timeout: lapseMs,
    });
    // A connection that breaks must not end the process, whether it is idle or just handed out:
    // whoever uses it next finds out, and waits.
    pool.on('error', ignore);
    pool.on('connect', (client) => client.on('error', ignore));
    return pool;
  }

  #pace(): Pace {
    return new Pace(this.#ends, this.#options.clock, this.#options.pollMs ?? defaultPollMs);
  }

  #newPoller(kind: WorkflowKind, workerConcurrency?: number): QueuePoller {
    const { clock, random, pollMs = defaultPollMs } = this.#options;
    const queue = registerInternalQueue(queues[kind], {
      minPollingIntervalMs: ownLoopMs,
      ...(workerConcurrency !== undefined && { workerConcurrency }),
    });
    return new QueuePoller({ queue, bell: this.#work[kind], clock, random, longestMs: pollMs });
  }

  #newLiveness(): Liveness {
    const { url, name, clock, log, beatMs = 500 } = this.#options;
    const { lapseMs = defaultLapseMs, awayMs = defaultAwayMs } = this.#options;
    return new Liveness({
      url,
      clock,
      log,
      beatMs,
      lapseMs,
      worker: { id: this.worker, name },
      owners: () => new Set(this.#executions.keys()),
      onLost: (owner) => this.#executions.get(owner)?.lose(claimLost()),
      awayMs,
      onAway: (away) => {
        if (away) this.#away.abort(databaseAway());
        else if (this.#away.signal.aborted) this.#away = new AbortController();
      },
    });
  }

  /** Until no body runs here, or the time is up. */
  async #drained(drainMs: number): Promise<void> {
    if (this.#executions.size === 0) return;
    const emptied = new AbortController();
    this.#emptied.addEventListener('emptied', () => emptied.abort(), { once: true });
    const enough = AbortSignal.any([emptied.signal, this.#away.signal]);
    await this.#options.clock.sleep(drainMs, enough).catch(() => undefined);
  }

  /**
   * What is asked from outside. Inside, everything waits until the database is back; who asks from
   * outside is told when that takes too long.
   */
  #reached<T>(answer: Promise<T>): Promise<T> {
    const { signal } = this.#away;
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(signal.reason as HandoverError);
      if (signal.aborted) giveUp();
      signal.addEventListener('abort', giveUp, { once: true });
      void answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
    });
  }

  async #attempt(part: () => Promise<unknown>): Promise<void> {
    try {
      await part();
    } catch {
      this.#options.log.warn('durable.close-incomplete', { worker: this.worker });
    }
  }

  #report(error: unknown): void {
    const code = error instanceof HandoverError ? error.code : 'unexpected';
    this.#options.log.warn('durable.failed', { worker: this.worker, code });
    this.#options.report?.(error);
  }

  /** As DBOS does with its own statements, waits out a database that is away: ours may all be repeated. */
  #db(): Queryable {
    const pool = this.#pool;
    if (!pool) throw new HandoverError('durable-not-launched', 'Launch the engine first.');
    return { query: (text, values) => withDbRetry(() => pool.query(text, values)) };
  }
}
