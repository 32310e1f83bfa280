/**
 * What stands between a score and a link. A weight says how likely two records are of one person; an
 * alarm says in which way they may be two, however likely they look: a doubtful pair goes to review.
 */
export type Alarm =
  /** Both names are known and nothing but name and birth date speaks for one person. */
  | 'uncorroborated'
  | 'sex-differs'
  | 'birth-date-differs'
  /** A birth date is unknown, and no number of the person agrees. */
  | 'birth-date-unknown'
  | 'given-name-differs'
  /** One number, and two names: of practitioners, organizations, locations. */
  | 'name-differs'
  /** Both have a valid number of one national authority, and not the same. */
  | 'identifiers-differ'
  /** One birth date, one family, two given names that others bear too. */
  | 'twins'
  /** One name, and ten years or more between the birth dates, or Jr and Sr. */
  | 'generations'
  /** At least one has no name yet. */
  | 'newborn'
  /** One number of a chart, two people. */
  | 'overlay';

/** How alike the two values of a pair are; absent where one of them is not known. */
export interface PairEvidence {
  given: 'same' | 'short form' | 'nickname' | 'near' | 'differs' | 'swapped' | undefined;
  /** Given names that are only near are borne by others too: Lea and Leah are no slip of the hand. */
  bothKnown: boolean;
  family: 'same' | 'near' | 'differs' | undefined;
  birthDate: 'same' | 'near' | 'part' | 'differs' | undefined;
  /** Whole years between the birth dates. */
  years: number;
  sexDiffers: boolean;
  /** A national number: `near` is one digit off, or two exchanged. */
  national: 'same' | 'near' | 'differs' | undefined;
  suffixDiffers: boolean;
  /** Of those that a household can share: e-mail, telephone, address, number of the insured. */
  household: number;
  /** They have the number of one chart. */
  chart: boolean;
  newborn: boolean;
  /** One given name is the first letter of the other one. */
  initial: boolean;
}

/** Why a pair is not linked automatically; none: nothing speaks against it. */
export function alarmsOf(pair: PairEvidence): Alarm[] {
  const rules: readonly (readonly [Alarm, boolean])[] = [
    ['overlay', isOverlaidPair(pair)],
    ['newborn', pair.newborn],
    ['sex-differs', pair.sexDiffers],
    ['identifiers-differ', pair.national === 'differs'],
    ['generations', isOfTwoGenerations(pair)],
    ['twins', areMaybeTwins(pair)],
    ['birth-date-differs', isBornApart(pair)],
    ['birth-date-unknown', pair.birthDate === undefined && !hasOwnNumber(pair)],
    ['given-name-differs', isNamedApart(pair)],
    ['uncorroborated', !hasOwnNumber(pair) && pair.household === 0],
  ];
  return rules.flatMap(([alarm, holds]) => (holds ? [alarm] : []));
}

/** A number that one person alone has. */
const hasOwnNumber = ({ national, chart }: PairEvidence): boolean => national === 'same' || chart;

/** One chart, and neither the names nor the birth date agree: no slip of the hand does that. */
function isOverlaidPair({ chart, given, family, birthDate, national }: PairEvidence): boolean {
  if (!chart || national === 'same' || given === 'swapped') return false;
  return birthDate === 'differs' && (given === 'differs' || family === 'differs');
}

function isOfTwoGenerations({ suffixDiffers, birthDate, years, given }: PairEvidence): boolean {
  if (suffixDiffers) return true;
  const oneName = given !== 'differs' && given !== undefined;
  return oneName && birthDate !== 'same' && birthDate !== undefined && years >= 10;
}

function areMaybeTwins(pair: PairEvidence): boolean {
  const { given, bothKnown, birthDate, family, national } = pair;
  if (national === 'same' || family === 'differs') return false;
  if (birthDate !== 'same' && birthDate !== 'near') return false;
  if (given === 'differs' || given === 'nickname') return true;
  return (given === 'near' || given === 'short form') && bothKnown;
}

function isBornApart(pair: PairEvidence): boolean {
  const { birthDate, given } = pair;
  if (birthDate === 'differs') return true;
  const slips = given !== 'same' && given !== 'short form' && given !== 'swapped';
  const known = hasOwnNumber(pair) || livesTogether(pair);
  if (birthDate === 'part') return slips || !known;
  // Of brothers and sisters whose names and birth dates are a letter apart there are many.
  if (birthDate !== 'near' || pair.national === 'same' || !slips) return false;
  return given !== 'near' || pair.bothKnown || !known;
}

/** One name in one household: who is not a generation apart is nobody else. */
const livesTogether = ({ given, family, household }: PairEvidence): boolean =>
  (family === 'same' || given === 'swapped') && household > 0;

function isNamedApart({ given, family, national }: PairEvidence): boolean {
  if (given === 'differs') return true;
  if (given === 'swapped') return false;
  if (given === undefined) return national !== 'same';
  return family === 'differs' && given !== 'same';
}

/**
 * Whether there is nothing to ask of a pair: another given name, the same in another generation, or
 * neither name nor birth date known, and no number in common that one person alone has.
 */
export function isNoQuestion(pair: PairEvidence): boolean {
  if (hasOwnNumber(pair)) return false;
  if (pair.given === undefined && !pair.newborn && pair.birthDate === undefined) return true;
  if (pair.given === 'differs') return true;
  return isOfTwoGenerations(pair) && pair.birthDate === 'differs';
}

/** Whether a record of a chart that two people have is suspected: nothing of it is linked unseen. */
export function isSuspect(alarms: readonly Alarm[]): boolean {
  return alarms.includes('overlay');
}
