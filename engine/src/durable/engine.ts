import type { ExitCode, FailureClass } from '../base/errors.ts';
import type { Storable } from './storable.ts';

/**
 * Number of the durable protocol: which workflows exist, in what order they call their context and
 * what they store. Raise it when a workflow begun by an older binary could not be replayed by this
 * one; a worker takes up only workflows of its own number.
 */
export const durableProtocol = 1;

/**
 * Durable execution behind a narrow port. A *workflow* is a body (a function) and an id; whatever
 * process dies, some worker runs the body again from the top, and each context call that had
 * returned before returns the same again without being made.
 *
 * What an engine promises: a step runs at least once, and its body sees one result of it. What it
 * does not promise: that a step runs once, or that a worker that was stopped and revived knows at
 * once that another took its place. A step therefore commits its effect in its own transaction with
 * a compare-and-set; the checkpoint here is a hint that saves work.
 *
 * Ids of workflows are tokens without `~`.
 */
export interface DurableEngine {
  /** This process among the executors: a UUID, new with each process. */
  readonly worker: string;
  /** Before {@link launch}, in every process of the project alike. */
  register<Input extends Storable, Result extends Storable>(
    name: string,
    kind: WorkflowKind,
    body: WorkflowBody<Input, Result>,
  ): void;
  launch(role: Role): Promise<void>;
  /**
   * Idempotent by id: a second start of the same id and name does nothing.
   * @throws HandoverError `durable-id-taken` when the id belongs to a workflow of another name.
   */
  start(name: string, id: string, input: Storable): Promise<void>;
  /**
   * Waits for the end of a workflow, through its continuations.
   * @throws DurableFailure with the code the workflow failed with; HandoverError
   * `durable-cancelled`, `durable-not-found`; the signal's reason.
   */
  result(id: string, signal?: AbortSignal): Promise<Storable>;
  /** State of a workflow, through its continuations; `undefined` when there is none. */
  status(id: string): Promise<WorkflowStatus | undefined>;
  /** Sets the signal `name` of a workflow, once: the first value stands. It may come before start. */
  signal(id: string, name: string, value: Storable): Promise<void>;
  /**
   * Stops a workflow and all that it started before their next step; steps under way see their
   * signal and lose their checkpoint.
   */
  pause(id: string): Promise<void>;
  /**
   * Puts a paused workflow and all that it started back to work.
   * @throws HandoverError `durable-cancelled` for one that was cancelled.
   */
  resume(id: string): Promise<void>;
  /** As {@link pause}, for good. */
  cancel(id: string): Promise<void>;
  /**
   * Deletes what is kept of a finished workflow and all that it started; how many workflows.
   * @throws HandoverError `durable-unfinished` while any of them may still run.
   */
  forget(id: string): Promise<number>;
  /**
   * Stops taking work, waits up to `drainMs` for steps under way to finish and checkpoint, hands
   * every workflow back to the queue and closes. Steps still running after that see their signal.
   */
  close(options: { drainMs: number }): Promise<void>;
}

/** A `coordinator` waits for others and is unbounded; a `slice` works, within the concurrency. */
export type WorkflowKind = 'coordinator' | 'slice';

export type WorkflowBody<Input extends Storable, Result extends Storable> = (
  context: DurableContext,
  input: Input,
) => Promise<Result>;

export interface Role {
  /** Whether this process takes up workflows, or only starts and watches them. */
  work: boolean;
  /** How many slices run in this process at once. */
  concurrency: number;
}

/**
 * What a body has. Between two calls a body must be deterministic: it branches on its input and on
 * what calls returned, never on time, randomness or anything read outside a step. Calls are made one
 * after another; a second call before the first returned is refused (`durable-call-overlaps`).
 *
 * A call rejects with `durable-claim-lost` or `durable-handed-back` when this process no longer
 * runs the workflow: let it pass, whatever the body then does is not recorded.
 */
export interface DurableContext {
  /** Id of the workflow as it was started: the same in every continuation. */
  readonly id: string;
  /**
   * Aborted when this process lost the workflow (paused, cancelled, taken over while it was
   * stopped) or must close now. Hand it to whatever a step waits for.
   */
  readonly aborted: AbortSignal;
  /**
   * `name` is a fixed word; it is compared at replay. A failure is checkpointed like a result: what
   * may pass (a busy target) is tried again inside `operate`, or by another step.
   * @throws DurableFailure when `operate` threw, now or before the replay.
   */
  step<T extends Storable>(name: string, operate: () => Promise<T>): Promise<T>;
  sleep(durationMs: number): Promise<void>;
  /** The value of the signal `name`, as soon as it is set. */
  waitForSignal(name: string): Promise<Storable>;
  /**
   * Starts every child, idempotent by id, and waits until all of them ended. How each one ended is
   * its own answer: a child that failed does not reject. Answers stand in the order of `children`.
   */
  runChildren(children: readonly Child[]): Promise<readonly Outcome[]>;
  /**
   * Ends this workflow and goes on with the same body, a new input and an empty history: how a long
   * loop keeps its history short. Never returns.
   */
  continueAsNew(input: Storable): Promise<never>;
}

export interface Child {
  name: string;
  id: string;
  input: Storable;
}

/** How a workflow ended. */
export type Outcome =
  | { readonly id: string; readonly state: 'finished'; readonly value: Storable }
  | {
      readonly id: string;
      readonly state: 'failed';
      readonly code: string;
      readonly failure: FailureClass;
      readonly exitCode: ExitCode;
    }
  | { readonly id: string; readonly state: 'cancelled' };

export interface WorkflowStatus {
  id: string;
  state: 'waiting' | 'running' | 'paused' | 'finished' | 'failed' | 'cancelled';
  /** Set when it failed. */
  code?: string;
  /** How many workers have taken it up, this one included. */
  attempts: number;
  /** Who runs it, while it runs. */
  worker?: string;
}
