import type { WrittenValue } from '../../../../formats/hl7v2/writer.ts';
import type { Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';
import { codeMap, terminology } from '../vocabulary.ts';
import {
  concept,
  conceptBy,
  dateTime,
  decimal,
  extensionValue,
  hasUrl,
  identifier,
  isOfType,
  parts,
} from './dataTypes.ts';
import { codesFrom, systemName } from './names.ts';
import { location, practitioner } from './parties.ts';
import { filled } from './patient.ts';
import { all, one, SegmentDraft, text } from './rules.ts';
import type { Where } from './rules.ts';

/** How a visit is told: the event of its message, and the patient class that goes with it. */
interface VisitEvent {
  event: string;
  /** A class of HL7 table 0004 that the status asks for, whatever class the visit is of. */
  statedAs?: { code: string; words: string };
  /** The status has no event of its own. */
  isNear?: boolean;
}

/**
 * Encounter.status by the events of HL7 table 0003 (the maps of events and of classes to a status,
 * the other way round). A visit that is under way or over has the class that it is of.
 */
const unknown: VisitEvent = { event: 'A08', statedAs: { code: 'U', words: 'Unknown' } };
const events: Readonly<Record<string, VisitEvent>> = {
  planned: { event: 'A05', statedAs: { code: 'P', words: 'Preadmit' } },
  arrived: { event: 'A10', isNear: true },
  triaged: { event: 'A04', isNear: true },
  'in-progress': { event: 'A01' },
  onleave: { event: 'A21', isNear: true },
  finished: { event: 'A03' },
  cancelled: { event: 'A11' },
  'entered-in-error': { event: 'A11', isNear: true },
  unknown,
};

/** Classes whose own code says that a visit is under way: only then may its event be a registration. */
const outpatient = new Set(['AMB', 'EMER']);

/** The event of a visit's message; one who is not admitted is registered (A04). */
export function eventOf(visit: Reading, writing: Writing): string {
  const status = visit.peek('status') ?? 'unknown';
  const found = events[status] ?? unknown;
  if (found.isNear === true) writing.issue('status-approximated', 'Encounter.status');
  visit.take('status');
  const isAdmission = found.event === 'A01';
  return isAdmission && outpatient.has(visit.child('class')?.peek('code') ?? '')
    ? 'A04'
    : found.event;
}

/** PV1-2: the class of HL7 table 0004, and the class itself where that table has not its code. */
function classOf(visit: Reading): WrittenValue | undefined {
  const own = visit.child('class');
  const stated = events[visit.peek('status') ?? '']?.statedAs;
  const code = own?.text('code');
  const system = own?.text('system');
  const display = own?.text('display');
  const table = codesFrom('encounterClass').get(code ?? '');
  const isMapped = table !== undefined && codeMap('encounterClass').get(table)?.system === system;
  if (stated === undefined && isMapped) return table;
  const named = system === undefined ? undefined : systemName(system);
  if (stated === undefined) return parts({ 1: code ?? 'U', 2: display, 3: named });
  if (code === undefined || (isMapped && table === stated.code)) return stated.code;
  return parts({ 1: stated.code, 2: stated.words, 3: 'HL70004', 4: code, 5: display, 6: named });
}

const participation = `${terminology}v3-ParticipationType`;

/** PV1 fields of participants by what they are (v3 ParticipationType). */
const participantFields: Readonly<Record<string, number>> = {
  ATND: 7,
  REF: 8,
  CON: 9,
  ADM: 17,
  PART: 52,
};

function participantCode(from: Reading): string | undefined {
  const codings = from.all('type').flatMap((each) => each.all('coding'));
  const known = codings.find((each) => each.peek('system') === participation);
  return known?.peek('code');
}

const withStatus =
  (...statuses: readonly (string | undefined)[]): Where =>
  (each) =>
    statuses.includes(each.peek('status'));

/** A place of a visit: its reference, the status being said by the field. */
const place = (from: Reading, writing: Writing): WrittenValue | undefined => {
  const reference = from.child('location');
  const written = reference && location(reference, writing);
  if (written !== undefined) from.take('status');
  return written;
};

const isVisitNumber: Where = (each) => isOfType(each, 'VN');

const encounter = [
  one(3, 'location', place, withStatus('active', undefined)),
  one(4, 'type', conceptBy('admissionType', '0007')),
  one(5, 'hospitalization.preAdmissionIdentifier', identifier),
  one(6, 'location', place, withStatus('completed')),
  one(10, 'serviceType', conceptBy('hospitalService', '0069')),
  one(13, 'hospitalization.reAdmission', conceptBy('readmission', '0092')),
  one(14, 'hospitalization.admitSource', concept),
  all(15, 'hospitalization.specialArrangement', conceptBy('ambulatoryStatus', '0009')),
  one(16, 'hospitalization.specialCourtesy', concept),
  one(19, 'identifier', identifier, isVisitNumber),
  one(36, 'hospitalization.dischargeDisposition', concept),
  one(38, 'hospitalization.dietPreference', concept),
  one(42, 'location', place, withStatus('reserved')),
  one(43, 'location', place, withStatus('planned')),
  text(44, 'period.start', dateTime),
];

const over = new Set(['finished', 'cancelled', 'entered-in-error']);

/** PV1: the visit. Its number is its visit number, else the first of its identifiers. */
export function visitSegment(visit: Reading, writing: Writing): SegmentDraft {
  visit.child('subject')?.takeWhole();
  const draft = new SegmentDraft('PV1').add(1, '1').add(2, classOf(visit));
  draft.apply(encounter, visit, writing);
  const others = visit.all('identifier').filter((each) => !isVisitNumber(each));
  for (const each of others) draft.add(draft.has(19) ? 50 : 19, identifier(each, writing));
  if (over.has(visit.peek('status') ?? '')) {
    draft.apply([text(45, 'period.end', dateTime)], visit, writing);
  }
  for (const each of visit.all('participant')) addParticipant(draft, each, writing);
  return draft;
}

function addParticipant(draft: SegmentDraft, from: Reading, writing: Writing): void {
  const field = participantFields[participantCode(from) ?? ''];
  const who = from.child('individual');
  if (field === undefined || who === undefined) return;
  const written = practitioner(who, writing);
  if (written === undefined) return;
  draft.add(field, written);
  for (const each of from.all('type')) each.takeWhole();
}

/** PV1 of a message that is of no visit. */
export function noVisit(): SegmentDraft {
  return new SegmentDraft('PV1').add(1, '1').add(2, 'N');
}

const role = [
  one(3, 'type', concept),
  one(4, 'individual', practitioner),
  text(5, 'period.start', dateTime),
  text(6, 'period.end', dateTime),
];

/** ROL for everybody who takes part in a visit as what PV1 has no field for. */
export function roleSegments(visit: Reading, writing: Writing): SegmentDraft[] {
  return visit.all('participant').flatMap((each) => {
    if (participantFields[participantCode(each) ?? ''] !== undefined) return [];
    const draft = new SegmentDraft('ROL').apply(role, each, writing);
    if (!draft.has(4)) return [];
    return [draft.add(2, 'UC').add(3, draft.has(3) ? undefined : 'PART')];
  });
}

const planned = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.planned';
const days = (from: Reading): WrittenValue | undefined =>
  from.peek('code') === 'd' ? decimal(takenUnit(from), 'value') : undefined;

function takenUnit(from: Reading): Reading {
  for (const name of ['unit', 'system', 'code']) from.take(name);
  return from;
}

const plannedTime = (from: Reading, writing: Writing): WrittenValue | undefined => {
  const own = from.peek('valueDateTime');
  const written = own === undefined ? undefined : dateTime(own, writing, from.path);
  if (written !== undefined) from.takeWhole();
  return written;
};

const details = [
  one(3, 'reasonCode', concept),
  one(8, 'extension', plannedTime, hasUrl(`${planned}StartDate`)),
  one(9, 'extension', plannedTime, hasUrl(`${planned}EndDate`)),
  one(11, 'length', days),
  one(25, 'priority', conceptBy('encounterPriority', '0217')),
  one(
    38,
    'extension',
    extensionValue('valueCoding', (from) =>
      parts({
        1: from.text('code'),
        2: from.text('display'),
        3: systemName(from.text('system') ?? ''),
      }),
    ),
    hasUrl('http://hl7.org/fhir/StructureDefinition/encounter-modeOfArrival'),
  ),
];

/** PV2, where it says something. */
export function visitDetails(visit: Reading, writing: Writing): SegmentDraft[] {
  return filled(new SegmentDraft('PV2').apply(details, visit, writing));
}
