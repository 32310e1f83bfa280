import { levelAt, patternBases, type Comparison, type ComparisonEstimate } from './model.ts';

/** How often each pattern of comparison levels occurs among the pairs that blocking makes. */
export type PatternCounts = ReadonlyMap<number, number>;

export interface EstimateInput {
  comparisons: readonly Comparison[];
  /** Share of each level among random pairs where the comparison is not null. */
  random: readonly (readonly number[])[];
  patterns: PatternCounts;
  /** All pairs there are, of which `patterns` holds those that can match. */
  pairs: number;
  /** Expected matches by deterministic rules: where the estimate begins. */
  expectedMatches: number;
  /** Pairs that the belief in a level's first `m` is worth. */
  belief: number;
  /** Whether members of households are told from matches. */
  households: boolean;
}

export interface Estimate {
  prior: number;
  householdPrior: number;
  comparisons: ComparisonEstimate[];
  iterations: number;
}

interface Pattern {
  count: number;
  levels: Int8Array;
}

const mostIterations = 200;
const smallest = 1e-12;

/**
 * m by expectation-maximisation over patterns, not pairs. `u` is what random pairs show less the
 * pairs taken for matches, which matters where records are few. Beside matches and unrelated pairs
 * there is a third class, members of one household: they share surname, address and phone, and without
 * the class such pairs would be taken for matches, or matches for them.
 */
export function estimateModel(input: EstimateInput): Estimate {
  const state = firstState(input);
  const patterns = patternsOf(input);
  let iterations = 0;
  let change = 1;
  while (iterations < mostIterations && change > 1e-7) {
    change = iterate(state, patterns, input);
    iterations++;
  }
  const comparisons = input.comparisons.map(({ name, levels, shared }, at) => ({
    name,
    shared: shared.by,
    levels: levels.map(({ label }, level) => ({
      label,
      m: state.m[at]?.[level] ?? smallest,
      u: state.u[at]?.[level] ?? smallest,
      household: state.household[at]?.[level] ?? smallest,
    })),
  }));
  return { prior: state.prior, householdPrior: state.householdPrior, comparisons, iterations };
}

interface State {
  prior: number;
  householdPrior: number;
  m: number[][];
  u: number[][];
  household: number[][];
}

function firstState({
  comparisons,
  random,
  pairs,
  expectedMatches,
  households,
}: EstimateInput): State {
  const u = random.map((shares) => normalised(shares));
  return {
    prior: Math.min(0.5, Math.max(expectedMatches, 1) / Math.max(pairs, 2)),
    householdPrior: households
      ? Math.min(0.1, Math.max(expectedMatches, 1) / Math.max(pairs, 2))
      : 0,
    m: comparisons.map(({ levels }) => normalised(levels.map((level) => level.m))),
    u,
    household: comparisons.map((comparison, at) => householdShares(comparison, u[at] ?? [])),
  };
}

/** Where a household shares, it begins like a match; else it is chance, and the few that are alike. */
function householdShares({ levels, shared }: Comparison, u: readonly number[]): number[] {
  if (shared.by === 'household') return normalised(levels.map(({ m }) => m));
  return normalised(
    u.map((share, at) => share * (1 - shared.exact) + (at === 0 ? shared.exact : 0)),
  );
}

function patternsOf({ comparisons, patterns }: EstimateInput): Pattern[] {
  const bases = patternBases(comparisons);
  return [...patterns].map(([pattern, count]) => ({
    count,
    levels: Int8Array.from(
      comparisons,
      ({ levels }, at) => levelAt(pattern, bases[at] ?? 1, levels.length) ?? -1,
    ),
  }));
}

