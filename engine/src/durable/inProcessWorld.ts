import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Outcome, WorkflowKind } from './engine.ts';
import { reviveFailure } from './failure.ts';
import type { Execution, StoredWorkflow } from './inProcessExecution.ts';
import { storableValue } from './storable.ts';

/** A worker of the world, as its scheduler sees it. */
export interface Worker {
  readonly worker: string;
  readonly executions: Iterable<Execution>;
  claims(waiting: readonly StoredWorkflow[]): (() => Promise<void>)[];
}

/**
 * What any number of in-process engines share: the workflows, and whose turn it is. One body runs at
 * a time, from one context call to the next; which one is drawn from `random`. So the same seed
 * gives the same order, whatever steps do, as long as they wait for nothing real. When all that is
 * left is asleep, the world sleeps on `clock`; a manual clock then jumps.
 */
export class DurableWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly engines = new Set<Worker>();
  readonly workflows = new Map<string, StoredWorkflow>();
  /** By `id name`. */
  readonly signals = new Map<string, string>();
  /** Stopped by request: whether for good. */
  readonly halts = new Map<string, boolean>();
  #waiters: (() => void)[] = [];
  #pumping = false;

  constructor(options: { clock: Clock; random: Random }) {
    this.clock = options.clock;
    this.random = options.random;
  }

  add(
    fields: Pick<StoredWorkflow, 'id' | 'name' | 'input' | 'parent'> & { kind: WorkflowKind },
  ): void {
    const fresh = { state: 'waiting', history: [], attempts: 0 } as const;
    const unset = { end: undefined, next: undefined, owner: undefined };
    this.workflows.set(fields.id, { ...fields, ...fresh, ...unset, history: [] });
  }

  remove(workflows: readonly StoredWorkflow[]): void {
    for (const { id } of workflows) {
      this.workflows.delete(id);
      this.halts.delete(id);
      for (const key of this.signals.keys()) {
        if (key.startsWith(`${id} `)) this.signals.delete(key);
      }
    }
  }

  /** The present generation of a workflow. */
  last(id: string): StoredWorkflow | undefined {
    let workflow = this.workflows.get(id);
    while (workflow?.state === 'finished' && workflow.next !== undefined) {
      workflow = this.workflows.get(workflow.next);
    }
    return workflow;
  }

  /** A workflow and all that it started, parents first, as far as `into` lets it look. */
  tree(id: string, into: (child: StoredWorkflow) => boolean = () => true): StoredWorkflow[] {
    const root = this.workflows.get(id);
    const found = root ? [root] : [];
    for (const { id: parent } of found) {
      for (const child of this.workflows.values()) {
        if (child.parent === parent && into(child)) found.push(child);
      }
    }
    return found;
  }

  /** Whether a stopped workflow, or one that started it, was cancelled. */
  cancelled(workflow: StoredWorkflow): boolean {
    for (let up: StoredWorkflow | undefined = workflow; up;) {
      if (this.halts.get(up.id) === true) return true;
      up = up.parent === undefined ? undefined : this.workflows.get(up.parent);
    }
    return false;
  }

  outcome(id: string): Outcome | undefined {
    const workflow = this.last(id);
    if (workflow?.state === 'finished') {
      return { id, state: 'finished', value: storableValue(workflow.end ?? null) };
    }
    if (workflow?.state === 'failed') {
      const { code, failure, exitCode } = reviveFailure(workflow.end ?? '');
      return { id, state: 'failed', code, failure, exitCode };
    }
    const cancelled = workflow?.state === 'stopped' && this.cancelled(workflow);
    return cancelled ? { id, state: 'cancelled' } : undefined;
  }

  /** The outcomes of all of these, once all of them ended. */
  outcomes(ids: readonly string[]): readonly Outcome[] | undefined {
    const outcomes = ids.map((id) => this.outcome(id)).filter((outcome) => outcome !== undefined);
    return outcomes.length === ids.length ? outcomes : undefined;
  }

  holder(workflow: StoredWorkflow): string | undefined {
    for (const engine of this.engines) {
      if ([...engine.executions].some((e) => e === workflow.owner)) return engine.worker;
    }
    return undefined;
  }

  /** All that a real engine would have in its tables. */
  dump(): string {
    const workflows = [...this.workflows.values()].map((workflow) => {
      return { ...workflow, owner: undefined };
    });
    return JSON.stringify({ workflows, signals: [...this.signals] });
  }

  /** Something may now be possible that was not. */
  changed(): void {
    for (const wake of this.#waiters.splice(0)) wake();
    if (!this.#pumping) void this.#pump();
  }

  nextChange(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push(resolve);
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    // Not within the call that changed something: its caller comes first.
    await Promise.resolve();
    // From a look at what is possible to the end of the loop nothing may be awaited, lest a change
    // in between go unseen.
    for (let step = this.#next(); step; step = this.#next()) {
      await step();
      for (const wake of this.#waiters.splice(0)) wake();
    }
    this.#pumping = false;
  }

  #next(): (() => Promise<void>) | undefined {
    const choices = this.#choices();
    if (choices.length > 0) return choices[this.random.integer(choices.length)];
    const wakes = [...this.engines]
      .flatMap((engine) => [...engine.executions])
      .flatMap((execution) => (execution.wakeAt === undefined ? [] : [execution.wakeAt]));
    return wakes.length > 0 ? () => this.#sleepUntil(Math.min(...wakes)) : undefined;
  }

  #choices(): (() => Promise<void>)[] {
    const waiting = [...this.workflows.values()].filter(({ state }) => state === 'waiting');
    return [...this.engines].flatMap((engine) => [
      ...engine.claims(waiting),
      ...[...engine.executions].filter((e) => e.ready).map((e) => () => e.advance()),
    ]);
  }

  /** Sleeps until a body wants to go on, or something changes. */
  async #sleepUntil(wakeAt: number): Promise<void> {
    const stop = new AbortController();
    const durationMs = Math.max(0, wakeAt - this.clock.now().getTime());
    const asleep = this.clock.sleep(durationMs, stop.signal).catch(() => undefined);
    await Promise.race([asleep, this.nextChange()]);
    stop.abort();
  }
}
