import { editsBetween } from './overlay.ts';

/** What tells one person from another, as a record has it in standard form. */
export interface Profile {
  given: string | undefined;
  family: string | undefined;
  /** The name that its short and pet forms have in common. */
  root: string | undefined;
  dob: string | undefined;
  sex: string | undefined;
  national: string | undefined;
  suffix: string | undefined;
}

/**
 * Whether two records cannot be of one person though others between them are linked to both: a twin is
 * reached over a record without a name, a father over one without a birth date.
 */
export function contradicts(one: Profile, other: Profile): boolean {
  const both = (of: keyof Profile): readonly [string, string] | undefined => {
    const [left, right] = [one[of], other[of]];
    return left === undefined || right === undefined ? undefined : [left, right];
  };
  const numbers = both('national');
  if (numbers !== undefined && numbers[0] === numbers[1]) return false;
  const sexes = both('sex');
  const suffixes = both('suffix');
  const dates = both('dob');
  if (sexes !== undefined && sexes[0] !== sexes[1]) return true;
  if (suffixes !== undefined && suffixes[0] !== suffixes[1]) return true;
  if (numbers !== undefined && editsBetween(...numbers) > 1) return true;
  if (dates !== undefined && areApart(...dates)) return true;
  return namesContradict(one, other);
}

/** Ten years or more, or three digits and more; day and month are swapped by hand. */
function areApart(one: string, other: string): boolean {
  if (one === other.slice(0, 4) + other.slice(6) + other.slice(4, 6)) return false;
  if (one.slice(4, 6) === other.slice(4, 6))
    return Math.abs(Number(one.slice(0, 4)) - Number(other.slice(0, 4))) > 9;
  const years = Math.abs(Number(one.slice(0, 4)) - Number(other.slice(0, 4)));
  return years >= 10 || editsBetween(one, other) > 2;
}

function namesContradict(one: Profile, other: Profile): boolean {
  const [left, right] = [one.given, other.given];
  if (left === undefined || right === undefined || one.root === other.root) return false;
  if (isNear(left, other.family) || isNear(right, one.family)) return false;
  const [short, long] = left.length < right.length ? [left, right] : [right, left];
  if (long.startsWith(short.slice(0, 3))) return false;
  return !isNear(left, right);
}

const isNear = (one: string, other: string | undefined): boolean =>
  other !== undefined && editsBetween(one, other) <= 2;
