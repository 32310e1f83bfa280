import type { Clock } from '../../base/clock.ts';

/** Of the time that a commit took, so much is waited for those who were just answered. */
const part = 4;
const longestMs = 5;

/**
 * How long a commit waits for company. Senders that wait for each answer send again as soon as they
 * have it: with the next commit begun at once, half of them would stand by while it is under way. Who
 * comes alone, or after a pause, is not held up.
 */
export class Gathering {
  readonly #clock: Clock;
  #expected = 0;
  #until = 0;
  #wake: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** After a commit: how long it took, and how many arrivals may come for the next. */
  begin(tookMs: number, expected: number): void {
    this.#expected = expected;
    this.#until = this.#clock.monotonicMs() + Math.min(tookMs / part, longestMs);
  }

  /** Resolves when all that are expected wait, or have been waited for long enough. */
  async company(waiting: number): Promise<void> {
    const leftMs = this.#until - this.#clock.monotonicMs();
    if (waiting >= this.#expected || leftMs <= 0) return;
    const enough = new AbortController();
    this.#wake = () => enough.abort();
    await this.#clock.sleep(leftMs, enough.signal).catch(() => undefined);
    this.#wake = undefined;
  }

  arrived(waiting: number): void {
    if (waiting >= this.#expected) this.#wake?.();
  }
}
