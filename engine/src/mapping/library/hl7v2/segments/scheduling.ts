import type { Segment } from '../../../../formats/hl7v2/segment.ts';
import { add, fill, referenceTo } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { Element, Resource } from '../../resource.ts';
import {
  address,
  codedIdentifier,
  concept,
  conceptBy,
  constantConcept,
  dateTime,
  element,
  entityIdentifier,
  humanName,
  telecom,
} from '../dataTypes.ts';
import { locationOf, practitionerOf } from '../parties.ts';
import { all, apply, one } from '../rules.ts';
import { codeMap, codeSystem } from '../vocabulary.ts';

const appointment = [
  one(1, entityIdentifier('PLAC'), 'identifier[]'),
  one(2, entityIdentifier('FILL'), 'identifier[]'),
  one(7, conceptBy('appointmentReason'), 'reasonCode[]'),
  one(8, conceptBy('appointmentType'), 'appointmentType'),
];

const statuses = codeMap('appointmentStatus');

/** What an event says of an appointment where SCH-25 does not. */
const eventStatuses: Readonly<Record<string, string>> = {
  S15: 'cancelled',
  S16: 'cancelled',
  S17: 'entered-in-error',
  S26: 'noshow',
};

/** SCH: an appointment. Its status is SCH-25's; an event that ends it has the last word. */
export function mapAppointment(segment: Segment, conversion: Conversion): Resource {
  const own = segment.valued(2) ? segment.field(2) : segment.field(1);
  const resource = conversion.make(
    'Appointment',
    own === '' ? undefined : `${conversion.header.field(3)}|${own}`,
  );
  apply(appointment, segment, resource, conversion);
  resource['status'] =
    eventStatuses[conversion.event] ??
    statuses.get(segment.text(25))?.code ??
    statuses.get(segment.value(25).part(2))?.code ??
    'proposed';
  if (segment.valued(6)) segment.value(6).whole();
  duration(segment, resource);
  if (segment.valued(11)) {
    const value = segment.value(11);
    const start = conversion.time(value.text(4), 'SCH-11');
    const end = conversion.time(value.text(5), 'SCH-11');
    if (start?.includes('T') === true) resource['start'] = start;
    if (end?.includes('T') === true) resource['end'] = end;
  }
  for (const field of [12, 16, 20]) {
    for (const value of segment.values(field)) {
      const person = practitionerOf(value, conversion, `SCH-${field}`);
      if (person !== undefined) participate(resource, { actor: referenceTo(person) });
    }
  }
  return resource;
}

function participate(resource: Resource, participant: Element): void {
  add(resource, 'participant', { ...participant, status: 'needs-action' });
}

function duration(segment: Segment, resource: Resource): void {
  const minutes = segment.valued(9) ? segment.text(9) : '';
  if (!/^\d+$/.test(minutes) || minutes === '0') return;
  const unit = (segment.text(10) || 'min').toLowerCase();
  if (unit.startsWith('m')) resource['minutesDuration'] = Number(minutes);
  else if (unit.startsWith('h')) resource['minutesDuration'] = Number(minutes) * 60;
}

/** TQ1 of an appointment: when it begins and ends. */
export function mapAppointmentTiming(
  segment: Segment,
  resource: Resource,
  conversion: Conversion,
): void {
  const start = segment.valued(7) ? conversion.time(segment.text(7), 'TQ1-7') : undefined;
  const end = segment.valued(8) ? conversion.time(segment.text(8), 'TQ1-8') : undefined;
  if (start?.includes('T') === true) fill(resource, 'start', start);
  if (end?.includes('T') === true) fill(resource, 'end', end);
  segment.markField(1);
}

/** The patient takes part in their appointment. */
export function appointmentSubject(resource: Resource, subject: Resource): void {
  participate(resource, { actor: referenceTo(subject) });
}

const service = [one(3, concept, 'serviceType[]')];
const equipment = [one(4, concept, 'type[]'), one(8, dateTime, 'period.start')];
const placeOrPerson = [one(4, concept, 'type[]'), one(6, dateTime, 'period.start')];

