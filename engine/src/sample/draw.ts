import type { Random } from '../base/random.ts';

/**
 * Draws from a repeatable generator. Only comparisons, additions and multiplications: the results
 * are the same on every platform, which logarithms do not promise.
 */
export function chance(random: Random, probability: number): boolean {
  return random.next() < probability;
}

/** Uniform integer, both ends included. */
export function between(random: Random, lowest: number, highest: number): number {
  return lowest + random.integer(highest - lowest + 1);
}

/** One of `items`, each as likely as the next. */
export function pick<T>(random: Random, items: readonly T[]): T {
  return items[random.integer(items.length)] as T;
}

/** How often something happens again, at most `most` times: the chance is the same each time. */
export function repeats(random: Random, again: number, most: number): number {
  let count = 0;
  while (count < most && random.next() < again) count++;
  return count;
}

/** A drawer that respects weights; weights need not add up to anything. */
export function weighted<T>(entries: readonly (readonly [T, number])[]): (random: Random) => T {
  const bounds: number[] = [];
  let total = 0;
  for (const [, weight] of entries) bounds.push((total += weight));
  return (random) => {
    const at = random.next() * total;
    let index = 0;
    while (index < bounds.length - 1 && at >= (bounds[index] as number)) index++;
    return (entries[index] as readonly [T, number])[0];
  };
}
