import type { WrittenSegment } from '../../../formats/hl7v2/writer.ts';
import type { LocalMinute } from '../../calendar.ts';
import { standsFirm } from '../../chartItem.ts';
import { chance } from '../../draw.ts';
import type { Person } from '../../people.ts';
import { createGuarantors } from '../../tables/guarantors.ts';
import { createCoverages } from '../../tables/insurance.ts';
import { isSound, type Visit } from '../../visits.ts';
import type { World } from '../../world.ts';
import { feedsFrom } from '../feed.ts';
import { date, later, minute, segment, type FeedMessage } from './message.ts';
import { addressOf, moveOf, patientSegment, visitSegment } from './people.ts';

/** Registration: arrivals, admissions, what was changed since, discharges, moves, deaths, merges. */
export function admissions(world: World, person: Person): FeedMessage[] {
  const visits = world
    .visits(person)
    .filter((visit) => isSound(visit) && visit.start.day >= feedsFrom);
  return [...visits.flatMap((visit) => ofVisit(world, person, visit)), ...ofPerson(world, person)];
}

function ofVisit(world: World, person: Person, visit: Visit): FeedMessage[] {
  const random = world.draws('adt', visit.id);
  // Whoever cannot say who they are gets a number for the time being.
  const unknown = visit.class === 'E' && chance(random, 0.08);
  const messages = unknown
    ? [unknownArrival(world, person, visit), merge(world, person, visit)]
    : [arrival(world, person, visit)];
  if (chance(random, 0.3)) messages.push(update(world, person, visit));
  if (visit.end !== null && (visit.class === 'I' || visit.class === 'E')) {
    messages.push(
      message(world, person, visit.end, 'A03', [visitSegment(world, visit, true)], visit),
    );
  }
  return messages;
}

/** Brought in without papers: a number and a name that stand for somebody. */
function unknownArrival(world: World, person: Person, visit: Visit): FeedMessage {
  const made = message(
    world,
    person,
    visit.start,
    'A04',
    [visitSegment(world, visit, false)],
    visit,
  );
  const patient = segment('PID', {
    1: '1',
    3: temporaryNumber(visit),
    5: ['DOE', 'UNKNOWN'],
    8: 'U',
  });
  const segments = made.segments.map((each) => (each.name === 'PID' ? patient : each));
  return { ...made, segments };
}

function temporaryNumber(visit: Visit): (string | undefined)[] {
  return [`TMP${visit.id}`, undefined, undefined, 'RIVERSIDE', 'MR'];
}

function arrival(world: World, person: Person, visit: Visit): FeedMessage {
  const allergies = visit.class === 'I' ? allergySegments(world, person, visit.start.day) : [];
  const guarantors = guarantorSegments(world, person);
  const coverages = coverageSegments(world, person);
  const event = visit.class === 'I' ? 'A01' : 'A04';
  const rest = [visitSegment(world, visit, false), ...allergies, ...guarantors, ...coverages];
  const made = message(world, person, visit.start, event, rest, visit);
  return {
    ...made,
    makes: counts({
      ...made.makes,
      AllergyIntolerance: allergies.length,
      RelatedPerson: guarantors.length,
      Coverage: coverages.length,
    }),
  };
}

/** What the visit was for is known when somebody has seen the patient. */
function update(world: World, person: Person, visit: Visit): FeedMessage {
  const { reason } = visit;
  const diagnoses =
    reason === null
      ? []
      : [
          segment('DG1', {
            1: '1',
            3: [reason.coding.code, reason.text, 'I10'],
            5: minute(visit.start),
            6: 'W',
          }),
        ];
  const rest = [visitSegment(world, visit, false), ...diagnoses];
  const made = message(world, person, later(visit.start, 25), 'A08', rest, visit);
  return { ...made, makes: counts({ ...made.makes, Condition: diagnoses.length }) };
}

function merge(world: World, person: Person, visit: Visit): FeedMessage {
  const former = segment('MRG', { 1: temporaryNumber(visit) });
  const made = message(world, person, later(visit.start, 20), 'A40', [former]);
  return { ...made, makes: { Patient: 2 } };
}

