import type { WrittenField, WrittenSegment } from '../../../formats/hl7v2/writer.ts';
import type { Day } from '../../calendar.ts';
import { between, chance } from '../../draw.ts';
import { lastDay, type Person } from '../../people.ts';
import { drawAddress, drawPhone, type Address } from '../../places.ts';
import { departmentCode, departmentNumber, facilityOf, type Visit } from '../../visits.ts';
import type { World } from '../../world.ts';
import { feedsFrom } from '../feed.ts';
import { date, minute, segment } from './message.ts';

/** Where somebody lived before; the tables know only where they live now. */
export interface Move {
  day: Day;
  address: Address;
  phone: string;
}

export function moveOf(world: World, person: Person): Move | undefined {
  const random = world.draws('move', person.index);
  const earliest = Math.max(person.birth + 30, feedsFrom + 100);
  const latest = typeof person.death === 'number' ? person.death : lastDay - 20;
  if (earliest >= latest || !chance(random, 0.2)) return undefined;
  return {
    day: between(random, earliest, latest),
    address: drawAddress(random),
    phone: drawPhone(random),
  };
}

/** What is told of a patient on a day: nobody knows then what happens to them later. */
export function patientSegment(world: World, person: Person, day: Day): WrittenSegment {
  const move = moveOf(world, person);
  const before = move !== undefined && day < move.day;
  const dead = typeof person.death === 'number' && person.death <= day;
  return segment('PID', {
    1: '1',
    3: identifiers(person),
    5: [person.family, person.given, person.middle ?? undefined],
    7: date(person.birth),
    8: { male: 'M', female: 'F', other: 'O', unknown: 'U' }[person.sex],
    10:
      person.race === null
        ? undefined
        : [races[person.race]?.[0], races[person.race]?.[1], 'CDCREC'],
    11: addressOf(before ? move.address : person.address),
    13: phones(before ? move.phone : person.homePhone, person),
    15: person.language === null ? undefined : [person.language],
    16: person.marital === null ? undefined : [person.marital === 'L' ? 'A' : person.marital],
    22: person.ethnicity === null ? undefined : [person.ethnicity],
    29: dead && typeof person.death === 'number' ? date(person.death) : undefined,
    30: dead ? 'Y' : undefined,
  });
}

function identifiers(person: Person): WrittenField {
  const mrn = [person.mrn, undefined, undefined, 'RIVERSIDE', 'MR'];
  if (person.ssn === null) return mrn;
  return { repeat: [mrn, [person.ssn.replaceAll('-', ''), undefined, undefined, 'SSA', 'SS']] };
}

export function addressOf({ line1, line2, city, state, postalCode }: Address): WrittenField {
  return [line1, line2 ?? undefined, city, state, postalCode, 'USA', 'H'];
}

function phones(home: string | null, { cellPhone, email }: Person): WrittenField {
  const repeat = [
    ...(home === null ? [] : [[home, 'PRN', 'PH']]),
    ...(cellPhone === null ? [] : [[cellPhone, 'PRN', 'CP']]),
    ...(email === null ? [] : [[undefined, 'NET', 'Internet', email]]),
  ];
  return repeat.length === 0 ? undefined : { repeat };
}

const races: Readonly<Record<string, readonly [string, string]>> = {
  W: ['2106-3', 'White'],
  B: ['2054-5', 'Black or African American'],
  A: ['2028-9', 'Asian'],
  I: ['1002-5', 'American Indian or Alaska Native'],
  P: ['2076-8', 'Native Hawaiian or Other Pacific Islander'],
  U: ['2131-1', 'Other Race'],
};

/** A clinician by the house's number and, where they fit, by the national one. */
export function clinician(world: World, id: number): string[] {
  const { npi, family, given, middle, degree } = world.provider(id - firstProvider);
  return [npi, family, given, middle ?? '', '', '', degree, '', 'NPI'];
}

const firstProvider = 1001;

/** HL7 table 0004: what is neither a bed nor an emergency is outpatient. */
const classOf = { I: 'I', E: 'E', O: 'O', H: 'O', T: 'O' } as const;

export function visitSegment(world: World, visit: Visit, ended: boolean): WrittenSegment {
  const number = departmentNumber(visit);
  const place = departmentCode(visit.class, number);
  const bed =
    visit.class === 'I' ? [`${100 + (visit.id % 60)}`, visit.id % 2 === 0 ? 'A' : 'B'] : ['', ''];
  return segment('PV1', {
    1: '1',
    2: classOf[visit.class],
    3: [place, ...bed, `FAC${facilityOf(number)}`],
    7: clinician(world, visit.providerId),
    19: [String(visit.id), undefined, undefined, 'RIVERSIDE', 'VN'],
    36: ended && visit.class === 'I' ? '01' : undefined,
    44: minute(visit.start),
    45: ended && visit.end !== null ? minute(visit.end) : undefined,
  });
}
