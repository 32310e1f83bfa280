import type { Random } from '../../base/random.ts';
import { chance } from '../draw.ts';
import { slipped } from '../doubles.ts';
import { lastDay, type Sex } from '../people.ts';
import { residents, type Draws, type Resident } from './population.ts';

/** Five systems that know the same people, each in its own way. */
export const sourceNames = ['registration', 'clinic', 'laboratory', 'adt', 'claims'] as const;
export type SourceName = (typeof sourceNames)[number];

/** What one source has of one person under one number. */
export interface Entry {
  source: SourceName;
  /** The number of the record in its source: MRN, chart number, account. */
  key: string;
  /** Who it truly is. */
  resident: Resident;
  /** As the source has them. */
  known: Resident;
  /** The MRN in `registration` that the source was told too. */
  hospitalMrn?: string;
  /** The person's first number in this source, where this is a second one. */
  doubles?: string;
  /** In the feed the second number was joined to the first by a message (A40). */
  joined?: true;
  /** Somebody else's name, birth date and number were written over this record. */
  overlaidBy?: Resident;
}

/** How often a source has a person, and how little it knows of one. */
interface Habit {
  has: number;
  ssn: number;
  homePhone: number;
  cellPhone: number;
  email: number;
  /** The house before the last one. */
  stale: number;
  slip: number;
}

const habits: Readonly<Record<SourceName, Habit>> = {
  registration: {
    has: 0.7,
    ssn: 0.9,
    homePhone: 0.95,
    cellPhone: 0.9,
    email: 0.8,
    stale: 0.015,
    slip: 0.02,
  },
  clinic: {
    has: 0.35,
    ssn: 0.6,
    homePhone: 0.9,
    cellPhone: 0,
    email: 0.7,
    stale: 0.015,
    slip: 0.02,
  },
  laboratory: {
    has: 0.3,
    ssn: 0.5,
    homePhone: 0.8,
    cellPhone: 0,
    email: 0,
    stale: 0.015,
    slip: 0.03,
  },
  adt: {
    has: 0.4,
    ssn: 0.7,
    homePhone: 0.9,
    cellPhone: 0.6,
    email: 0.3,
    stale: 0.015,
    slip: 0.02,
  },
  claims: { has: 0.35, ssn: 0.35, homePhone: 0, cellPhone: 0, email: 0, stale: 0.015, slip: 0.01 },
};

/** Share of a source's records that a second entry of the same person is made beside. */
const doubledShare = 0.1;
/** Share of people over one of whose records somebody else was typed. */
const overlaidShare = 0.004;

/** Everything that the five sources hold, person by person. */
export function* entries(draws: Draws, people: number): Generator<Entry> {
  const before: Resident[] = [];
  for (const resident of residents(draws, people)) {
    yield* entriesOf(draws, resident, before.find(isStranger(resident)));
    before.push(resident);
    if (before.length > 20) before.shift();
  }
}

/** Somebody who has nothing in common with a person. */
const isStranger =
  (one: Resident) =>
  (other: Resident): boolean =>
    other.family !== one.family && other.birth !== one.birth && other.given !== one.given;

function* entriesOf(
  draws: Draws,
  resident: Resident,
  stranger: Resident | undefined,
): Generator<Entry> {
  const random = draws('sources', resident.index);
  const overlay = stranger !== undefined && chance(random, overlaidShare);
  const overlaid = overlay ? (chance(random, 0.5) ? 'registration' : 'adt') : undefined;
  let present = sourceNames.filter((name) => chance(random, habits[name].has));
  if (present.length === 0) present = ['registration'];
  if (overlaid !== undefined) present = [...new Set([...present, 'registration', 'adt'] as const)];
  const mrn = present.includes('registration') ? resident.mrn : undefined;
  for (const source of sourceNames.filter((name) => present.includes(name))) {
    const known = asKnown(draws, resident, source);
    const tells = overlaid !== undefined || chance(random, 0.3);
    const told = mrn !== undefined && (source === 'clinic' || source === 'adt') && tells;
    const first: Entry = {
      source,
      key: keyOf(source, resident, false),
      resident,
      known,
      ...(told && { hospitalMrn: mrn }),
      ...(overlaid === source && stranger && { overlaidBy: stranger }),
    };
    yield first;
    if (overlaid === undefined && chance(random, doubledShare)) yield doubleOf(draws, first);
  }
}

/** A second entry under a number of its own, with the slips that kept the first from being found. */
function doubleOf(draws: Draws, { source, key, resident }: Entry): Entry {
  const random = draws(`double ${source}`, resident.index);
  const known = moved(random, slipped(random, asKnown(draws, resident, source), ownMoves));
  const joined = source === 'adt' && chance(random, 0.5);
  return {
    source,
    key: keyOf(source, resident, true),
    resident,
    known: chance(random, 0.3) ? { ...known, ssn: null } : known,
    doubles: key,
    ...(joined && { joined }),
  };
}

const ownMoves = ['moved-house'];

/** Who comes back after a move mostly has the telephone still. */
function moved(random: Random, known: Resident): Resident {
  if (!chance(random, 0.04)) return known;
  const { address, homePhone } = known.former;
  return { ...known, address, ...(chance(random, 0.3) && { homePhone }) };
}

/** By then a child was registered under its name. */
const unnamedDays = 100;

const keyFrom: Readonly<Record<SourceName, number>> = {
  registration: 0,
  clinic: 400_000,
  laboratory: 7_000_000,
  adt: 20_000_000,
  claims: 55_000_000,
};

function keyOf(source: SourceName, { index, mrn }: Resident, second: boolean): string {
  if (source === 'registration') return second ? `9${mrn.slice(1)}` : mrn;
  return String(keyFrom[source] + index * 2 + (second ? 1 : 0));
}

function asKnown(draws: Draws, resident: Resident, source: SourceName): Resident {
  const habit = habits[source];
  const random = draws(`known ${source}`, resident.index);
  const stale = chance(random, habit.stale);
  // Who moves mostly keeps the telephone.
  const phone = stale && chance(random, 0.3) ? resident.former.homePhone : resident.homePhone;
  const known: Resident = {
    ...resident,
    ...(stale && { address: resident.former.address }),
    ssn: chance(random, habit.ssn) ? resident.ssn : null,
    homePhone: chance(random, habit.homePhone) ? phone : null,
    cellPhone: chance(random, habit.cellPhone) ? resident.cellPhone : null,
    email: chance(random, habit.email) ? resident.email : null,
    middle: chance(random, 0.7) ? resident.middle : null,
  };
  const young = lastDay - resident.birth < unnamedDays;
  const newborn = young && resident.relation.startsWith('newborn') && source === 'registration';
  if (newborn) return { ...known, given: resident.sex === 'female' ? 'Baby Girl' : 'Baby Boy' };
  return chance(random, habit.slip) ? slipped(random, known, ownMoves) : known;
}

export const letterOf: Readonly<Record<Sex, string>> = {
  male: 'M',
  female: 'F',
  other: 'O',
  unknown: 'U',
};

/** A clerk had the wrong chart open and typed the next patient's particulars into it. */
export function typedOver(record: Resident, other: Resident): Resident {
  const { family, given, middle, suffix, sex, birth, ssn, address, homePhone, email } = other;
  return { ...record, family, given, middle, suffix, sex, birth, ssn, address, homePhone, email };
}
