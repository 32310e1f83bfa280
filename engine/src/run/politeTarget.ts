import type { Clock } from '../base/clock.ts';
import { HandoverError, exitCodes, failureOf } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { defaultRetry, retryDelayMs, type RetryPolicy } from '../base/retry.ts';
import type { Receipt, Stored, StoredBatch, Target, TargetId, Write } from '../model/target.ts';
import { targetUnavailable } from './phases/deliver.ts';

export interface Politeness {
  /** Requests under way at once, over all slices of this process. */
  concurrency: number;
  /** So many requests in a row that got nothing through open the circuit. */
  failures: number;
  /** How long the circuit then stays open; after that one request may try. */
  restMs: number;
  /** A longer wait than this is not sat out: the run pauses. */
  longestWaitMs: number;
  /** For requests that may be repeated because they change nothing. */
  retry: RetryPolicy;
}

export const defaultPoliteness: Politeness = {
  concurrency: 4,
  failures: 10,
  restMs: 30_000,
  longestWaitMs: 120_000,
  retry: defaultRetry,
};

/**
 * A target behind manners (R17): never more than so many requests at once; no request before the time
 * that the target asked for, whichever slice it asked; and after repeated failures none at all for a
 * while, `target-unavailable` instead, which pauses the run. What changes nothing is tried again here;
 * what may have written is answered for by `deliver`.
 */
export class PoliteTarget implements Target {
  readonly #target: Target;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #manners: Politeness;
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;
  #failures = 0;
  /** Instants of the monotonic clock. */
  #notBeforeMs = 0;
  #shutUntilMs = 0;

  constructor(
    target: Target,
    { clock, random }: { clock: Clock; random: Random },
    manners: Politeness = defaultPoliteness,
  ) {
    this.#target = target;
    this.#clock = clock;
    this.#random = random;
    this.#manners = manners;
    const present = target.present?.bind(target);
    if (present !== undefined) {
      this.present = (ids, signal) => this.#ask(() => present(ids, signal), signal);
    }
    const create = target.create?.bind(target);
    if (create !== undefined) {
      this.create = (all, intend, signal) =>
        this.#request(() => create(all, intend, signal), signal);
    }
    const everything = target.everything?.bind(target);
    if (everything !== undefined) this.everything = everything;
    if (target.flush) this.flush = () => this.#target.flush?.() ?? Promise.resolve();
  }

  create?: NonNullable<Target['create']>;
  present?: NonNullable<Target['present']>;
  everything?: NonNullable<Target['everything']>;
  flush?: () => Promise<void>;

  open(signal: AbortSignal): Promise<void> {
    return this.#target.open(signal);
  }

  close(): Promise<void> {
    return this.#target.close();
  }

  write(batch: readonly Write[], signal: AbortSignal): Promise<readonly Receipt[]> {
    return this.#request(
      () => this.#target.write(batch, signal),
      signal,
      (receipts) => {
        this.#heed(receipts);
        const through = ({ state }: Receipt): boolean =>
          state === 'delivered' || state === 'refused';
        return receipts.length === 0 || receipts.some(through);
      },
    );
  }

  fetch(
    ids: readonly TargetId[],
    want: 'head' | 'body',
    signal: AbortSignal,
  ): Promise<readonly Stored[]> {
    return this.#ask(() => this.#target.fetch(ids, want, signal), signal);
  }

  scan(after: string | undefined, signal: AbortSignal): AsyncIterable<StoredBatch> {
    return this.#target.scan(after, signal);
  }

  /** What changes nothing may be asked again. */
  async #ask<T>(question: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const { retry } = this.#manners;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#request(question, signal);
      } catch (error) {
        const passing = failureOf(error) !== 'permanent' && !isUnavailable(error);
        if (!passing) throw error;
        if (attempt >= retry.attempts) throw unavailable(error);
        await this.#clock.sleep(retryDelayMs(retry, attempt, this.#random), signal);
      }
    }
  }

  /** One request in its turn; `worked` judges an answer, and whatever is thrown did not work. */
  async #request<T>(
    operate: () => Promise<T>,
    signal: AbortSignal,
    worked: (answer: T) => boolean = () => true,
  ): Promise<T> {
    await this.#turn();
    try {
      await this.#wait(signal);
      const answer = await operate();
      this.#count(worked(answer));
      return answer;
    } catch (error) {
      if (failureOf(error) !== 'permanent' && !isUnavailable(error)) this.#count(false);
      throw error;
    } finally {
      this.#underWay--;
      this.#waiting.shift()?.();
    }
  }

  async #turn(): Promise<void> {
    while (this.#underWay >= this.#manners.concurrency) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#underWay++;
  }

  async #wait(signal: AbortSignal): Promise<void> {
    if (this.#clock.monotonicMs() < this.#shutUntilMs) throw unavailable();
    const waitMs = this.#notBeforeMs - this.#clock.monotonicMs();
    if (waitMs > this.#manners.longestWaitMs) throw unavailable();
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
  }

  #heed(receipts: readonly Receipt[]): void {
    const now = this.#clock.monotonicMs();
    for (const receipt of receipts) {
      if (receipt.state !== 'transient' || receipt.retryAfterMs === undefined) continue;
      this.#notBeforeMs = Math.max(this.#notBeforeMs, now + receipt.retryAfterMs);
    }
  }

  /** After the rest one failure more closes the door again; one success and all is forgotten. */
  #count(worked: boolean): void {
    if (worked) {
      this.#failures = 0;
      return;
    }
    if (++this.#failures < this.#manners.failures) return;
    this.#shutUntilMs = this.#clock.monotonicMs() + this.#manners.restMs;
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof HandoverError && error.code === targetUnavailable;
}

function unavailable(cause?: unknown): HandoverError {
  return new HandoverError(
    targetUnavailable,
    'The target failed again and again, or asked for a long wait; it is left alone for a while.',
    {
      failure: 'transient',
      exitCode: exitCodes.unavailable,
      next: 'Check the target, then run `handover resume`.',
      cause,
    },
  );
}
