/**
 * Remembers answers for keys that come again soon, in bounded space: when the young half is full it
 * becomes the old half, and what was old and not asked for since is forgotten.
 */
export class Memo<T> {
  readonly #limit: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  /** It holds at most `capacity` answers. */
  constructor(capacity: number) {
    this.#limit = Math.max(1, Math.floor(capacity / 2));
  }

  get(key: string): T | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, answer: T): void {
    if (this.#young.size >= this.#limit) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, answer);
  }
}
