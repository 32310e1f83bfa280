/**
 * The Fellegi-Sunter model in Splink's words: a comparison has comparison levels, each with an m and
 * a u probability; their ratio is its Bayes factor, the base-2 logarithm of that its match weight.
 * A level's comparison vector value is -1 for null, 0 for "all other", and rises with likeness.
 */
export interface ComparisonLevel {
  /** As people read it: "exact", "day or month swapped". */
  label: string;
  /** Condition on the records `l` and `r`, tried in order; the last is the rest. */
  sql: string;
  /** What a match is at this level before anything is estimated; sums to 1 over the levels. */
  m: number;
  /** Whether weights at this level are adjusted by how frequent the value is. */
  termFrequency?: boolean;
}

/** What members of one household share with each other who are not one person. */
export type Shared =
  /** Shared as often as the data shows (family name, address, phone). */
  | { by: 'household' }
  /** Theirs alone, and still equal this often: twins' birth date, a father's name. */
  | { by: 'chance'; exact: number };

export interface Comparison {
  name: string;
  /** True where it can say nothing (null level). */
  nullSql: string;
  /** From most alike to "all other"; without the null level. */
  levels: readonly ComparisonLevel[];
  /** Column of the record that holds the value whose frequency adjusts the weight. */
  termColumn?: string;
  shared: Shared;
  /**
   * How often two people agree exactly, of ordinary demographics: what few records are believed less
   * than. Thousands of pairs outweigh it.
   */
  chance: number;
  /**
   * The most that `m` of "all other" can be: who disagrees more often than this is another, and an
   * estimate that says otherwise has taken namesakes or relatives for matches.
   */
  mostOther?: number;
}

/** Estimated for one level of a comparison. */
export interface LevelEstimate {
  label: string;
  m: number;
  u: number;
  /** Share among members of one household. */
  household: number;
}

export interface ComparisonEstimate {
  name: string;
  levels: readonly LevelEstimate[];
  shared: Shared['by'];
}

/** Everything a decision needs, frozen: the same model gives the same weights everywhere. */
export interface LinkageModel {
  format: 'handover-linkage-model/1';
  /** Probability that two random records match. */
  prior: number;
  /** Probability that two random records are of one household and not of one person. */
  householdPrior: number;
  comparisons: readonly ComparisonEstimate[];
  thresholds: Thresholds;
}

/** Match probabilities. */
export interface Thresholds {
  /** Linked from here on. */
  link: number;
  /** Shown to a human from here on. */
  review: number;
}

export const defaultThresholds: Thresholds = { link: 0.95, review: 0.5 };

/** Base-2 logarithm of the odds of a probability. */
export function logOdds(probability: number): number {
  return Math.log2(probability / (1 - probability));
}

export function probabilityOf(weight: number): number {
  return weight > 0 ? 1 / (1 + 2 ** -weight) : 2 ** weight / (1 + 2 ** weight);
}

/** Match weight of a level: the base-2 logarithm of its Bayes factor. */
export function matchWeight({ m, u }: { m: number; u: number }): number {
  return Math.log2(m / u);
}

/** A pattern of comparison vector values as one number; null is 0, "all other" 1, and so on. */
export function patternBases(comparisons: readonly { levels: readonly unknown[] }[]): number[] {
  let base = 1;
  return comparisons.map(({ levels }) => {
    const own = base;
    base *= levels.length + 1;
    return own;
  });
}

/** The place in `levels` that a pattern has for a comparison; undefined for null. */
export function levelAt(pattern: number, base: number, levels: number): number | undefined {
  const digit = Math.floor(pattern / base) % (levels + 1);
  return digit === 0 ? undefined : levels - digit;
}
