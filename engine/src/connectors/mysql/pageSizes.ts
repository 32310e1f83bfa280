import type { TableLayout } from './catalogue.ts';
import type { Field } from './session.ts';
import { longColumns } from './statement.ts';

/** Rows of one page: enough that the question costs little, few enough that they take no room. */
const mostRows = 5_000;
/** Fewer than these would cost more in questions than they save in memory. */
const fewestRows = 200;
/** A page smaller than this saves nothing. */
const fewestBytes = 1 << 20;
/** Rows of which the sizes are asked at once. */
const sizedRows = 1_000;

/**
 * How many rows the next page has, so that it takes about `bytes` of memory: by what the types of the columns allow,
 * or, where they allow anything, by the sizes of the very rows.
 */
export class PageSizes {
  readonly #bytes: number;
  readonly #isLong: boolean;
  readonly #rows: number;
  /** Sizes of the rows that come next, as far as they are known. */
  #known: number[] = [];

  constructor(layout: TableLayout, columns: readonly string[], bytes: number) {
    this.#bytes = Math.max(bytes, fewestBytes);
    this.#isLong = longColumns(layout, columns).length > 0;
    const widest = layout.mostBytes.reduce<number>(
      (sum, most) => sum + Math.min(most ?? 0, 65_535),
      0,
    );
    this.#rows = Math.min(mostRows, Math.max(fewestRows, Math.floor(bytes / Math.max(1, widest))));
  }

  /** @param sizesOf asks for the sizes of at most so many rows from where the next page begins. */
  async next(sizesOf: (most: number) => Promise<readonly (readonly Field[])[]>): Promise<number> {
    if (!this.#isLong) return this.#rows;
    if (this.#known.length === 0) {
      this.#known = (await sizesOf(sizedRows)).map(([size]) => Number(size));
    }
    let taken = 0;
    let sum = 0;
    while (taken < Math.min(this.#known.length, this.#rows)) {
      sum += this.#known[taken] ?? 0;
      if (taken > 0 && sum > this.#bytes) break;
      taken++;
    }
    this.#known.splice(0, taken);
    // Behind the last row of which the size is known there may be another: one row finds the end.
    return Math.max(1, taken);
  }
}
