import { logOdds, matchWeight, probabilityOf, type LinkageModel } from './model.ts';

/** What is known of one pair: for each comparison its level (from the most alike; undefined is null). */
export interface PairLevels {
  level: number | undefined;
  /** Term frequency adjustment, in match weight. */
  adjustment: number;
}

/** One bar of the waterfall. */
export interface WaterfallBar {
  name: string;
  /** The level that the pair is at. */
  level: string;
  weight: number;
}

/** Why a pair is linked, shown or left: bars that add up to its match weight. No value is in it. */
export interface Explanation {
  bars: readonly WaterfallBar[];
  weight: number;
  probability: number;
  decision: 'link' | 'review' | 'no link';
  /** What would have had to agree, the heaviest first; empty where the pair is linked. */
  missing: readonly WaterfallBar[];
}

export function explainPair(model: LinkageModel, pair: readonly PairLevels[]): Explanation {
  const { prior, householdPrior, thresholds } = model;
  const bars: WaterfallBar[] = [
    { name: 'prior', level: 'two records at random', weight: logOdds(prior) },
  ];
  const missing: WaterfallBar[] = [];
  let household = 0;
  for (const [at, { name, levels }] of model.comparisons.entries()) {
    const { level: place, adjustment = 0 } = pair[at] ?? {};
    const level = place === undefined ? undefined : levels[place];
    const weight = level === undefined ? 0 : matchWeight(level);
    bars.push({ name, level: level?.label ?? 'null: nothing to compare', weight });
    if (adjustment !== 0) {
      bars.push({ name: `${name}: term frequency adjustment`, level: '', weight: adjustment });
    }
    if (level !== undefined) household += Math.log2(level.household / level.u) + adjustment;
    const [best] = levels;
    if (place !== 0 && best !== undefined) {
      missing.push({ name, level: best.label, weight: matchWeight(best) - weight });
    }
  }
  if (householdPrior > 0) {
    const unrelated = 1 - prior - householdPrior;
    const discount = -Math.log2((unrelated + householdPrior * 2 ** household) / (1 - prior));
    bars.push({ name: 'household', level: 'may be of one household', weight: discount });
  }
  const weight = bars.reduce((sum, bar) => sum + bar.weight, 0);
  const probability = probabilityOf(weight);
  const decision =
    probability >= thresholds.link
      ? 'link'
      : probability >= thresholds.review
        ? 'review'
        : 'no link';
  const heaviest = missing.toSorted((one, other) => other.weight - one.weight);
  return { bars, weight, probability, decision, missing: decision === 'link' ? [] : heaviest };
}
