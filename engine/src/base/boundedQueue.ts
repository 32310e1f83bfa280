/**
 * A first-in-first-out queue between one or more producers and consumers that never holds more than
 * `capacity` items: a producer waits while it is full. Back-pressure, in one place.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #capacity: number;
  readonly #items: T[] = [];
  readonly #takers: (() => void)[] = [];
  readonly #putters: (() => void)[] = [];
  #closed = false;
  #failure: unknown;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Resolves once the item is queued; rejects when the queue has failed or is closed. */
  async put(item: T): Promise<void> {
    while (this.#items.length >= this.#capacity && !this.#closed) {
      await new Promise<void>((resolve) => this.#putters.push(resolve));
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#closed) throw new Error('queue is closed');
    this.#items.push(item);
    this.#takers.shift()?.();
  }

  /** No more items will come; consumers drain what is queued. */
  close(): void {
    this.#closed = true;
    for (const wake of [...this.#takers.splice(0), ...this.#putters.splice(0)]) wake();
  }

  /** Consumers and producers alike see `error`. */
  fail(error: unknown): void {
    this.#failure = error;
    this.#items.length = 0;
    this.close();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<T> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) {
        this.#putters.shift()?.();
        yield item;
      } else if (this.#failure !== undefined) {
        throw this.#failure;
      } else if (this.#closed) {
        return;
      } else {
        await new Promise<void>((resolve) => this.#takers.push(resolve));
      }
    }
  }
}
