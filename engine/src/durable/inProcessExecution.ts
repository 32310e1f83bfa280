import { HandoverError } from '../base/errors.ts';
import { CallGuard, Leaving, claimLost, continued, handedBack } from './calls.ts';
import type { Child, DurableContext, Outcome, WorkflowBody, WorkflowKind } from './engine.ts';
import { DurableFailure, failureText, reviveFailure } from './failure.ts';
import { storableText, storableValue } from './storable.ts';
import type { Storable } from './storable.ts';
import { nextGeneration, rootId, startId } from './workflowId.ts';

/** What a real engine would keep in its tables. */
export interface StoredWorkflow {
  readonly id: string;
  readonly name: string;
  readonly kind: WorkflowKind;
  readonly input: string;
  readonly parent: string | undefined;
  state: 'waiting' | 'running' | 'stopped' | 'finished' | 'failed';
  readonly history: Entry[];
  /** Text of the value, of the failure, or nothing. */
  end: string | undefined;
  next: string | undefined;
  owner: Execution | undefined;
  attempts: number;
}

/** One call that returned: its word, and the text of its value or of its failure. */
export interface Entry {
  readonly name: string;
  readonly value?: string;
  readonly failure?: string;
}

/** What an execution needs of the world it runs in. */
export interface Surroundings {
  now(): number;
  draining(): boolean;
  enqueue(name: string, id: string, input: Storable, parent: string): void;
  outcomes(ids: readonly string[]): readonly Outcome[] | undefined;
  signalled(id: string, name: string): string | undefined;
  report(error: unknown): void;
  /** The execution ended. */
  left(): void;
}

/** One taking-up of one workflow. Its body runs only between {@link advance} and its next call. */
export class Execution implements DurableContext {
  readonly id: string;
  readonly aborted: AbortSignal;
  readonly workflow: StoredWorkflow;
  readonly #around: Surroundings;
  readonly #guard = new CallGuard();
  readonly #abort = new AbortController();
  #calls = 0;
  #dead = false;
  #go: () => void;
  #ready: () => boolean = () => true;
  #yielded: () => void = () => undefined;
  /** When it wants to go on, in milliseconds of the world's clock. */
  wakeAt: number | undefined;

  constructor(around: Surroundings, workflow: StoredWorkflow, body: WorkflowBody<never, Storable>) {
    this.#around = around;
    this.workflow = workflow;
    this.id = rootId(workflow.id);
    this.aborted = this.#abort.signal;
    this.#go = () => void this.#run(body);
  }

  get owns(): boolean {
    return this.workflow.owner === this;
  }

  /** Whether it could go on now: its wait is over, or it must leave. */
  get ready(): boolean {
    if (this.#dead) return false;
    return this.#ready() || this.aborted.aborted || this.#around.draining();
  }

  /** Lets the body run to its next call or its end. */
  advance(): Promise<void> {
    const go = this.#go;
    this.#go = () => undefined;
    this.#ready = () => false;
    this.wakeAt = undefined;
    return new Promise((resolve) => {
      this.#yielded = resolve;
      go();
    });
  }

  /** As if the process had died here: no call of the body ever returns again. */
  die(): void {
    this.#dead = true;
    this.#yielded();
  }

  lose(reason: Leaving): void {
    this.#abort.abort(reason);
  }

  step<T extends Storable>(name: string, operate: () => Promise<T>): Promise<T> {
    return this.#guard.run(async () => {
      await this.#turn();
      return (await this.#recorded(name, operate)) as T;
    });
  }

  sleep(durationMs: number): Promise<void> {
    return this.#guard.run(async () => {
      await this.#turn();
      const until = await this.#recorded('sleep', async () => this.#around.now() + durationMs);
      this.wakeAt = Number(until);
      await this.#turn(() => this.#around.now() >= Number(until));
    });
  }

  waitForSignal(name: string): Promise<Storable> {
    return this.#guard.run(async () => {
      const read = (): string | undefined => this.#around.signalled(this.id, name);
      await this.#turn(() => this.#past() !== undefined || read() !== undefined);
      return this.#recorded(`signal.${name}`, async () => storableValue(read() ?? null));
    });
  }

  runChildren(children: readonly Child[]): Promise<readonly Outcome[]> {
    return this.#guard.run(async () => {
      for (const { name, id, input } of children) {
        await this.#turn();
        await this.#recorded('start', async () => this.#enqueue(name, startId(id), input));
      }
      const ids = children.map((child) => child.id);
      await this.#turn(
        () => this.#past() !== undefined || this.#around.outcomes(ids) !== undefined,
      );
      const ends = await this.#recorded('children', async () => {
        return this.#around.outcomes(ids) as unknown as Storable;
      });
      return ends as unknown as readonly Outcome[];
    });
  }

  continueAsNew(input: Storable): Promise<never> {
    return this.#guard.run(async () => {
      await this.#turn();
      const next = nextGeneration(this.workflow.id);
      await this.#recorded('start', async () => this.#enqueue(this.workflow.name, next, input));
      if (this.owns) this.workflow.next = next;
      throw continued();
    });
  }

  #enqueue(name: string, id: string, input: Storable): null {
    if (this.owns) this.#around.enqueue(name, id, input, this.workflow.id);
    return null;
  }

  async #run(body: WorkflowBody<never, Storable>): Promise<void> {
    let end: Pick<StoredWorkflow, 'state' | 'end'>;
    try {
      const value = await body(this, storableValue(this.workflow.input) as never);
      end = { state: 'finished', end: storableText(value) };
    } catch (error) {
      if (!(error instanceof Leaving || error instanceof DurableFailure)) {
        this.#around.report(error);
      }
      end = { state: 'failed', end: failureText(error) };
    }
    if (this.#dead) return;
    if (this.owns) {
      if (this.workflow.next !== undefined) end = { state: 'finished', end: undefined };
      Object.assign(this.workflow, end, { owner: undefined });
    }
    this.#around.left();
    this.#yielded();
  }

  /** Waits for a turn, which comes no sooner than `ready`; then stays or leaves. */
  async #turn(ready: () => boolean = () => true): Promise<void> {
    await new Promise<void>((resolve) => {
      // The promise of a dead body's call is simply never kept.
      if (this.#dead) return;
      this.#ready = ready;
      this.#go = resolve;
      this.#yielded();
    });
    this.aborted.throwIfAborted();
    if (!this.#around.draining()) return;
    if (this.owns) Object.assign(this.workflow, { state: 'waiting', owner: undefined });
    throw handedBack();
  }

  #past(): Entry | undefined {
    return this.workflow.history[this.#calls];
  }

  async #recorded(name: string, operate: () => Promise<Storable>): Promise<Storable> {
    const past = this.#past();
    if (past && past.name !== name) {
      throw new HandoverError(
        'durable-replay-differs',
        'A workflow was replayed in another order.',
      );
    }
    const entry = past ?? (await this.#attempt(name, operate));
    if (this.#dead) return new Promise<never>(() => undefined);
    if (!past && !this.owns) this.lose(claimLost());
    this.aborted.throwIfAborted();
    if (!past) this.workflow.history.push(entry);
    this.#calls++;
    if (entry.failure !== undefined) throw reviveFailure(entry.failure);
    return storableValue(entry.value ?? null);
  }

  async #attempt(name: string, operate: () => Promise<Storable>): Promise<Entry> {
    try {
      return { name, value: storableText(await operate()) };
    } catch (error) {
      if (!this.#dead) this.#around.report(error);
      return { name, failure: failureText(error) };
    }
  }
}
