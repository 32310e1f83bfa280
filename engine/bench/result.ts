/** What one bench found: a ratio beside a peer or a floor, with what stands behind it. */
export interface BenchResult {
  bench: string;
  /** What is compared with what. */
  compared: string;
  ratio: number;
  goal: { least: number } | { most: number };
  met: boolean;
  figures: Record<string, number | string>;
}

export function benchResult(result: Omit<BenchResult, 'met'>): BenchResult {
  const { ratio, goal } = result;
  return { ...result, met: 'least' in goal ? ratio >= goal.least : ratio <= goal.most };
}

/** Median of some measurements. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

export const megabytes = (bytes: number): number => Math.round(bytes / 1e5) / 10;
export const rounded = (value: number): number => Number(value.toPrecision(3));
