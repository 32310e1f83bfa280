import { decimalOf } from '../../decimal.ts';
import { fieldPath } from '../../../../formats/hl7v2/paths.ts';
import type { Segment, Value } from '../../../../formats/hl7v2/segment.ts';
import { add, fill, referenceTo } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { Element, Resource } from '../../resource.ts';
import {
  concept,
  conceptBy,
  conceptOfTable,
  dateTime,
  element,
  entityIdentifier,
  extension,
  instant,
  pairedIdentifier,
  quantity,
  telecom,
} from '../dataTypes.ts';
import {
  organizationOfXon,
  practitioner,
  practitionerOf,
  rolePlace,
  specimenByIdentifier,
} from '../parties.ts';
import { all, apply, one, unless } from '../rules.ts';
import { codeMap, terminology } from '../vocabulary.ts';
import { oldTimingOf } from './oldTiming.ts';
import { identifier } from './patient.ts';

const placer = entityIdentifier('PLAC');
const filler = entityIdentifier('FILL');

/** Placer and filler numbers of an order, from its ORC and its OBR; one of the two is enough. */
export function orderKey(
  common: Segment | undefined,
  detail: Segment | undefined,
): string | undefined {
  const placed = common?.field(2) || detail?.field(2) || '';
  const filled = common?.field(3) || detail?.field(3) || '';
  if (placed === '' && filled === '') return undefined;
  const sender = placed.includes('^') || filled.includes('^') ? '' : '|';
  return `${placed}|${filled}${sender}`;
}

const orderStatuses = codeMap('orderStatus');
const controlStatuses = codeMap('orderControlStatus');

/** ORC-5 where it is valued, else what ORC-1 asks for; `unknown` when neither says. */
export function orderStatus(common: Segment | undefined): string {
  if (common === undefined) return 'unknown';
  if (common.valued(5)) return orderStatuses.get(common.text(5))?.code ?? 'unknown';
  return controlStatuses.get(common.text(1))?.code ?? 'unknown';
}

const orderNumbers = [
  { field: 2, read: placer },
  { field: 3, read: filler },
];

/** Identifiers that an order and what comes of it share. */
export function orderIdentifiers(
  common: Segment | undefined,
  detail: Segment | undefined,
  target: Resource,
  conversion: Conversion,
): void {
  for (const { field, read } of orderNumbers) {
    const from = common?.valued(field) === true ? common : detail;
    if (from?.valued(field) !== true) continue;
    add(target, 'identifier', read(from.value(field), conversion, fieldPath(from.name, field)));
    // The other segment says the same number.
    if (detail?.field(field) === from.field(field)) detail.value(field).whole();
  }
}

const requisition = [one(4, pairedIdentifier(1, 'PGN'), 'requisition')];

const commonOrder = [
  all(12, practitioner, 'requester'),
  one(29, conceptBy('orderType'), 'locationCode[]'),
  one(16, extension('request-statusReason', 'valueCodeableConcept', concept), 'extension[]', {
    when: unless(5),
  }),
  all(28, (value) => element({ code: value.text(1), display: value.text(2) }), 'meta.security[]'),
  all(33, identifier, 'identifier[]'),
];

/** ORC as far as every kind of order has it. */
export function mapCommonOrder(common: Segment, target: Resource, conversion: Conversion): void {
  apply(commonOrder, common, target, conversion);
  common.markField(1);
  const when = common.valued(9) ? conversion.time(common.text(9), 'ORC-9') : undefined;
  fill(target, 'authoredOn', when);
}

const request = [
  one(4, concept, 'code'),
  one(6, dateTime, 'occurrenceDateTime'),
  all(16, practitioner, 'requester'),
  all(
    17,
    extension('servicerequest-order-callback-phone-number', 'valueContactPoint', telecom()),
    'extension[]',
  ),
  all(31, concept, 'reasonCode[]'),
  all(46, concept, 'orderDetail[]'),
  all(47, concept, 'orderDetail[]'),
  all(53, identifier, 'identifier[]'),
];

const priorities = codeMap('priority');

/** ORC and OBR: what was asked for. A result without an order segment has its request in OBR alone. */
export function mapServiceRequest(
  common: Segment | undefined,
  detail: Segment | undefined,
  conversion: Conversion,
): Resource {
  const resource = conversion.make('ServiceRequest', requestKey(common, detail));
  orderIdentifiers(common, detail, resource, conversion);
  if (common !== undefined) {
    apply(requisition, common, resource, conversion);
    mapCommonOrder(common, resource, conversion);
    requesterOf(common, resource, conversion);
  }
  resource['status'] = orderStatus(common);
  resource['intent'] = 'order';
  if (detail === undefined) return resource;
  apply(request, detail, resource, conversion);
  if (detail.text(11) === 'G') resource['intent'] = 'reflex-order';
  const priority = priorities.get(detail.text(5))?.code;
  if (priority !== undefined) resource['priority'] = priority;
  addOldTiming(common, detail, resource, conversion);
  parentOf(detail, resource);
  return resource;
}

