/** Counts of people under this one are not shown (CMS's cell size suppression policy: 1 to 10). */
export const smallestCell = 11;

/** A count as it may leave the house: the number, `<11`, or that it is withheld to guard another one. */
export type ShownCount = number | string;

export const withheld = 'withheld';

/**
 * Counts that stand beside each other, as they may be shown: those from 1 to below `least` as `<least`.
 * Where their sum is known too, further ones are withheld, the smallest first, until none of the small ones
 * follows from the rest; where even that does not help, all are.
 *
 * @param isSumKnown that somebody who sees them knows what they add up to.
 */
export function shownCounts(
  counts: readonly number[],
  isSumKnown: boolean,
  least: number = smallestCell,
): ShownCount[] {
  const small = new Set([...counts.keys()].filter((at) => isSmall(counts[at] as number, least)));
  const guards = new Set<number>();
  if (isSumKnown && small.size > 0) {
    const others = [...counts.keys()]
      .filter((at) => !small.has(at) && counts[at] !== 0)
      .toSorted((one, other) => (counts[one] as number) - (counts[other] as number));
    const hidden = (): number =>
      [...small, ...guards].reduce((sum, at) => sum + (counts[at] as number), 0);
    while (follows(hidden(), small.size, guards.size, least)) {
      const next = others.shift();
      if (next === undefined) return counts.map((count) => (count === 0 ? 0 : withheld));
      guards.add(next);
    }
  }
  return counts.map((count, at) => {
    if (small.has(at)) return `<${least}`;
    return guards.has(at) ? withheld : count;
  });
}

/** One count that stands alone. */
export function shownCount(count: number, least: number = smallestCell): ShownCount {
  return isSmall(count, least) ? `<${least}` : count;
}

function isSmall(count: number, least: number): boolean {
  return count > 0 && count < least;
}

/**
 * Whether a small count follows from the sum of what is hidden: `small` counts of 1 to `least - 1` each, and
 * `guards` of `least` and more. It does where only one value of a small one leaves room for the others.
 */
function follows(sum: number, small: number, guards: number, least: number): boolean {
  const most = Math.min(least - 1, sum - (small - 1) - guards * least);
  const fewest = guards > 0 ? 1 : Math.max(1, sum - (small - 1) * (least - 1));
  return most <= fewest;
}

/**
 * Counts by size, from the smallest size on, with sizes put together from the end until every count is
 * shown: the last one then means "this size and more".
 */
export function shownSizes<S extends { size: number; persons: number }>(
  sizes: readonly S[],
  least: number = smallestCell,
): { size: number; persons: ShownCount; andMore: boolean }[] {
  const all = sizes
    .toSorted((one, other) => one.size - other.size)
    .map(({ size, persons }) => ({ size, persons, andMore: false }));
  for (;;) {
    const at = all.findLastIndex(({ persons }) => isSmall(persons, least));
    if (at === -1) return all;
    // What is small joins the one before it; the first has none, and joins the one after it.
    const from = Math.max(0, at - 1);
    const joined = all.splice(from);
    const persons = joined.reduce((sum, one) => sum + one.persons, 0);
    const [first] = joined as [(typeof all)[number]];
    if (joined.length === 1) return [{ ...first, persons: shownCount(persons, least) }];
    all.push({ size: first.size, persons, andMore: true });
  }
}
