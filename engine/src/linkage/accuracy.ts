/** How well clusters agree with the truth, pair by pair. */
export interface Accuracy {
  truePairs: number;
  predictedPairs: number;
  /** Share of predicted pairs that are true; 1 where nothing is predicted. */
  precision: number;
  /** Share of true pairs that are predicted; 1 where there is none. */
  recall: number;
  f1: number;
}

/**
 * @param entities for each record who it truly is, as a number below the count of records.
 * @param clusters for each record its cluster, likewise.
 * @param first where two files are linked: how many records the first has; only pairs across count.
 */
export function accuracyOf(entities: Int32Array, clusters: Int32Array, first?: number): Accuracy {
  const both = Float64Array.from(
    entities,
    (entity, at) => entity * entities.length + (clusters[at] ?? 0),
  );
  return accuracyFrom({
    truePairs: pairsWithin(Float64Array.from(entities), first),
    predictedPairs: pairsWithin(Float64Array.from(clusters), first),
    truePositives: pairsWithin(both, first),
  });
}

export function accuracyFrom(counts: {
  truePairs: number;
  predictedPairs: number;
  truePositives: number;
}): Accuracy {
  const { truePairs, predictedPairs, truePositives } = counts;
  const precision = predictedPairs === 0 ? 1 : truePositives / predictedPairs;
  const recall = truePairs === 0 ? 1 : truePositives / truePairs;
  const f1 = truePositives === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return {
    truePairs,
    predictedPairs,
    precision,
    recall,
    f1: truePairs + predictedPairs === 0 ? 1 : f1,
  };
}

/** Pairs of records with one key; across the two files, where `first` says where one ends. */
function pairsWithin(keys: Float64Array, first: number | undefined): number {
  if (first === undefined) return inOneFile(keys);
  const left = sizesOf(keys.subarray(0, first));
  let pairs = 0;
  for (const [key, size] of sizesOf(keys.subarray(first))) pairs += size * (left.get(key) ?? 0);
  return pairs;
}

function inOneFile(keys: Float64Array): number {
  keys.sort();
  let pairs = 0;
  let run = 0;
  for (let at = 0; at < keys.length; at++) {
    run = at > 0 && keys[at] === keys[at - 1] ? run + 1 : 0;
    pairs += run;
  }
  return pairs;
}

function sizesOf(keys: Float64Array): Map<number, number> {
  const sizes = new Map<number, number>();
  for (const key of keys) sizes.set(key, (sizes.get(key) ?? 0) + 1);
  return sizes;
}
