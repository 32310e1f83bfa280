import { uuid7 } from '../base/id.ts';
import { claimLost, handedBack } from './calls.ts';
import type { DurableEngine, Role, WorkflowBody, WorkflowKind, WorkflowStatus } from './engine.ts';
import { durableFailure, reviveFailure } from './failure.ts';
import { Execution } from './inProcessExecution.ts';
import type { StoredWorkflow } from './inProcessExecution.ts';
import type { DurableWorld } from './inProcessWorld.ts';
import { storableText, token } from './storable.ts';
import type { Storable } from './storable.ts';
import {
  cancelledError,
  idTaken,
  notFound,
  notRegistered,
  startId,
  unfinished,
} from './workflowId.ts';

export interface InProcessOptions {
  world: DurableWorld;
  /** Told what a body or step threw, before it is stripped to its code. */
  report?: (error: unknown) => void;
}

interface Registration {
  kind: WorkflowKind;
  body: WorkflowBody<never, Storable>;
}

/**
 * A durable engine in memory, for simulations: one of the workers of a {@link DurableWorld}, which
 * is what would be persisted. It can be killed ({@link crash}), and stopped for so long that others
 * take its work while it goes on ({@link lapse}).
 */
export class InProcessEngine implements DurableEngine {
  readonly worker: string;
  readonly #world: DurableWorld;
  readonly #report: (error: unknown) => void;
  readonly #registrations = new Map<string, Registration>();
  readonly #executions = new Set<Execution>();
  #role: Role | undefined;
  #draining = false;

  constructor({ world, report = () => undefined }: InProcessOptions) {
    this.#world = world;
    this.#report = report;
    this.worker = uuid7(world.clock, world.random);
  }

  register<Input extends Storable, Result extends Storable>(
    name: string,
    kind: WorkflowKind,
    body: WorkflowBody<Input, Result>,
  ): void {
    this.#registrations.set(token(name), { kind, body });
  }

  async launch(role: Role): Promise<void> {
    this.#role = role;
    this.#world.engines.add(this);
    this.#world.changed();
  }

  async start(name: string, id: string, input: Storable): Promise<void> {
    this.#enqueue(name, startId(id), input, undefined);
    this.#world.changed();
  }

  async result(id: string, signal?: AbortSignal): Promise<Storable> {
    for (;;) {
      signal?.throwIfAborted();
      const workflow = this.#world.last(startId(id));
      if (!workflow) throw notFound(id);
      const outcome = this.#world.outcome(id);
      if (outcome?.state === 'finished') return outcome.value;
      if (outcome?.state === 'cancelled') throw cancelledError(id);
      if (outcome) throw durableFailure(outcome);
      await this.#world.nextChange(signal);
    }
  }

