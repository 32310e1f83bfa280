/** When a source counts as burdened, and how far reading then steps back. */
export interface PaceRules {
  /** So many times its best the source may take for a record before it is given a rest. */
  tolerance: number;
  /** A batch that came sooner than this, in milliseconds, says nothing of a burden. */
  quickMs: number;
  longestPauseMs: number;
}

export const defaultPace: PaceRules = { tolerance: 2, quickMs: 50, longestPauseMs: 5_000 };

/** Weight of the newest batch in the smoothed latency. */
const newest = 0.4;
/** The best grows by this much a batch, so that a source that has become slower for good is read on. */
const forgetting = 1.02;

/**
 * How long to rest before the next batch of a slice, so that a source in use is not read to death
 * (R17). The source's own latency is the measure: while it answers about as fast as it ever did there
 * is no pause; when it takes longer, reading pauses for as long as it took beyond its best, and twice
 * as long each time that did not help. Other clients of the source get what is left free.
 */
export class Pacer {
  readonly #rules: PaceRules;
  #best: number | undefined;
  #smoothed = 0;
  #pauseMs = 0;

  constructor(rules: PaceRules = defaultPace) {
    this.#rules = rules;
  }

  /** Milliseconds to pause after a batch of so many records that took so long to come. */
  after(latencyMs: number, records: number): number {
    const perRecord = latencyMs / Math.max(1, records);
    if (this.#best === undefined) {
      this.#best = perRecord;
      this.#smoothed = perRecord;
      return 0;
    }
    this.#smoothed = newest * perRecord + (1 - newest) * this.#smoothed;
    this.#best = Math.min(this.#best * forgetting, this.#smoothed);
    const quick = latencyMs < this.#rules.quickMs;
    if (quick || this.#smoothed <= this.#best * this.#rules.tolerance) return this.#relax(quick);
    const beyondMs = (this.#smoothed - this.#best) * records;
    this.#pauseMs = Math.min(this.#rules.longestPauseMs, Math.max(beyondMs, this.#pauseMs * 2));
    return this.#pauseMs;
  }

  #relax(quick: boolean): number {
    const half = this.#pauseMs / 2;
    this.#pauseMs = quick || half < this.#rules.quickMs ? 0 : half;
    return this.#pauseMs;
  }
}
