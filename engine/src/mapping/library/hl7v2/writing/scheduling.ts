import type { WrittenValue } from '../../../../formats/hl7v2/writer.ts';
import { typeOf, type Writing } from '../../outward/chart.ts';
import type { Reading } from '../../outward/reading.ts';
import { wordSegment } from './clinical.ts';
import {
  concept,
  conceptBy,
  dateTime,
  entityIdentifier,
  isOfType,
  primitive,
} from './dataTypes.ts';
import { codesFrom } from './names.ts';
import { device, location, practitioner } from './parties.ts';
import { one, SegmentDraft } from './rules.ts';
import type { Where, Write } from './rules.ts';

/** Events of HL7 table 0003 that say of themselves what became of an appointment. */
const events: Readonly<Record<string, string>> = {
  cancelled: 'S15',
  'entered-in-error': 'S17',
  noshow: 'S26',
  proposed: 'S12',
  pending: 'S12',
  booked: 'S12',
  waitlist: 'S12',
};

export function appointmentEvent(from: Reading): string {
  return events[from.peek('status') ?? ''] ?? 'S14';
}

const isFiller: Where = (each) => isOfType(each, 'FILL');

const schedule = [
  one(1, 'identifier', entityIdentifier, (each) => !isFiller(each)),
  one(2, 'identifier', entityIdentifier, isFiller),
  one(7, 'reasonCode', conceptBy('appointmentReason', '0276')),
  one(8, 'appointmentType', conceptBy('appointmentType', '0277')),
];

/** SCH, TQ1 and notes of an appointment. */
export function appointmentSegments(from: Reading, writing: Writing): SegmentDraft[] {
  const draft = new SegmentDraft('SCH')
    .apply(schedule, from, writing)
    .add(6, appointmentEvent(from));
  const minutes = from.text('minutesDuration');
  if (minutes !== undefined) draft.add(9, minutes).add(10, 'min');
  draft.add(25, statusOf(from, writing));
  const timing = new SegmentDraft('TQ1').add(1, '1');
  timing.add(7, primitive(from, 'start', dateTime, writing));
  timing.add(8, primitive(from, 'end', dateTime, writing));
  const comment = from.text('comment');
  const notes = comment === undefined ? [] : [wordSegment(comment)];
  return [draft, ...(timing.has(7) || timing.has(8) ? [timing] : []), ...notes];
}

function statusOf(from: Reading, writing: Writing): string | undefined {
  const own = from.text('status') ?? 'proposed';
  const known = codesFrom('appointmentStatus').get(own);
  if (known !== undefined || own === 'proposed') return known;
  writing.issue('status-approximated', 'Appointment.status');
  return own === 'arrived' ? 'Started' : undefined;
}

/** What an appointment needs, by the type of who or what takes part: the segment, and how it is said. */
const resources: Readonly<Record<string, { name: string; write: Write }>> = {
  Practitioner: { name: 'AIP', write: practitioner },
  PractitionerRole: { name: 'AIP', write: practitioner },
  Location: { name: 'AIL', write: location },
  Device: { name: 'AIG', write: device },
};

const order = ['AIS', 'AIG', 'AIL', 'AIP'];

/** RGS, and a segment for each service, thing, place and person of an appointment. */
export function resourceSegments(from: Reading, writing: Writing): SegmentDraft[] {
  const services = from
    .all('serviceType')
    .map((each) => new SegmentDraft('AIS').add(3, concept(each, writing)));
  const others = from.all('participant').flatMap((each) => participantSegment(each, writing));
  const drafts = [...services, ...others].toSorted(
    (a, b) => order.indexOf(a.name) - order.indexOf(b.name),
  );
  const turns = new Map<string, number>();
  for (const draft of drafts) {
    const turn = (turns.get(draft.name) ?? 0) + 1;
    turns.set(draft.name, turn);
    draft.add(1, String(turn));
  }
  return [new SegmentDraft('RGS').add(1, '1'), ...drafts];
}

function participantSegment(from: Reading, writing: Writing): SegmentDraft[] {
  const actor = from.child('actor');
  if (from.peek('status') === 'needs-action') from.take('status');
  const kind = typeOfActor(actor, writing);
  if (kind === 'Patient') actor?.takeWhole();
  const known = resources[kind];
  const written: WrittenValue | undefined = actor && known?.write(actor, writing);
  if (known === undefined || written === undefined) return [];
  return [
    new SegmentDraft(known.name).add(3, written).apply([one(4, 'type', concept)], from, writing),
  ];
}

function typeOfActor(actor: Reading | undefined, writing: Writing): string {
  const found = actor && writing.follow(actor);
  if (found !== undefined) return typeOf(found);
  return (
    actor?.peek('type') ??
    /([A-Z][A-Za-z]+)\/[^/]+$/.exec(actor?.peek('reference') ?? '')?.[1] ??
    ''
  );
}