/** OBR-27, or ORC-7 where that says nothing. */
function addOldTiming(
  common: Segment | undefined,
  detail: Segment,
  resource: Resource,
  conversion: Conversion,
): void {
  const own = oldTimingOf(detail, 27, conversion);
  const found = own ?? (common && oldTimingOf(common, 7, conversion));
  if (found === undefined) return;
  if (resource['occurrenceDateTime'] === undefined)
    fill(resource, 'occurrenceTiming', found.timing);
  fill(resource, 'priority', priorities.get(found.priority.slice(0, 1))?.code);
  if (found.words !== '') add(resource, 'note', { text: found.words });
}

function requestKey(common: Segment | undefined, detail: Segment | undefined): string | undefined {
  const key = orderKey(common, detail);
  // One placer number may stand for a panel of several services.
  return key === undefined ? undefined : `${key}|${detail?.value(4).part(1) ?? ''}`;
}

/** ORC-12 with ORC-21: a person who orders for an organization does so in a role. */
function requesterOf(common: Segment, resource: Resource, conversion: Conversion): void {
  if (!common.valued(12)) return;
  const person = practitionerOf(common.value(12), conversion, 'ORC-12');
  if (person === undefined) return;
  const home = common.valued(21) ? organizationOfXon(common.value(21), conversion) : undefined;
  const role = conversion.make('PractitionerRole', `${person.id}|OP|${home?.id ?? ''}`);
  fill(role, 'practitioner', referenceTo(person));
  fill(role, 'code', [
    { coding: [{ system: `${terminology}v2-0443`, code: 'OP', display: 'Ordering Provider' }] },
  ]);
  if (home !== undefined) fill(role, 'organization', referenceTo(home));
  resource['requester'] = referenceTo(role);
}

function parentOf(detail: Segment, resource: Resource): void {
  if (!detail.valued(29)) return;
  const value = detail.value(29);
  for (const half of [1, 2] as const) {
    const own = value.text(half);
    if (own === '') continue;
    const code = half === 1 ? 'PGN' : 'FGN';
    const type = { coding: [{ system: `${terminology}v2-0203`, code }] };
    add(resource, 'basedOn', { type: 'ServiceRequest', identifier: { type, value: own } });
  }
}

const report = [
  one(4, concept, 'code'),
  one(7, dateTime, 'effectiveDateTime', { when: unless(8) }),
  one(7, dateTime, 'effectivePeriod.start', { when: (segment) => segment.valued(8) }),
  one(8, dateTime, 'effectivePeriod.end'),
  one(22, instant, 'issued'),
  one(24, conceptOfTable('0074'), 'category[]'),
  one(32, rolePlace('', ''), 'resultsInterpreter[]'),
  all(34, rolePlace('TN', 'Technician'), 'performer[]'),
  all(35, rolePlace('TR', 'Transcriptionist'), 'performer[]'),
];

const reportStatuses = codeMap('reportStatus');

/** OBR with results: the report. Without OBR-25 its status is unknown, whatever its results say. */
export function mapReport(
  common: Segment | undefined,
  detail: Segment,
  order: Resource,
  conversion: Conversion,
): Resource {
  const key = orderKey(common, detail);
  const own = key === undefined ? undefined : `${key}|${detail.value(4).part(1)}`;
  const resource = conversion.make('DiagnosticReport', own);
  orderIdentifiers(common, detail, resource, conversion);
  apply(report, detail, resource, conversion);
  resource['status'] = reportStatus(detail, conversion);
  resource['basedOn'] = [referenceTo(order)];
  detail.markField(1);
  return resource;
}

function reportStatus(detail: Segment, conversion: Conversion): string {
  const own = detail.text(25);
  const mapped = reportStatuses.get(own)?.code;
  if (mapped === undefined && own !== '') {
    conversion.issue(unmappedStatuses.has(own) ? 'code-unmapped' : 'status-unknown', 'OBR-25');
  }
  return mapped ?? 'unknown';
}

/** Codes of HL7 table 0123 that the tables map to no status of FHIR. */
const unmappedStatuses: ReadonlySet<string> = new Set('A M N Y Z'.split(' '));

const collection = [
  one(7, dateTime, 'collection.collectedDateTime', { when: unless(8) }),
  one(7, dateTime, 'collection.collectedPeriod.start', { when: (segment) => segment.valued(8) }),
  one(8, dateTime, 'collection.collectedPeriod.end'),
  one(9, quantity, 'collection.quantity'),
  all(10, practitioner, 'collection.collector'),
  one(14, dateTime, 'receivedTime'),
  all(39, (value: Value) => element({ text: value.text(2) || value.whole() }), 'note[]'),
];