  async status(id: string): Promise<WorkflowStatus | undefined> {
    const workflow = this.#world.last(startId(id));
    if (!workflow) return undefined;
    const { attempts, state, end } = workflow;
    if (state === 'failed') return { id, attempts, state, code: reviveFailure(end ?? '').code };
    if (state === 'running') {
      return { id, attempts, state, worker: this.#world.holder(workflow) ?? this.worker };
    }
    if (state !== 'stopped') return { id, attempts, state };
    return { id, attempts, state: this.#world.cancelled(workflow) ? 'cancelled' : 'paused' };
  }

  async signal(id: string, name: string, value: Storable): Promise<void> {
    const key = `${startId(id)} ${token(name)}`;
    if (!this.#world.signals.has(key)) this.#world.signals.set(key, storableText(value));
    this.#world.changed();
  }

  async pause(id: string): Promise<void> {
    this.#halt(id, false);
  }

  async cancel(id: string): Promise<void> {
    this.#halt(id, true);
  }

  async resume(id: string): Promise<void> {
    const root = this.#known(id);
    if (this.#world.cancelled(root)) throw cancelledError(id);
    this.#world.halts.delete(id);
    for (const workflow of this.#world.tree(id, (child) => !this.#world.halts.has(child.id))) {
      if (workflow.state === 'stopped') workflow.state = 'waiting';
    }
    this.#world.changed();
  }

  async forget(id: string): Promise<number> {
    const last = this.#known(id);
    const workflows = this.#world.tree(id);
    const active = workflows.some(({ state }) => state === 'waiting' || state === 'running');
    const paused = last.state === 'stopped' && !this.#world.cancelled(last);
    if (active || paused) throw unfinished(id);
    this.#world.remove(workflows);
    return workflows.length;
  }

  async close({ drainMs }: { drainMs: number }): Promise<void> {
    if (!this.#role || this.#draining) return;
    this.#draining = true;
    this.#world.changed();
    const { clock } = this.#world;
    const until = clock.monotonicMs() + drainMs;
    while (this.#executions.size > 0 && clock.monotonicMs() < until) {
      // A turn of the event loop, in which everything that waits for nothing real gets done.
      await new Promise((resolve) => setImmediate(resolve));
      await clock.sleep(1);
    }
    this.#leave((execution) => execution.lose(handedBack()));
  }

  /**
   * Kills the worker: its bodies get no further than the call they are in, and its workflows go
   * back to the queue. A caller inside a step should throw next, so that the step goes no further.
   */
  crash(): void {
    this.#leave((execution) => execution.die());
  }

  /**
   * As if the worker had been stopped for longer than the others wait: they take its workflows, and
   * it, none the wiser, runs its steps under way and loses their checkpoints.
   */
  lapse(): void {
    for (const execution of this.#executions) this.#takeAway(execution);
    this.#world.changed();
  }

  /** What this worker could take up next. */
  claims(waiting: readonly StoredWorkflow[]): (() => Promise<void>)[] {
    if (!this.#role?.work || this.#draining) return [];
    const slices = [...this.#executions].filter((e) => e.owns && e.workflow.kind === 'slice');
    const room = slices.length < this.#role.concurrency;
    return waiting
      .filter(({ name, kind }) => this.#registrations.has(name) && (kind !== 'slice' || room))
      .map((workflow) => () => this.#claim(workflow));
  }

  get executions(): Iterable<Execution> {
    return this.#executions;
  }

  #claim(workflow: StoredWorkflow): Promise<void> {
    const registration = this.#registrations.get(workflow.name);
    if (!registration) throw notRegistered(workflow.name);
    const world = this.#world;
    const execution: Execution = new Execution(
      {
        now: () => world.clock.now().getTime(),
        draining: () => this.#draining,
        enqueue: (name, id, input, parent) => this.#enqueue(name, id, input, parent),
        outcomes: (ids) => world.outcomes(ids),
        signalled: (id, name) => world.signals.get(`${id} ${name}`),
        report: this.#report,
        left: () => this.#executions.delete(execution),
      },
      workflow,
      registration.body,
    );
    Object.assign(workflow, { state: 'running', owner: execution });
    workflow.attempts++;
    this.#executions.add(execution);
    return execution.advance();
  }

  #enqueue(name: string, id: string, input: Storable, parent: string | undefined): void {
    const registration = this.#registrations.get(name);
    if (!registration) throw notRegistered(name);
    const text = storableText(input);
    const present = this.#world.workflows.get(id);
    if (present && present.name !== name) throw idTaken(id);
    if (present) return;
    this.#world.add({ id, name, kind: registration.kind, input: text, parent });
  }

  #halt(id: string, final: boolean): void {
    const { state } = this.#known(id);
    if (state === 'finished' || state === 'failed') return;
    this.#world.halts.set(id, final || this.#world.halts.get(id) === true);
    for (const workflow of this.#world.tree(id)) {
      if (workflow.state !== 'waiting' && workflow.state !== 'running') continue;
      const { owner } = workflow;
      Object.assign(workflow, { state: 'stopped', owner: undefined });
      owner?.lose(claimLost());
    }
    this.#world.changed();
  }

  #leave(end: (execution: Execution) => void): void {
    this.#world.engines.delete(this);
    this.#draining = true;
    for (const execution of this.#executions) {
      this.#takeAway(execution);
      end(execution);
      execution.die();
    }
    this.#executions.clear();
    this.#world.changed();
  }

  #takeAway(execution: Execution): void {
    if (!execution.owns) return;
    Object.assign(execution.workflow, { state: 'waiting', owner: undefined });
  }

  #known(id: string): StoredWorkflow {
    const workflow = this.#world.last(startId(id));
    if (!workflow) throw notFound(id);
    return workflow;
  }
}