/** AIS, AIG, AIL or AIP: a service, thing, place or person that an appointment needs. */
export function mapAppointmentResource(
  segment: Segment,
  resource: Resource,
  conversion: Conversion,
): void {
  segment.markField(1);
  segment.markField(2);
  if (segment.name === 'AIS') {
    apply(service, segment, resource, conversion);
    return window(segment, 4, resource, conversion);
  }
  const actor = actorOf(segment, conversion);
  if (actor === undefined) return;
  const at: Element = { actor };
  apply(segment.name === 'AIG' ? equipment : placeOrPerson, segment, at, conversion);
  participate(resource, at);
}

/** When a service begins and how long it takes, where SCH and TQ1 say neither. */
function window(segment: Segment, field: number, resource: Resource, conversion: Conversion): void {
  const start = segment.valued(field)
    ? conversion.time(segment.text(field), `AIS-${field}`)
    : undefined;
  if (start?.includes('T') === true) fill(resource, 'start', start);
}

function actorOf(segment: Segment, conversion: Conversion): Element | undefined {
  const value = segment.value(3);
  if (segment.name === 'AIP') {
    const person = practitionerOf(value, conversion, 'AIP-3');
    return person === undefined ? undefined : referenceTo(person);
  }
  if (segment.name === 'AIL') {
    const place = locationOf(value, conversion);
    return place === undefined ? undefined : referenceTo(place);
  }
  if (!segment.valued(3)) return undefined;
  const thing = conversion.make('Device', `resource|${segment.field(3)}`);
  fill(thing, 'identifier', [codedIdentifier(value, conversion, 'AIG-3')]);
  const name = value.text(2);
  if (name !== '') fill(thing, 'deviceName', [{ name, type: 'other' }]);
  return referenceTo(thing);
}

const referral = [
  one(6, entityIdentifier(), 'identifier[]'),
  one(11, entityIdentifier(), 'identifier[]'),
  one(3, concept, 'category[]'),
  one(7, dateTime, 'authoredOn'),
  all(10, concept, 'reasonCode[]'),
];

/** HL7 table 0283. One that is pending is neither in force nor on hold: R4 has no word for it. */
const referralStatuses: Readonly<Record<string, string>> = {
  A: 'active',
  R: 'revoked',
  E: 'completed',
};
const referralPriorities: Readonly<Record<string, string>> = { S: 'stat', A: 'asap', R: 'routine' };

/** RF1: a referral. */
export function mapReferral(
  segment: Segment,
  subject: Resource | undefined,
  conversion: Conversion,
): Resource {
  const own = segment.valued(6) ? segment.field(6) : segment.field(11);
  const resource = conversion.make('ServiceRequest', own === '' ? undefined : `referral|${own}`);
  resource['status'] = referralStatuses[segment.text(1)] ?? 'unknown';
  resource['intent'] = 'order';
  resource['category'] = [constantConcept('http://snomed.info/sct', '3457005', 'Patient referral')];
  const priority = referralPriorities[segment.text(2)];
  if (priority !== undefined) resource['priority'] = priority;
  if (subject !== undefined) resource['subject'] = referenceTo(subject);
  apply(referral, segment, resource, conversion);
  return resource;
}

const provider = [
  all(2, humanName, 'name[]'),
  all(3, address, 'address[]'),
  all(5, telecom('work'), 'telecom[]'),
  all(
    7,
    (value) =>
      element({
        value: value.text(1),
        system: value.has(2) ? codeSystem(value.text(2)) : undefined,
      }),
    'identifier[]',
  ),
];

const providerRole = [
  all(1, concept, 'code[]'),
  one(8, dateTime, 'period.start'),
  one(9, dateTime, 'period.end'),
];

/** PRD: a provider of a referral, by the role that it has in it. */
export function mapReferralProvider(
  segment: Segment,
  request: Resource | undefined,
  conversion: Conversion,
): void {
  const key = `prd|${segment.field(7)}|${segment.field(2)}`;
  const person = conversion.make('Practitioner', key);
  apply(provider, segment, person, conversion);
  const role = conversion.make('PractitionerRole', `${person.id}|${segment.field(1)}`);
  fill(role, 'practitioner', referenceTo(person));
  apply(providerRole, segment, role, conversion);
  const kind = segment.value(1).part(1);
  if (request === undefined) return;
  if (kind === 'RP') fill(request, 'requester', referenceTo(role));
  else if (kind === 'RT') add(request, 'performer', referenceTo(role));
}
