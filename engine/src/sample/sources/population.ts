import type { Random } from '../../base/random.ts';
import { between, chance, pick } from '../draw.ts';
import { drawFemaleName, drawMaleName } from '../names.ts';
import { createPerson, lastDay, type Person, type Sex } from '../people.ts';
import { drawAddress, type Address } from '../places.ts';

/** What somebody is to others whom a linkage could take them for. */
export type Relation =
  'alone' | 'relative' | 'twin' | 'senior' | 'junior' | 'newborn' | 'newborn twin' | 'namesake';

/** One person of the region, as they are; what a source knows of them is less, and partly wrong. */
export interface Resident extends Person {
  relation: Relation;
  suffix: string | null;
  /** Where some sources still have them live. */
  former: { address: Address; homePhone: string };
  /** Number of the insured, which a household shares. */
  member: string;
}

/** The generator of one kind of thing about one household. */
export type Draws = (kind: string, index: number) => Random;

/**
 * The people of a region, household by household: relatives, twins, seniors and juniors of one name,
 * newborns without one, and people who have nothing in common but a name and a birth date.
 */
export function* residents(draws: Draws, people: number): Generator<Resident> {
  let index = 0;
  for (let household = 0; index < people; household++) {
    for (const resident of householdOf(draws, household, index)) {
      if (index++ === people) return;
      yield resident;
    }
  }
}

const day = 365.25;

function householdOf(draws: Draws, household: number, first: number): Resident[] {
  const random = draws('household', household);
  const anchor = residentAt(draws, household, first, 'alone');
  const draw = random.next();
  const member = (at: number): Resident => residentAt(draws, household, first + at, 'relative');
  if (draw < 0.52) return [anchor];
  if (draw < 0.9) return familyOf(random, anchor, member);
  if (draw < 0.94) return twinsOf(random, anchor, member(1));
  if (draw < 0.97) return generations(random, anchor, member(1));
  if (draw < 0.99) return newbornsOf(random, anchor, member);
  return [anchor, namesakeOf(anchor, member(1))];
}

function residentAt(draws: Draws, household: number, index: number, relation: Relation): Resident {
  const random = draws('resident', index);
  const person = createPerson(random, index, undefined);
  return {
    ...person,
    homePhone: person.homePhone && drawRegionalPhone(random),
    cellPhone: person.cellPhone && drawRegionalPhone(random),
    deleted: false,
    relation,
    suffix: null,
    former: { address: drawAddress(random), homePhone: drawRegionalPhone(random) },
    member: memberOf(household),
  };
}

const memberOf = (household: number): string => `W${100_000_000 + household * 7}`;

/** Numbers of the reserved block in every area, so that few households share one by chance. */
function drawRegionalPhone(random: Random): string {
  const area = between(random, 201, 989);
  const line = `555-01${String(random.integer(100)).padStart(2, '0')}`;
  return chance(random, 0.5) ? `(${area}) ${line}` : `${area}-${line}`;
}

/** Who lives with somebody has their name, house, telephone and insurance. */
function livingWith(anchor: Resident, other: Resident): Resident {
  const { family, address, homePhone, member, former } = anchor;
  return { ...other, family, address, homePhone, member, former };
}

function familyOf(random: Random, anchor: Resident, member: (at: number) => Resident): Resident[] {
  const size = 1 + random.integer(3);
  const all = [anchor];
  for (let at = 1; at <= size; at++) {
    const other = livingWith(anchor, member(at));
    const draw = other.sex === 'female' ? drawFemaleName : drawMaleName;
    let { given } = other;
    while (all.some((each) => each.given === given)) given = draw(random);
    all.push({ ...other, given });
  }
  return all;
}

function twinsOf(random: Random, anchor: Resident, other: Resident): Resident[] {
  const sex: Sex = chance(random, 0.6) ? anchor.sex : other.sex;
  const { birth } = anchor;
  const draw = sex === 'female' ? drawFemaleName : drawMaleName;
  let given = draw(random);
  while (given === anchor.given) given = draw(random);
  const twin = { ...livingWith(anchor, other), birth, sex, given, relation: 'twin' as const };
  return [{ ...anchor, relation: 'twin' }, twin];
}

function generations(random: Random, anchor: Resident, other: Resident): Resident[] {
  const birth = anchor.birth - Math.floor(between(random, 19, 38) * day) - random.integer(300);
  const { given, sex } = anchor;
  const told = chance(random, 0.5);
  const senior = { ...livingWith(anchor, other), given, sex, birth, relation: 'senior' as const };
  return [
    { ...anchor, relation: 'junior', suffix: told ? 'Jr' : null },
    { ...senior, suffix: told && chance(random, 0.5) ? 'Sr' : null },
  ];
}

function newbornsOf(
  random: Random,
  mother: Resident,
  member: (at: number) => Resident,
): Resident[] {
  const birth = lastDay - 5 - random.integer(300);
  const several = chance(random, 0.3);
  const relation = several ? 'newborn twin' : 'newborn';
  const children = (several ? [1, 2] : [1]).map((at): Resident => {
    const child = livingWith(mother, member(at));
    const sex: Sex = chance(random, 0.5) ? 'female' : 'male';
    const given = sex === 'female' ? drawFemaleName(random) : drawMaleName(random);
    const none = { ssn: null, email: null, cellPhone: null, death: null, marital: null };
    return { ...child, ...none, birth, sex, given, relation };
  });
  const [one, other] = children;
  if (one && other && one.given === other.given) {
    children[1] = { ...other, given: pick(random, ['Zoë', 'Ines', 'Nora']), sex: 'female' };
  }
  return [mother, ...children];
}

/** Somebody else of the same name, sex and birth date, who lives elsewhere. */
function namesakeOf(anchor: Resident, other: Resident): Resident {
  const { given, family, birth, sex } = anchor;
  const member = `${other.member}9`;
  return { ...other, given, family, birth, sex, member, relation: 'namesake' };
}
