/** What identifies a person, as one telling of a record has it; what is not known is left out. */
export interface Particulars {
  family?: string | undefined;
  given?: string | undefined;
  /** `YYYYMMDD`. */
  birthDate?: string | undefined;
  sex?: string | undefined;
  ssn?: string | undefined;
}

/**
 * Whether one telling of a record is of another person than the one before: an overlay. A correction
 * or a marriage changes one thing, a newborn's name another; who is overlaid changes in given name and
 * birth date, and in most of what else is known.
 */
export function isOverlay(before: Particulars, after: Particulars): boolean {
  const given = differs(before.given, after.given, alikeNames);
  const birth = differs(before.birthDate, after.birthDate, alikeDates);
  const rest = [
    differs(before.family, after.family, alikeNames),
    differs(before.sex, after.sex, (one, other) => one === other),
    differs(before.ssn, after.ssn, (one, other) => one === other),
  ].filter((each) => each !== undefined);
  const changed = rest.filter((each) => each).length;
  if (given === true && birth === true) return rest.length === 0 || changed > 0;
  // Where one of the two was never told, everything else has to have changed.
  const known = [given, birth].filter((each) => each !== undefined);
  return known.length === 1 && known[0] === true && rest.length > 1 && changed === rest.length;
}

function differs(
  one: string | undefined,
  other: string | undefined,
  alike: (one: string, other: string) => boolean,
): boolean | undefined {
  if (one === undefined || other === undefined || one === '' || other === '') return undefined;
  return !alike(one.toLowerCase(), other.toLowerCase());
}

/** The same, a short form, or a few letters off. */
function alikeNames(one: string, other: string): boolean {
  const [short, long] = one.length < other.length ? [one, other] : [other, one];
  return long.startsWith(short) || editsBetween(one, other) <= Math.max(1, long.length / 4);
}

/** At most two of its digits are others. */
function alikeDates(one: string, other: string): boolean {
  return editsBetween(one, other) <= 2;
}

/** Letters to change, add, leave out or exchange (optimal string alignment). */
export function editsBetween(one: string, other: string): number {
  let twice: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let at = 1; at <= other.length; at++) {
      const same = one[row - 1] === other[at - 1];
      let least = Math.min(
        (last[at] as number) + 1,
        (next[at - 1] as number) + 1,
        (last[at - 1] as number) + (same ? 0 : 1),
      );
      const exchanged =
        row > 1 && at > 1 && one[row - 1] === other[at - 2] && one[row - 2] === other[at - 1];
      if (exchanged) least = Math.min(least, (twice[at - 2] as number) + 1);
      next.push(least);
    }
    [twice, last] = [last, next];
  }
  return last[other.length] as number;
}
