import { DBOS, Error as DbosErrors } from '@dbos-inc/dbos-sdk';
import type { Clock } from '../base/clock.ts';
import { HandoverError } from '../base/errors.ts';
import type { Pace } from './bell.ts';
import { CallGuard, Leaving, claimLost, continued, handedBack } from './calls.ts';
import { Follower, readOutcomes } from './dbosOutcomes.ts';
import { handBack, readSignal } from './dbosTables.ts';
import type { Queryable } from './dbosTables.ts';
import type { Child, DurableContext, Outcome } from './engine.ts';
import { isStripped, reviveFailure, stripFailure } from './failure.ts';
import { storableCopy } from './storable.ts';
import type { Storable } from './storable.ts';
import { nextGeneration, notFound, rootId, startId } from './workflowId.ts';

/** What an execution needs of the engine that runs it. */
export interface Host {
  db: Queryable;
  clock: Clock;
  /** Aborted when the process takes no more work. */
  draining: AbortSignal;
  /** How often to look for what other workflows did. */
  pace(): Pace;
  /** Enqueues a workflow from inside the calling one, so that it is recorded as its child. */
  enqueue(name: string, id: string, input: Storable): Promise<void>;
  /** Told what a step threw, before it is stripped to its code. */
  report(error: unknown): void;
}

/** One taking-up of one workflow by this process: its context, and its claim. */
export class Execution implements DurableContext {
  readonly id: string;
  readonly workflow: string;
  /** DBOS's token of this execution; gone from the workflow's row once the claim is lost. */
  readonly owner: string;
  readonly aborted: AbortSignal;
  /** The generation that goes on, once the body asked for one. */
  next: string | undefined;
  readonly #name: string;
  readonly #host: Host;
  readonly #guard = new CallGuard();
  readonly #abort = new AbortController();

  constructor(host: Host, name: string, workflow: string, owner: string) {
    this.#host = host;
    this.#name = name;
    this.workflow = workflow;
    this.owner = owner;
    this.id = rootId(workflow);
    this.aborted = this.#abort.signal;
  }

  lose(reason: Leaving): void {
    this.#abort.abort(reason);
  }

  /** Where a body may be made to leave: before each call, and while one waits. */
  async stayOrLeave(): Promise<void> {
    this.aborted.throwIfAborted();
    if (!this.#host.draining.aborted) return;
    await handBack(this.#host.db, this.workflow, this.owner);
    throw handedBack();
  }

  step<T extends Storable>(name: string, operate: () => Promise<T>): Promise<T> {
    return this.#guard.run(() => this.#step(name, operate));
  }

  sleep(durationMs: number): Promise<void> {
    return this.#guard.run(async () => {
      const { clock } = this.#host;
      const until = await this.#step('sleep', async () => clock.now().getTime() + durationMs);
      for (;;) {
        const leftMs = until - clock.now().getTime();
        if (leftMs <= 0) return;
        await this.#idle(Math.min(leftMs, longestIdleMs));
      }
    });
  }

  waitForSignal(name: string): Promise<Storable> {
    return this.#guard.run(() =>
      this.#step(`signal.${name}`, async () => {
        for (let idleMs = 20; ; idleMs = Math.min(250, idleMs * 1.5)) {
          const signal = await readSignal(this.#host.db, this.id, name);
          if (signal) return signal.value;
          await this.#idle(idleMs);
        }
      }),
    );
  }

  runChildren(children: readonly Child[]): Promise<readonly Outcome[]> {
    return this.#guard.run(async () => {
      for (const { name, id, input } of children) {
        await this.stayOrLeave();
        await this.#translated(() => this.#host.enqueue(name, startId(id), input));
      }
      const ids = children.map((child) => child.id);
      // Outcomes hold ids, codes and values that were checked when they were stored.
      const stored = await this.#step(
        'children',
        async () => (await this.#ends(ids)) as unknown as Storable,
      );
      return stored as unknown as readonly Outcome[];
    });
  }

  continueAsNew(input: Storable): Promise<never> {
    return this.#guard.run(async () => {
      await this.stayOrLeave();
      const next = nextGeneration(this.workflow);
      await this.#translated(() => this.#host.enqueue(this.#name, next, input));
      this.next = next;
      throw continued();
    });
  }

  async #step<T extends Storable>(name: string, operate: () => Promise<T>): Promise<T> {
    await this.stayOrLeave();
    return this.#translated(() => DBOS.runStep(() => this.#attempt(operate), { name }));
  }

  async #attempt<T extends Storable>(operate: () => Promise<T>): Promise<T> {
    try {
      return storableCopy(await operate()) as T;
    } catch (error) {
      if (!(error instanceof Leaving)) this.#host.report(error);
      throw stripFailure(error);
    }
  }

  /** Waits for all, asking less often the more there are: each look reads as many rows. */
  async #ends(ids: readonly string[]): Promise<readonly Outcome[]> {
    const pace = this.#host.pace();
    const follower = new Follower(ids);
    const ended = new Map<string, Outcome>();
    for (;;) {
      const rows = await follower.read(this.#host.db);
      const lost = follower.ids.find((id) => !rows.has(id));
      if (lost !== undefined) throw notFound(lost);
      for (const [id, outcome] of await readOutcomes(this.#host.db, rows)) {
        ended.set(id, outcome);
        follower.drop(id);
      }
      if (follower.ids.length === 0) return ids.map((id) => ended.get(id) as Outcome);
      await this.#waiting((...signals) => pace.wait(...signals));
      await this.#idle(follower.ids.length / 10);
    }
  }

  #idle(durationMs: number): Promise<void> {
    const { clock } = this.#host;
    return this.#waiting((...signals) => clock.sleep(durationMs, AbortSignal.any(signals)));
  }

  async #waiting(wait: (...signals: AbortSignal[]) => Promise<void>): Promise<void> {
    try {
      await wait(this.aborted, this.#host.draining);
    } catch {
      await this.stayOrLeave();
    }
  }

  /**
   * A call to DBOS, its errors as those of this port. A failure of the engine itself must not become
   * one of the workflow: the claim is given up, and the next to take it goes on from the history.
   */
  async #translated<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      const { draining } = this.#host;
      const known = translated(error);
      // The checkpoint may find out before the beat does.
      if (known instanceof Leaving) this.lose(draining.aborted ? handedBack() : known);
      if (this.aborted.aborted || draining.aborted) await this.stayOrLeave();
      if (known) throw known;
      this.#host.report(error);
      await this.#idle(afterFailureMs);
      await handBack(this.#host.db, this.workflow, this.owner);
      this.lose(handedBack());
      throw handedBack();
    }
  }
}

const afterFailureMs = 250;
const longestIdleMs = 1_000;

/** Nothing when it is the engine that failed. */
function translated(error: unknown): HandoverError | undefined {
  if (error instanceof HandoverError) return error;
  if (ownershipErrors.some((kind) => error instanceof kind)) return claimLost();
  if (replayErrors.some((kind) => error instanceof kind)) {
    return new HandoverError(
      'durable-replay-differs',
      'A workflow called its context in another order than before it was interrupted.',
      { next: 'Finish this run with the version of Handover that began it.' },
    );
  }
  return error instanceof Error && isStripped(error.message)
    ? reviveFailure(error.message)
    : undefined;
}

const ownershipErrors = [
  DbosErrors.DBOSWorkflowConflictError,
  DbosErrors.DBOSWorkflowCancelledError,
];
const replayErrors = [DbosErrors.DBOSUnexpectedStepError, DbosErrors.DBOSStepNondeterminismError];
