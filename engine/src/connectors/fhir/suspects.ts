interface Suspect {
  /** Times that a Bundle with it, or it alone, was answered with 500. */
  failures: number;
  /** Times of those that it stood alone. */
  alone: number;
  /** Writes of others that had succeeded when it failed first. */
  since: number;
}

/** Failures alone after which a resource is held to be the cause. */
const mostAlone = 2;

/**
 * Servers answer 500 also to a resource that they cannot digest, and one such must not stop a run.
 * What was in a Bundle that failed is sent in smaller ones the next time, soon alone; what fails alone
 * while others succeed is the cause. When nothing succeeds, it is the server, and nobody is blamed.
 */
export class Suspects {
  readonly #suspects = new Map<string, Suspect>();
  #successes = 0;

  /** How many entries a Bundle with this resource may have, of `most`. */
  bundleSize(name: string, most: number): number {
    const { failures } = this.#suspects.get(name) ?? { failures: 0 };
    return failures === 0 ? most : Math.max(1, Math.floor(most / 16 ** failures));
  }

  succeeded(name: string): void {
    this.#successes++;
    this.#suspects.delete(name);
  }

  /** @returns whether the resource is now held to be the cause. */
  failed(name: string, alone: boolean): boolean {
    const former = this.#suspects.get(name) ?? { failures: 0, alone: 0, since: this.#successes };
    const suspect = {
      failures: former.failures + 1,
      alone: former.alone + (alone ? 1 : 0),
      since: former.since,
    };
    this.#suspects.set(name, suspect);
    return suspect.alone >= mostAlone && this.#successes > suspect.since;
  }

  clear(name: string): void {
    this.#suspects.delete(name);
  }
}
