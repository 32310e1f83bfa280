import type { Random } from '../base/random.ts';
import { civil, dayOf } from './calendar.ts';
import { doubled } from './defects.ts';
import { chance, pick } from './draw.ts';
import { createPerson, type Person } from './people.ts';
import { drawAddress, drawPhone } from './places.ts';

/** Whom a clerk entered a second time, as people are: in a hurry, by ear, years later. */
export interface Double {
  person: Person;
  /** What differs from the first entry. */
  differences: readonly string[];
}

type Change = (random: Random, person: Person) => Partial<Person>;

/** One slip of the hand or the ear; each leaves enough for a reader to see who is meant. */
const slips: Readonly<Record<string, Change>> = {
  'letters-exchanged': (random, { family }) => ({ family: exchanged(random, family) }),
  'letter-missing': (random, { family }) => ({ family: without(random, family) }),
  'accents-lost': (_, { family }) => ({
    family: family.normalize('NFD').replaceAll(/[\u0300-\u036f]/g, ''),
  }),
  'given-shortened': (_, { given }) => ({ given: given.slice(0, Math.max(3, given.length - 2)) }),
  'names-exchanged': (_, { family, given }) => ({ family: given, given: family }),
  'day-and-month-exchanged': (_, { birth }) => ({ birth: dayForMonth(birth) }),
  'birth-year-slipped': (_, { birth }) => ({ birth: birth - 365 }),
  'moved-house': (random) => ({ address: drawAddress(random), homePhone: drawPhone(random) }),
};

/** The same person under another number, with one or two slips. */
export function doubleOf(random: Random, original: Person, index: number): Person {
  return drawDouble(random, original, index).person;
}

export function drawDouble(random: Random, original: Person, index: number): Double {
  const { id, mrn } = createPerson(random, index, undefined);
  let person: Person = { ...original, index, id, mrn, deleted: false, defect: doubled };
  person = { ...person, email: null, middle: chance(random, 0.5) ? null : person.middle };
  if (chance(random, 0.4)) person = { ...person, ssn: null };
  person = slipped(random, person);
  const compared = ['family', 'given', 'middle', 'birth', 'ssn', 'homePhone', 'email'] as const;
  const differences: string[] = compared.filter((part) => person[part] !== original[part]);
  if (person.address !== original.address) differences.push('address');
  return { person, differences };
}

/** One slip or two, as a clerk makes them; `besides` are not made. */
export function slipped<P extends Person>(
  random: Random,
  original: P,
  besides: readonly string[] = [],
): P {
  const names = Object.keys(slips).filter((name) => !besides.includes(name));
  const chosen = new Set([
    pick(random, names),
    ...(chance(random, 0.4) ? [pick(random, names)] : []),
  ]);
  let person = original;
  for (const name of chosen) person = { ...person, ...slips[name]?.(random, person) };
  return person;
}

function exchanged(random: Random, name: string): string {
  const at = 1 + random.integer(Math.max(1, name.length - 2));
  return name.slice(0, at) + (name[at + 1] ?? '') + (name[at] ?? '') + name.slice(at + 2);
}

function without(random: Random, name: string): string {
  const at = 1 + random.integer(name.length - 1);
  return name.slice(0, at) + name.slice(at + 1);
}

/** Where the day can be a month; otherwise the birth stands as it was. */
function dayForMonth(birth: number): number {
  const { year, month, date } = civil(birth);
  return date > 12 ? birth : dayOf(year, date, month);
}
