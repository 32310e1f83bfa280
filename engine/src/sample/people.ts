import type { Random } from '../base/random.ts';
import { dayOf, type Day } from './calendar.ts';
import type { Defect } from './defect.ts';
import { between, chance, pick, weighted } from './draw.ts';
import { drawFamilyName, drawFemaleName, drawMaleName, middleInitials } from './names.ts';
import { drawAddress, drawPhone, type Address } from './places.ts';

/** One patient of the invented hospital: what is true, before any table distorts it. */
export interface Person {
  /** Position in the hospital, from 0; the ids of all tables follow from it. */
  index: number;
  id: number;
  mrn: string;
  family: string;
  given: string;
  middle: string | null;
  sex: Sex;
  birth: Day;
  /** `true`: known to be dead, the day is not known. */
  death: Day | true | null;
  ssn: string | null;
  address: Address;
  homePhone: string | null;
  cellPhone: string | null;
  email: string | null;
  race: string | null;
  ethnicity: string | null;
  language: string | null;
  marital: string | null;
  /** Soft-deleted in the legacy system, and with it everything that hangs on it. */
  deleted: boolean;
  defect: Defect | undefined;
}

export type Sex = 'male' | 'female' | 'other' | 'unknown';

/** The day on which the hospital is left: nothing in the sample is younger. */
export const lastDay: Day = dayOf(2026, 6, 30);

/** First age of a five-year band and its weight: the panel of a general clinic. */
const drawBand = weighted(
  [62, 58, 55, 54, 57, 62, 66, 66, 64, 61, 63, 66, 68, 64, 52, 40, 26, 14, 6, 2].map(
    (weight, band) => [band * 5, weight] as const,
  ),
);

/** A two-digit year before this one would be read as being in the future. */
const earliestBirth: Day = dayOf(1927, 1, 1);

const drawSex = weighted<Sex>([
  ['female', 520],
  ['male', 468],
  ['unknown', 8],
  ['other', 4],
]);

const drawRace = weighted<string | null>([
  ['W', 52],
  ['B', 22],
  ['A', 8],
  ['I', 1],
  ['P', 1],
  ['U', 5],
  [null, 11],
]);
const drawEthnicity = weighted<string | null>([
  ['N', 66],
  ['H', 22],
  ['U', 4],
  [null, 8],
]);
const drawLanguage = weighted<string | null>([
  ['ENG', 78],
  ['SPA', 13],
  ['POL', 3],
  ['CHI', 1],
  ['VIE', 1],
  [null, 4],
]);

const firstPatientId = 100_001;

/** No hospital has more patients: beyond that ids would run into those of doubles. */
export const mostPatients = 4_000_000;

/** Whether nothing else may hang on a patient: those that are held would take it along. */
export function hasNoChart({ defect }: Person): boolean {
  return defect !== undefined && defect.deferred === undefined;
}

/** A patient id that no patient has. */
export function missingPatientId(person: Person): number {
  return 90_000_000 + person.index;
}

export function createPerson(random: Random, index: number, planted: Defect | undefined): Person {
  const sex = drawSex(random);
  const birth = drawBirth(random);
  const id = firstPatientId + index;
  const given = drawGiven(random, sex);
  const family = drawFamilyName(random);
  return {
    index,
    id,
    mrn: String(id * 7).padStart(8, '0'),
    family,
    given,
    middle: chance(random, 0.55) ? pick(random, middleInitials.split('')) : null,
    sex,
    birth,
    death: drawDeath(random, birth),
    ssn: chance(random, 0.82) ? drawSsn(random) : null,
    address: drawAddress(random),
    homePhone: chance(random, 0.7) ? drawPhone(random) : null,
    cellPhone: chance(random, 0.62) ? drawPhone(random) : null,
    email: chance(random, 0.4) ? `patient${id}@example.org` : null,
    race: drawRace(random),
    ethnicity: drawEthnicity(random),
    language: drawLanguage(random),
    marital: ageOn(lastDay, birth) < 18 ? null : pick(random, maritalCodes),
    deleted: chance(random, 0.015) && planted === undefined,
    defect: planted?.table === 'pt_demog' ? planted : undefined,
  };
}

const maritalCodes = ['M', 'M', 'M', 'S', 'S', 'D', 'W', 'L', 'U', null] as const;

export function ageOn(day: Day, birth: Day): number {
  return Math.floor((day - birth) / 365.25);
}

function drawBirth(random: Random): Day {
  const age = drawBand(random) + random.integer(5);
  const birth = lastDay - Math.floor(age * 365.25) - random.integer(365);
  return Math.max(earliestBirth, birth);
}

/** The chance of having died while the chart was kept grows with the age that would be reached. */
function drawDeath(random: Random, birth: Day): Person['death'] {
  const age = ageOn(lastDay, birth);
  const risk = age < 50 ? 0.004 : age < 70 ? 0.03 : age < 85 ? 0.12 : 0.3;
  if (!chance(random, risk)) return null;
  if (chance(random, 0.15)) return true;
  return Math.max(birth, lastDay - between(random, 1, 3650));
}

function drawGiven(random: Random, sex: Sex): string {
  const female = sex === 'female' || (sex !== 'male' && chance(random, 0.5));
  return female ? drawFemaleName(random) : drawMaleName(random);
}

/** Areas from 900 on are never issued as social security numbers. */
function drawSsn(random: Random): string {
  const area = between(random, 900, 999);
  const group = String(between(random, 1, 49)).padStart(2, '0');
  const serial = String(between(random, 1, 9999)).padStart(4, '0');
  return chance(random, 0.3) ? `${area}${group}${serial}` : `${area}-${group}-${serial}`;
}
