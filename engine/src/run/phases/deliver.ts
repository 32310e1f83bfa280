import type { Clock } from '../../base/clock.ts';
import { HandoverError, exitCodes, failureOf, systemCode } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';
import { retryDelayMs, type RetryPolicy } from '../../base/retry.ts';
import type { Receipt, Stored, Target, Write } from '../../model/target.ts';

/** What became of one write for good. */
export type Delivery =
  { state: 'delivered'; version: number; digest: string } | { state: 'refused'; code: string };

export interface DeliverServices {
  target: Target;
  clock: Clock;
  random: Random;
  policy: RetryPolicy;
  /** Whether what the target holds means the same as what was to be written. */
  same: (body: Buffer, stored: Stored) => boolean;
  /** Whether this attempt still has the right to write; asked before each sending. */
  mayWrite(): Promise<boolean>;
}

/** Another attempt took the batch over while this one waited or was stopped. */
export class DeliveryLost extends Error {}

/** Code of the error that pauses a run until its target is back. */
export const targetUnavailable = 'target-unavailable';

/**
 * Write a batch effectively once: at-least-once delivery, idempotent keys, and asking the target
 * whenever the answer is not known. `asked` is true when an earlier attempt may have written: then
 * the target is asked before anything is sent. The tries are counted from the last one that got
 * something through.
 * @throws HandoverError `target-unavailable` (transient, exit 7) when the tries are used up; what was
 * delivered stays delivered and is found again by asking. DeliveryLost when it may no longer write.
 */
export async function deliver(
  services: DeliverServices,
  writes: readonly Write[],
  asked: boolean,
  signal: AbortSignal,
): Promise<Delivery[]> {
  const work = new DeliveryWork(services, writes, signal);
  if (asked) work.doubtEverything();
  for (let attempt = 1; work.left > 0; attempt++) {
    const before = work.left;
    const askedMs = await work.round();
    if (work.left === 0) break;
    if (work.left < before) attempt = 1;
    if (attempt >= services.policy.attempts) throw unavailable(work.left);
    await services.clock.sleep(
      retryDelayMs(services.policy, attempt, services.random, askedMs),
      signal,
    );
  }
  return work.deliveries();
}

/** A target's answer when another version than the write's guard stands there. */
const versionDiffers = 'version-differs';

/** The writes of a batch by what is known of them, by their places in it. */
class DeliveryWork {
  readonly #services: DeliverServices;
  readonly #writes: readonly Write[];
  readonly #signal: AbortSignal;
  readonly #outcome: (Delivery | undefined)[];
  /** Known not to be at the target. */
  #unwritten: number[];
  /** Perhaps there: asked about before they are sent again. */
  #doubtful: number[] = [];
  /** Refused because another version stood there, which may be our own, arrived late. */
  readonly #differing = new Set<number>();

  constructor(services: DeliverServices, writes: readonly Write[], signal: AbortSignal) {
    this.#services = services;
    this.#writes = writes;
    this.#signal = signal;
    this.#outcome = writes.map(() => undefined);
    this.#unwritten = [...writes.keys()];
  }

  get left(): number {
    return this.#unwritten.length + this.#doubtful.length;
  }

  doubtEverything(): void {
    this.#doubtful = this.#unwritten;
    this.#unwritten = [];
  }

  deliveries(): Delivery[] {
    return this.#outcome as Delivery[];
  }

  /** Ask, send, and ask again; returns the wait that the target asked for, in milliseconds. */
  async round(): Promise<number> {
    if (!(await this.#ask())) return 0;
    const askedMs = await this.#send();
    await this.#ask();
    return askedMs;
  }

  /** False: the target did not answer, so nothing is known yet. */
  async #ask(): Promise<boolean> {
    const doubtful = this.#doubtful;
    if (doubtful.length === 0) return true;
    const { target, same } = this.#services;
    const ids = doubtful.map((at) => this.#writes[at] as Write);
    const answers = await this.#attempt(() => target.fetch(ids, 'body', this.#signal));
    if (answers === undefined) return false;
    this.#doubtful = [];
    for (const [index, at] of doubtful.entries()) {
      const done = deliveredAs(this.#writes[at] as Write, answers[index], same);
      if (done !== undefined) {
        this.#outcome[at] = done;
      } else if (this.#differing.has(at)) {
        this.#outcome[at] = { state: 'refused', code: versionDiffers };
      } else {
        this.#unwritten.push(at);
      }
    }
    this.#unwritten.sort((left, right) => left - right);
    return true;
  }

  async #send(): Promise<number> {
    const sent = this.#unwritten;
    if (sent.length === 0) return 0;
    if (!(await this.#services.mayWrite())) throw new DeliveryLost();
    const writes = sent.map((at) => this.#writes[at] as Write);
    // Until the answers are here, each of them may or may not have been taken.
    this.#doubtful = sent;
    this.#unwritten = [];
    const receipts = await this.#attempt(
      () => this.#services.target.write(writes, this.#signal),
      () => this.#takeBack(sent),
    );
    if (receipts === undefined) return 0;
    this.#doubtful = [];
    return sent.reduce((askedMs, at, index) => {
      return Math.max(askedMs, this.#sort(receipts[index], at));
    }, 0);
  }

  /** Nothing at all was tried. */
  #takeBack(sent: number[]): void {
    this.#unwritten = sent;
    this.#doubtful = [];
  }

  #sort(receipt: Receipt | undefined, at: number): number {
    switch (receipt?.state) {
      case 'delivered':
        this.#outcome[at] = receipt;
        return 0;
      case 'refused':
        if (receipt.code !== versionDiffers) this.#outcome[at] = receipt;
        else this.#doubt(at);
        return 0;
      case 'transient':
        this.#unwritten.push(at);
        return receipt.retryAfterMs ?? 0;
      case 'ambiguous':
      case undefined:
        this.#doubtful.push(at);
        return 0;
    }
  }

  #doubt(at: number): void {
    this.#differing.add(at);
    this.#doubtful.push(at);
  }

  /** Undefined: the target could not be reached, or how it went is not known. */
  async #attempt<T>(operate: () => Promise<T>, nothing?: () => void): Promise<T | undefined> {
    try {
      return await operate();
    } catch (error) {
      this.#signal.throwIfAborted();
      const failure =
        systemCode(error) && !(error instanceof HandoverError) ? 'ambiguous' : failureOf(error);
      if (failure === 'permanent' || isUnavailable(error)) throw error;
      if (failure === 'transient') nothing?.();
      return undefined;
    }
  }
}

/** Whether what a target holds is what a write would have made of it. */
function deliveredAs(
  write: Write,
  stored: Stored | undefined,
  same: DeliverServices['same'],
): Delivery | undefined {
  if (write.kind === 'put' && stored?.state === 'present' && same(write.body, stored)) {
    return { state: 'delivered', version: stored.version, digest: stored.digest };
  }
  if (write.kind === 'remove' && stored?.state === 'removed') {
    return { state: 'delivered', version: stored.version, digest: '' };
  }
  return undefined;
}

/** Somebody has tried often enough already (circuit breaker). */
function isUnavailable(error: unknown): boolean {
  return error instanceof HandoverError && error.code === targetUnavailable;
}

function unavailable(count: number): HandoverError {
  return new HandoverError(
    targetUnavailable,
    `The target did not take ${count} writes after repeated tries; what it took is in place.`,
    {
      failure: 'transient',
      exitCode: exitCodes.unavailable,
      next: 'Check the target, then run `handover resume`.',
    },
  );
}