function ofPerson(world: World, person: Person): FeedMessage[] {
  const messages: FeedMessage[] = [];
  const move = moveOf(world, person);
  if (move !== undefined) {
    const at = { day: move.day, minute: 600 + (person.index % 300) };
    const made = message(world, person, at, 'A31', []);
    const segments = made.segments.map((each) => (each.name === 'PID' ? withoutWork(each) : each));
    messages.push({ ...made, segments });
  }
  if (typeof person.death === 'number' && person.death >= feedsFrom) {
    messages.push(message(world, person, { day: person.death, minute: 1300 }, 'A31', []));
  }
  return messages;
}

/** The number at work (PID-14) is taken out: null, which is not the same as nothing. */
function withoutWork({ name, fields }: WrittenSegment): WrittenSegment {
  return { name, fields: fields.map((field, at) => (at === 13 ? null : field)) };
}

function message(
  world: World,
  person: Person,
  sent: LocalMinute,
  event: string,
  rest: readonly WrittenSegment[],
  visit?: Visit,
): FeedMessage {
  const patient = patientSegment(world, person, sent.day);
  return {
    sent,
    type: 'ADT',
    event,
    person,
    segments: [eventSegment(sent, event), patient, ...rest, zSegment(person)],
    makes: visit === undefined ? { Patient: 1 } : { Patient: 1, Encounter: 1 },
    tells: visit === undefined ? [] : [{ table: 'encounters', key: String(visit.id) }],
  };
}

function eventSegment(sent: LocalMinute, event: string): WrittenSegment {
  return segment('EVN', { 1: event, 2: minute(sent) });
}

/** What the house's registration adds of its own, as most do. */
function zSegment(person: Person): WrittenSegment {
  return segment('ZPD', {
    1: String(person.id),
    2: person.index % 3 === 0 ? 'PORTAL' : 'DESK',
    4: 'N',
  });
}

/** What is known on that day, each substance once. */
function allergySegments(world: World, person: Person, day: number): WrittenSegment[] {
  const standing = world.allergies(person).filter(({ deleted, defect, noted, kind, status }) => {
    return !deleted && defect === undefined && kind !== 'NK' && status === 'A' && noted <= day;
  });
  const byCode = new Map(standing.map((allergy) => [allergy.allergen?.local, allergy]));
  const known = [...byCode.values()].filter(({ allergen }) => allergen !== null);
  return known.map(({ kind, allergen, severity, reaction, text }, at) =>
    segment('AL1', {
      1: String(at + 1),
      2: kind,
      3: [allergen?.local, text, 'L'],
      4: severity ?? undefined,
      5: reaction?.text,
    }),
  );
}

function guarantorSegments(world: World, person: Person): WrittenSegment[] {
  return createGuarantors(world, person)
    .filter(standsFirm)
    .map((guarantor, at) =>
      segment('GT1', {
        1: String(at + 1),
        2: [String(guarantor.id)],
        3: [guarantor.family, guarantor.given],
        5: addressOf(guarantor.address),
        6: guarantor.phone,
        11: { P: 'PAR', S: 'SPO', G: 'GRD', C: 'CHD' }[guarantor.relation],
      }),
    );
}

function coverageSegments(world: World, person: Person): WrittenSegment[] {
  return createCoverages(world, person)
    .filter((coverage) => standsFirm(coverage) && coverage.payer !== null)
    .map(({ payer, member, group, from, until, rank, relation }) =>
      segment('IN1', {
        1: String(rank),
        2: [payer?.kind],
        3: [String(payer?.id)],
        4: payer?.name,
        8: group ?? undefined,
        12: date(from),
        13: until === null ? undefined : date(until),
        17: { S: 'SEL', P: 'SPO', C: 'CHD', O: 'OTH' }[relation],
        36: member ?? undefined,
      }),
    );
}

/** Without those of which there is none. */
export function counts(all: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(all).filter(([, count]) => count > 0));
}