/** One step of expectation and maximisation; answers by how much the prior and m changed. */
function iterate(state: State, patterns: readonly Pattern[], input: EstimateInput): number {
  const { comparisons, pairs, belief } = input;
  const { matches, households, match, home } = expect(state, patterns, comparisons);
  const before = [state.prior, ...state.m.flat()];
  state.prior = Math.max(matches, 0.5) / pairs;
  if (input.households) state.householdPrior = Math.max(households, 0.5) / pairs;
  for (const [at, comparison] of comparisons.entries()) {
    const seen = match[at] ?? [];
    const shared = home[at] ?? [];
    const { levels, mostOther } = comparison;
    const shares = normalised(levels.map(({ m }, place) => (seen[place] ?? 0) + belief * m));
    state.m[at] = mostOther === undefined ? shares : limited(shares, mostOther);
    state.u[at] = withoutMatches(input.random[at] ?? [], seen, shared, pairs);
    state.household[at] =
      comparison.shared.by === 'household'
        ? normalised(comparison.levels.map(({ m }, level) => (shared[level] ?? 0) + belief * m))
        : householdShares(comparison, state.u[at] ?? []);
  }
  const after = [state.prior, ...state.m.flat()];
  return Math.max(...after.map((value, at) => Math.abs(value - (before[at] ?? 0))));
}

/** Expected matches and household pairs: all, and at each level of each comparison. */
interface Expected {
  matches: number;
  households: number;
  match: number[][];
  home: number[][];
}

/** Plain loops over numbers: this is done for tens of thousands of patterns, hundreds of times. */
function expect(
  state: State,
  patterns: readonly Pattern[],
  comparisons: readonly Comparison[],
): Expected {
  const zeros = (): number[][] => comparisons.map(({ levels }) => levels.map(() => 0));
  const expected: Expected = { matches: 0, households: 0, match: zeros(), home: zeros() };
  const { match, home } = expected;
  for (const { count, levels } of patterns) {
    const [asMatch, asHousehold] = posteriors(state, levels);
    const matches = count * asMatch;
    const households = count * asHousehold;
    expected.matches += matches;
    expected.households += households;
    for (let at = 0; at < levels.length; at++) {
      const level = levels[at] as number;
      if (level < 0) continue;
      (match[at] as number[])[level] = (match[at]?.[level] ?? 0) + matches;
      (home[at] as number[])[level] = (home[at]?.[level] ?? 0) + households;
    }
  }
  return expected;
}

/** Shares of a match and of a household in a pattern. */
function posteriors(state: State, levels: Int8Array): [number, number] {
  const { m, u, household } = state;
  let match = state.prior;
  let home = state.householdPrior;
  let unrelated = 1 - match - home;
  for (let at = 0; at < levels.length; at++) {
    const level = levels[at] as number;
    if (level < 0) continue;
    match *= m[at]?.[level] ?? 1;
    home *= household[at]?.[level] ?? 1;
    unrelated *= u[at]?.[level] ?? 1;
  }
  const all = match + home + unrelated;
  return all > 0 ? [match / all, home / all] : [0, 0];
}

function limited(shares: readonly number[], mostOther: number): number[] {
  const other = shares.at(-1) ?? 0;
  if (other <= mostOther) return [...shares];
  const rest = (1 - mostOther) / (1 - other);
  return shares.map((share, at) => (at === shares.length - 1 ? mostOther : share * rest));
}

/** Random pairs hold the matches too; where records are few, most that agree are matches. */
function withoutMatches(
  random: readonly number[],
  matches: readonly number[],
  households: readonly number[],
  pairs: number,
): number[] {
  const rest = random.map((share, level) => {
    const others = share * pairs - (matches[level] ?? 0) - (households[level] ?? 0);
    // Never below a tenth of what was seen, nor below a pair: the estimates are not exact.
    return Math.max(others, (share * pairs) / 10, 0.5);
  });
  return normalised(rest);
}

function normalised(shares: readonly number[]): number[] {
  const floored = shares.map((share) => Math.max(share, smallest));
  const sum = floored.reduce((one, other) => one + other, 0);
  return floored.map((share) => share / sum);
}
