import type { Random } from '../base/random.ts';
import { addMinutes, dayOf, type LocalMinute } from './calendar.ts';
import { drawReason, type VisitReason } from './catalogue.ts';
import type { Defect } from './defect.ts';
import { between, chance, pick, repeats, weighted } from './draw.ts';
import { drawRemark } from './freeText.ts';
import { ageOn, lastDay, type Person } from './people.ts';
import { providerId } from './staff.ts';

export interface Visit {
  id: number;
  providerId: number;
  class: VisitClass;
  kind: string;
  status: VisitStatus;
  start: LocalMinute;
  end: LocalMinute | null;
  reason: VisitReason | null;
  remark: string | null;
  deleted: boolean;
  defect: Defect | undefined;
}

export type VisitClass = 'I' | 'O' | 'E' | 'H' | 'T';
export type VisitStatus = 'C' | 'A' | 'S' | 'X' | 'N' | 'E';

const drawClass = weighted<VisitClass>([
  ['O', 74],
  ['E', 9],
  ['T', 9],
  ['I', 6],
  ['H', 2],
]);

const kinds: Readonly<Record<VisitClass, readonly string[]>> = {
  O: ['OFFICE VISIT EST', 'OFFICE VISIT NEW', 'PROCEDURE', 'NURSE VISIT'],
  E: ['EMERGENCY'],
  I: ['INPATIENT ADMISSION', 'OBSERVATION'],
  H: ['HOME VISIT'],
  T: ['TELEPHONE', 'VIDEO VISIT'],
};

const drawStatus = weighted<VisitStatus>([
  ['C', 90],
  ['N', 4],
  ['X', 4],
  ['E', 1],
]);

/** No patient has more visits than ids are set aside for. */
const idsPerPatient = 64;
const firstVisitId = 5_000_000;
const oldestVisit = dayOf(2008, 1, 1);

/** A visit id that no visit has. */
export function missingVisitId(person: Person): number {
  return 9_000_000_000 + person.index;
}

export function createVisits(
  random: Random,
  person: Person,
  planted: Defect | undefined,
  staff: number,
): Visit[] {
  if (planted?.table === 'pt_demog') return [];
  const again = ageOn(lastDay, person.birth) < 50 ? 0.8 : 0.88;
  const count = repeats(random, again, idsPerPatient - 2);
  const visits = Array.from({ length: count }, (_, at) =>
    createVisit(random, person, at, staff, undefined),
  );
  if (planted?.table === 'encounters') {
    visits.push(createVisit(random, person, count, staff, planted));
  }
  return visits;
}

function createVisit(
  random: Random,
  person: Person,
  at: number,
  staff: number,
  defect: Defect | undefined,
): Visit {
  const visitClass = drawClass(random);
  const start = drawStart(random, person);
  const status = defect ? 'C' : statusOf(random, start);
  const ended = status === 'C' || status === 'E';
  return {
    id: firstVisitId + person.index * idsPerPatient + at,
    providerId: providerId(random.integer(staff)),
    class: visitClass,
    kind: pick(random, kinds[visitClass]),
    status,
    start,
    end: ended ? addMinutes(start, lengthOf(random, visitClass)) : null,
    reason: chance(random, 0.85) ? drawReason(random) : null,
    remark: drawRemark(random, 0.3),
    deleted: person.deleted || (defect === undefined && chance(random, 0.01)),
    defect,
  };
}

/** Nothing starts between 01:00 and 03:00, which a switch of the clock may repeat or skip. */
function drawStart(random: Random, person: Person): LocalMinute {
  const dead = typeof person.death === 'number' ? person.death : lastDay + 90;
  const newest = Math.min(dead, lastDay + (chance(random, 0.01) ? 90 : 0));
  const oldest = Math.max(person.birth, oldestVisit);
  return { day: between(random, oldest, newest), minute: between(random, 6 * 12, 22 * 12) * 5 };
}

function statusOf(random: Random, start: LocalMinute): VisitStatus {
  if (start.day > lastDay) return 'S';
  return start.day === lastDay ? 'A' : drawStatus(random);
}

/** Minutes; an end never falls between 01:00 and 03:00 either. */
function lengthOf(random: Random, visitClass: VisitClass): number {
  if (visitClass === 'I') return between(random, 1, 9) * 1440;
  return between(random, 2, 18) * 5;
}

/** Whether other records may hang on it: defects are planted so that they do not spread. */
export function isSound(visit: Visit): boolean {
  return !visit.deleted && visit.defect === undefined && visit.status === 'C';
}

/** How many departments a class of visits is spread over. */
export const departmentsOfService = 40;

/** `O012`: the class and a number. */
export function departmentCode(letter: string, number: number): string {
  return `${letter}${String(number).padStart(3, '0')}`;
}

/** The site of a department, by its number: `fac_id`. */
export function facilityOf(number: number): number {
  return (number % 3) + 1;
}

export function departmentNumber(visit: Visit): number {
  return visit.providerId % departmentsOfService;
}
