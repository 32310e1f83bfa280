import type { Identifier } from './identifier.ts';

/** Places of a text that are taken so far, none over another. */
export class Places {
  readonly #signs: Uint8Array;
  readonly #found: Identifier[] = [];

  constructor(length: number) {
    this.#signs = new Uint8Array(length);
  }

  /** Whether nothing has been found there yet. */
  isFree(start: number, end: number): boolean {
    for (let at = start; at < end; at++) if (this.#signs[at] === 1) return false;
    return true;
  }

  /** Take a place; one that lies over another is not taken. */
  put({ kind, start, end, by }: Identifier): void {
    if (end <= start || !this.isFree(start, end)) return;
    this.#signs.fill(1, start, end);
    this.#found.push({ kind, start, end, by });
  }

  inOrder(): Identifier[] {
    return this.#found.toSorted((left, right) => left.start - right.start);
  }
}