/** OBR-15: the specimen as old messages have it, where no SPM says more. */
export function mapSource(
  common: Segment | undefined,
  detail: Segment,
  conversion: Conversion,
): Resource | undefined {
  if (![9, 10, 14, 15].some((field) => detail.valued(field))) return undefined;
  const key = orderKey(common, detail);
  const resource = conversion.make('Specimen', key === undefined ? undefined : `order|${key}`);
  apply(collection, detail, resource, conversion);
  if (!detail.valued(15)) return resource;
  const value = detail.value(15);
  const at = { ...(resource['collection'] as Element | undefined) };
  fill(resource, 'type', concept(value.component(1), conversion, 'OBR-15.1'));
  const additive = value.has(2) ? concept(value.component(2), conversion, 'OBR-15.2') : undefined;
  if (additive !== undefined) fill(resource, 'container', [{ additiveCodeableConcept: additive }]);
  const method = value.text(3);
  if (method !== '') at['method'] = { text: method };
  const site = value.has(4) ? concept(value.component(4), conversion, 'OBR-15.4') : undefined;
  if (site !== undefined) at['bodySite'] = site;
  if (Object.keys(at).length > 0) resource['collection'] = at;
  return resource;
}

const units: Readonly<Record<string, string>> = {
  s: 's',
  sec: 's',
  min: 'min',
  m: 'min',
  h: 'h',
  hr: 'h',
  d: 'd',
  day: 'd',
  wk: 'wk',
  w: 'wk',
  mo: 'mo',
  yr: 'a',
  ann: 'a',
};

/** TQ1: when and how often. What repeats goes to the timing, in UCUM's units where they are those. */
export function timingOf(segment: Segment, conversion: Conversion): Element | undefined {
  const repeat: Element = {};
  const pattern = segment.valued(3) ? segment.value(3) : undefined;
  const own =
    pattern === undefined ? undefined : concept(pattern.component(1), conversion, 'TQ1-3');
  if (pattern !== undefined) {
    fill(repeat, 'period', decimalOf(pattern.text(5)));
    fill(repeat, 'periodUnit', units[pattern.text(6)]);
    const when = pattern.text(8);
    if (when !== '') repeat['when'] = [when];
  }
  const start = segment.valued(7) ? conversion.time(segment.text(7), 'TQ1-7') : undefined;
  const end = segment.valued(8) ? conversion.time(segment.text(8), 'TQ1-8') : undefined;
  fill(repeat, 'boundsPeriod', element({ start, end }));
  if (segment.valued(13)) {
    fill(repeat, 'duration', decimalOf(segment.text(13)));
    fill(repeat, 'durationUnit', units[segment.value(13).text(2)]);
  }
  const count = segment.valued(14) ? segment.text(14) : '';
  if (/^\d+$/.test(count)) repeat['countMax'] = Number(count);
  return element({ code: own, repeat: element(repeat) });
}

/** TQ1 for a service request. */
export function mapRequestTiming(segment: Segment, order: Resource, conversion: Conversion): void {
  fill(
    order,
    'quantityQuantity',
    segment.valued(2) ? quantity(segment.value(2), conversion, 'TQ1-2') : undefined,
  );
  const timing = timingOf(segment, conversion);
  if (timing !== undefined && order['occurrenceDateTime'] === undefined)
    fill(order, 'occurrenceTiming', timing);
  const priority = priorities.get(segment.text(9))?.code;
  if (priority !== undefined) order['priority'] = priority;
  if (segment.valued(11)) add(order, 'note', { text: segment.value(11).whole() });
  segment.markField(1);
}

const specimen = [
  one(2, pairedIdentifier(1, 'PGN'), 'identifier[]'),
  one(2, pairedIdentifier(2, 'FGN'), 'identifier[]'),
  all(3, specimenByIdentifier, 'parent[]'),
  one(4, conceptBy('specimenType'), 'type'),
  all(6, conceptBy('additive'), 'container[0].additiveCodeableConcept'),
  one(7, conceptBy('collectionMethod'), 'collection.method'),
  one(8, concept, 'collection.bodySite'),
  one(12, quantity, 'collection.quantity'),
  all(14, (value) => element({ text: value.whole() }), 'note[]'),
  one(18, dateTime, 'receivedTime'),
  one(20, (value) => codeMap('availability').get(value.text(1))?.code, 'status'),
  all(24, conceptBy('specimenCondition'), 'condition[]'),
  one(27, concept, 'container[0].type'),
  one(30, identifier, 'accessionIdentifier'),
  all(31, identifier, 'identifier[]'),
  one(32, entityIdentifier('SHIP'), 'identifier[]'),
];

/** SPM: a specimen. */
export function mapSpecimen(
  segment: Segment,
  subject: Resource | undefined,
  conversion: Conversion,
): Resource {
  const own = segment.valued(2)
    ? `${segment.value(2).part(1)}|${segment.value(2).part(2)}`
    : undefined;
  const resource = conversion.make('Specimen', own);
  if (subject !== undefined) resource['subject'] = referenceTo(subject);
  apply(specimen, segment, resource, conversion);
  segment.markField(1);
  if (!segment.valued(17)) return resource;
  const value = segment.value(17);
  const start = conversion.time(value.text(1), 'SPM-17');
  const end = value.has(2) ? conversion.time(value.text(2), 'SPM-17') : undefined;
  const at = (resource['collection'] ??= {}) as Element;
  if (end === undefined) fill(at, 'collectedDateTime', start);
  else at['collectedPeriod'] = element({ start, end });
  if (Object.keys(at).length === 0) delete resource['collection'];
  return resource;
}
