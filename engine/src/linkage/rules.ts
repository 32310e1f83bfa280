import { contradicts, type Profile } from './agreement.ts';
import { alarmsOf, isNoQuestion, type Alarm, type PairEvidence } from './alarms.ts';

/** Why a pair is linked: a code, never a value. */
export type LinkReason = 'model' | 'same-chart' | 'same-number' | 'same-home' | 'merge-message';

/** What a pair of one kind of record is judged by, beside its weight. */
export interface PairRules {
  /** Why it is not linked automatically; none: nothing speaks against it. */
  alarmsOf(pair: PairEvidence): readonly Alarm[];
  /** Why it is linked, if no alarm stands against it. */
  reasonOf(pair: PairEvidence, known: Known): LinkReason | undefined;
  /** Whether there is nothing to ask of it. */
  isNoQuestion(pair: PairEvidence): boolean;
  /** Whether two records cannot be one, though others between them are linked to both. */
  contradicts(one: Profile, other: Profile): boolean;
}

/** What is known of a pair beside how alike it is. */
export interface Known {
  /** A source says itself that the two are one. */
  joined: boolean;
  /** It weighs as much as the link threshold, or more. */
  likely: boolean;
}

export const personRules: PairRules = {
  alarmsOf,
  isNoQuestion,
  contradicts,
  reasonOf({ chart, national, birthDate, given, family, household }, { joined, likely }) {
    if (joined) return 'merge-message';
    if (chart) return 'same-chart';
    const agrees = birthDate === 'same' && (given === 'same' || given === 'short form');
    if (national === 'same' && agrees) return 'same-number';
    if (likely) return 'model';
    const named = given !== undefined && (family !== 'differs' || given === 'swapped');
    const born = birthDate === 'same' || birthDate === 'near';
    return named && family !== undefined && born && household > 0 ? 'same-home' : undefined;
  },
};

/**
 * Practitioners: a practice shares its telephone and its address, and namesakes work in one house, so that
 * nothing but a number links two records unseen. One number and two names is a number that was copied.
 */
export const practitionerRules: PairRules = {
  alarmsOf: (pair) => alarmsIn(pair, isNamedOtherwise(pair)),
  reasonOf: numbered,
  contradicts: (one, other) => haveOtherNumbers(one, other) || contradicts(one, other),
  isNoQuestion: (pair) =>
    !hasNumber(pair) &&
    (isOtherNumber(pair) ||
      isGivenOtherwise(pair) ||
      pair.given === undefined ||
      pair.family !== 'same'),
};

/** Organizations and locations: they have one name, which stands where people have the family name. */
export const houseRules: PairRules = {
  alarmsOf: (pair) => alarmsIn(pair, pair.family === 'differs'),
  reasonOf: numbered,
  contradicts: haveOtherNumbers,
  isNoQuestion: (pair) => !hasNumber(pair) && (isOtherNumber(pair) || pair.family !== 'same'),
};

const hasNumber = ({ national, chart }: PairEvidence): boolean => national === 'same' || chart;

/** The check digit lets no slip of the hand through: a digit off is another's number. */
const isOtherNumber = ({ national }: PairEvidence): boolean =>
  national === 'differs' || national === 'near';

function haveOtherNumbers({ national: one }: Profile, { national: other }: Profile): boolean {
  return one !== undefined && other !== undefined && one !== other;
}

function alarmsIn(pair: PairEvidence, isNamedApart: boolean): Alarm[] {
  const rules: readonly (readonly [Alarm, boolean])[] = [
    ['sex-differs', pair.sexDiffers],
    ['identifiers-differ', isOtherNumber(pair)],
    ['generations', pair.suffixDiffers],
    ['name-differs', isNamedApart],
    // One authority's number alone is not enough: many houses call their authority alike.
    ['uncorroborated', pair.national !== 'same' && !(pair.chart && pair.family !== undefined)],
  ];
  return rules.flatMap(([alarm, holds]) => (holds ? [alarm] : []));
}

/** An initial speaks against nobody whose name begins so. */
const isGivenOtherwise = ({ given, initial }: PairEvidence): boolean =>
  given === 'differs' && !initial;

/** Who marries keeps the number; a number that was copied from a colleague looks the same. */
const isNamedOtherwise = (pair: PairEvidence): boolean =>
  pair.given !== 'swapped' && (isGivenOtherwise(pair) || pair.family === 'differs');

function numbered({ national, chart }: PairEvidence): LinkReason | undefined {
  if (national === 'same') return 'same-number';
  return chart ? 'same-chart' : undefined;
}
