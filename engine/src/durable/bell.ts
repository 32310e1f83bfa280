import type { Clock } from '../base/clock.ts';

/**
 * Rung when this process did what others of its loops wait to see in the database: put a workflow
 * into a queue, ended one. What other processes do rings nothing here and is found by looking.
 * Each loop has a bell of its own, so that it is not woken for nothing.
 */
export class Bell {
  readonly #listeners = new Set<() => void>();
  #rings = 0;

  get rings(): number {
    return this.#rings;
  }

  ring(): void {
    this.#rings++;
    for (const listener of this.#listeners) listener();
  }

  /** @returns what takes the listener away again. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** What rings is often not yet committed: so soon after it a loop looks again, then less and less. */
const soonestMs = 2;

/** How often one loop looks: at once when the bell rings, and else ever less often, to a limit. */
export class Pace {
  readonly #bell: Bell;
  readonly #clock: Clock;
  readonly #longestMs: number;
  #heard: number;
  #nextMs = soonestMs;

  constructor(bell: Bell, clock: Clock, longestMs: number) {
    this.#bell = bell;
    this.#clock = clock;
    this.#longestMs = longestMs;
    this.#heard = bell.rings;
  }

  /** Nothing is to be expected before the next ring. */
  rest(): void {
    this.#nextMs = this.#longestMs;
  }

  /** Until it is time to look again. Rejects with the reason of the first signal that is aborted. */
  async wait(...signals: readonly AbortSignal[]): Promise<void> {
    if (this.#heard !== this.#bell.rings) this.#nextMs = soonestMs;
    this.#heard = this.#bell.rings;
    const durationMs = this.#nextMs;
    this.#nextMs = Math.min(this.#longestMs, durationMs * 2);
    const over = new AbortController();
    const end = (): void => over.abort();
    const silence = this.#bell.listen(end);
    for (const signal of signals) signal.addEventListener('abort', end, { once: true });
    try {
      for (const signal of signals) signal.throwIfAborted();
      await this.#clock.sleep(durationMs, over.signal).catch(() => undefined);
      for (const signal of signals) signal.throwIfAborted();
    } finally {
      silence();
      for (const signal of signals) signal.removeEventListener('abort', end);
    }
  }
}
