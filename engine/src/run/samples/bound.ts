/** With which certainty a bound holds. */
export const confidence = 0.95;

/**
 * The highest error rate that still lets `errors` or fewer be found in `charts` reviewed ones as often as
 * one time in twenty: the exact one-sided bound of Clopper and Pearson (binomial: charts drawn from very
 * many). None found in n: 1 − 0.05^(1/n).
 */
export function errorRateAtMost(errors: number, charts: number): number {
  if (charts === 0 || errors >= charts) return 1;
  let [low, high] = [errors / charts, 1];
  for (let round = 0; round < 60; round++) {
    const rate = (low + high) / 2;
    if (binomialAtMost(errors, charts, rate) > 1 - confidence) low = rate;
    else high = rate;
  }
  return high;
}

/** P(X ≤ most) of a binomial. */
function binomialAtMost(most: number, trials: number, rate: number): number {
  let term = (1 - rate) ** trials;
  let sum = term;
  for (let count = 0; count < most; count++) {
    term *= ((trials - count) / (count + 1)) * (rate / (1 - rate));
    sum += term;
  }
  return sum;
}

/**
 * How many charts of `population` may be wrong at most, when `errors` were found in `charts` drawn from it
 * without putting any back: the exact bound of the hypergeometric distribution, for what is finite.
 */
export function wrongChartsAtMost(errors: number, charts: number, population: number): number {
  let [low, high] = [errors, population - charts + errors];
  while (low < high) {
    const wrong = Math.ceil((low + high) / 2);
    if (hypergeometricAtMost(errors, { charts, wrong, population }) > 1 - confidence) low = wrong;
    else high = wrong - 1;
  }
  return low;
}

interface Draw {
  charts: number;
  wrong: number;
  population: number;
}

/** P(X ≤ most): of `wrong` charts among `population`, at most so many are among those drawn. */
function hypergeometricAtMost(most: number, { charts, wrong, population }: Draw): number {
  const right = population - wrong;
  const all = logChoose(population, charts);
  let sum = 0;
  for (let count = Math.max(0, charts - right); count <= Math.min(most, wrong); count++) {
    sum += Math.exp(logChoose(wrong, count) + logChoose(right, charts - count) - all);
  }
  return sum;
}

function logChoose(from: number, take: number): number {
  if (take < 0 || take > from) return Number.NEGATIVE_INFINITY;
  const few = Math.min(take, from - take);
  let sum = 0;
  for (let at = 1; at <= few; at++) sum += Math.log((from - few + at) / at);
  return sum;
}

/** `error rate at most 9.5 % (95 %)`, and the same for the charts there are. */
export function boundWords(errors: number, charts: number, population: number): string[] {
  const rate = (errorRateAtMost(errors, charts) * 100).toFixed(1);
  const wrong = wrongChartsAtMost(errors, charts, population);
  return [
    `error rate at most ${rate} % (95 %)`,
    `at most ${wrong} of ${population} charts wrong (95 %, drawn without putting back)`,
    'both hold for charts that are drawn evenly; a stratum of its own says more of itself than of the rest',
  ];
}
