import { decimalOf } from '../../decimal.ts';
import type { Segment } from '../../../../formats/hl7v2/segment.ts';
import { add, fill, referenceTo } from '../../resource.ts';
import { wordsOf } from '../conversion.ts';
import type { Conversion } from '../conversion.ts';
import type { Element, Reference, Resource } from '../../resource.ts';
import {
  address,
  concept,
  conceptBy,
  conceptOfTable,
  date,
  dateTime,
  element,
  integer,
  quantity,
  text,
  typedIdentifier,
  unitOf,
} from '../dataTypes.ts';
import { codedOrganization, location, locationOf, practitioner } from '../parties.ts';
import { all, apply, one, unless } from '../rules.ts';
import type { Rule } from '../rules.ts';
import { codeMap, terminology } from '../vocabulary.ts';
import { mapCommonOrder, orderIdentifiers, orderKey, orderStatus, timingOf } from './orders.ts';
import { oldTimingOf } from './oldTiming.ts';

type Amounts = readonly [segment: Segment, conversion: Conversion];

/** A number in one field with its units in the next; one that is none is told, never passed over. */
function amount([segment, conversion]: Amounts, field: number, units: number): Element | undefined {
  if (!segment.valued(field) || segment.value(field).isNull) return undefined;
  const number = decimalOf(segment.text(field));
  if (number === undefined) {
    conversion.issue('number-unreadable', `${segment.name}-${field}`);
    return undefined;
  }
  return { value: number, ...(segment.valued(units) && unitOf(segment.value(units))) };
}

/** A dose from one number to another, or the one that is given. */
function dose(at: Amounts, low: number, high: number, units: number): Element | undefined {
  const from = amount(at, low, units);
  const to = amount(at, high, units);
  if (from !== undefined && to === undefined) return { doseQuantity: from };
  return from === undefined && to === undefined
    ? undefined
    : { doseRange: element({ low: from, high: to }) };
}

/** By the field that a segment has it in. */
const forms: Readonly<Record<number, readonly Rule[]>> = Object.fromEntries(
  [5, 6, 8].map((field) => [field, [one(field, concept, 'form')]]),
);

function medication(
  segment: Segment,
  field: number,
  form: number,
  conversion: Conversion,
): Resource | undefined {
  if (!segment.valued(field)) return undefined;
  const value = segment.value(field);
  const resource = conversion.make('Medication', `${segment.field(field)}|${segment.field(form)}`);
  fill(resource, 'code', concept(value, conversion, ''));
  if (form > 0) apply(forms[form] ?? [], segment, resource, conversion);
  return resource;
}

const requested = [
  one(9, conceptBy('substitution'), 'substitution.allowedCodeableConcept'),
  one(13, integer, 'dispenseRequest.numberOfRepeatsAllowed'),
  all(14, practitioner, 'requester'),
  all(20, conceptOfTable('0477'), 'category[]'),
];

const encoded = [
  one(9, conceptBy('substitution'), 'substitution.allowedCodeableConcept'),
  one(12, integer, 'dispenseRequest.numberOfRepeatsAllowed'),
  all(13, practitioner, 'requester'),
  one(15, typedIdentifier('PRN'), 'identifier[]'),
  all(27, concept, 'reasonCode[]'),
];

/** RXO or RXE with its ORC: a prescription, as ordered or as the pharmacy encoded it. */
export function mapPrescription(
  segment: Segment,
  common: Segment | undefined,
  subject: Resource,
  conversion: Conversion,
): Resource {
  const given = segment.name === 'RXE';
  const key = orderKey(common, undefined);
  const resource = conversion.state(
    'MedicationRequest',
    key === undefined ? undefined : `${key}|${segment.name}`,
    segment,
  );
  resource['subject'] = referenceTo(subject);
  resource['intent'] = given ? 'filler-order' : 'original-order';
  resource['status'] = orderStatus(common) === 'revoked' ? 'cancelled' : orderStatus(common);
  orderIdentifiers(common, undefined, resource, conversion);
  apply(given ? encoded : requested, segment, resource, conversion);
  const drug = given
    ? medication(segment, 2, 6, conversion)
    : medication(segment, 1, 5, conversion);
  if (drug !== undefined) resource['medicationReference'] = referenceTo(drug);
  if (common !== undefined) {
    const at: Element = {};
    mapCommonOrder(common, at as Resource, conversion);
    fill(resource, 'authoredOn', at['authoredOn']);
    fill(resource, 'requester', at['requester']);
  }
  const parts = given ? dose([segment, conversion], 3, 4, 5) : dose([segment, conversion], 2, 3, 4);
  const instruction = dosage(resource);
  if (parts !== undefined) add(instruction, 'doseAndRate', parts);
  addOldTiming(segment, common, instruction, resource, conversion);
  const words = segment
    .values(7)
    .map((value) => value.text(2) || value.text(1))
    .filter((line) => line !== '');
  if (words.length > 0) fill(instruction, 'text', words.join('\n'));
  const supply = given
    ? amount([segment, conversion], 10, 11)
    : amount([segment, conversion], 11, 12);
  if (supply !== undefined) ((resource['dispenseRequest'] ??= {}) as Element)['quantity'] = supply;
  return resource;
}

/** RXE-1, and ORC-7 of what has none: what a TQ1 says besides comes later and is kept apart. */
function addOldTiming(
  segment: Segment,
  common: Segment | undefined,
  instruction: Element,
  resource: Resource,
  conversion: Conversion,
): void {
  const own = segment.name === 'RXE' ? oldTimingOf(segment, 1, conversion) : undefined;
  const found = own ?? (common && oldTimingOf(common, 7, conversion));
  if (found === undefined) return;
  fill(instruction, 'timing', found.timing);
  if (instruction['doseAndRate'] === undefined) {
    const given = found.quantity();
    if (given !== undefined) add(instruction, 'doseAndRate', { doseQuantity: given });
  }
  fill(resource, 'priority', codeMap('priority').get(found.priority.slice(0, 1))?.code);
  if (found.words !== '') add(instruction, 'additionalInstruction', { text: found.words });
}

/** The one dosage instruction of a prescription. */
function dosage(resource: Resource): Element {
  const list = (resource['dosageInstruction'] ??= [{}]) as Element[];
  return list[0] as Element;
}

/** Take away what stayed empty. */
export function tidyPrescription(resource: Resource): void {
  const list = resource['dosageInstruction'] as Element[] | undefined;
  if (list?.every((each) => Object.keys(each).length === 0) === true)
    delete resource['dosageInstruction'];
}

export function mapPrescriptionTiming(
  segment: Segment,
  resource: Resource,
  conversion: Conversion,
): void {
  const instruction = dosage(resource);
  fill(instruction, 'timing', timingOf(segment, conversion));
  const given = segment.valued(2) ? quantity(segment.value(2), conversion, 'TQ1-2') : undefined;
  if (given !== undefined && instruction['doseAndRate'] === undefined)
    add(instruction, 'doseAndRate', { doseQuantity: given });
  const priority = codeMap('priority').get(segment.text(9))?.code;
  if (priority !== undefined) resource['priority'] = priority;
  if (segment.valued(10))
    add(instruction, 'additionalInstruction', { text: segment.value(10).whole() });
  if (segment.valued(11)) fill(instruction, 'text', segment.value(11).whole());
  segment.markField(1);
}

const routes = [
  one(1, conceptBy('route'), 'route'),
  one(2, conceptBy('bodyParts'), 'site'),
  one(4, conceptBy('administrationMethod'), 'method'),
  one(5, concept, 'additionalInstruction[]'),
];

/** RXR: how a drug is given. */
export function mapRoute(segment: Segment, owner: Resource, conversion: Conversion): void {
  const rules = owner.resourceType === 'Immunization' ? routes.slice(0, 2) : routes;
  if (owner.resourceType === 'Immunization') return apply(rules, segment, owner, conversion);
  if (owner.resourceType === 'MedicationAdministration') {
    return apply(routes.slice(0, 3), segment, (owner['dosage'] ??= {}) as Element, conversion);
  }
  apply(rules, segment, dosage(owner), conversion);
}

/** RXC: an ingredient of what was ordered, given or dispensed. */
export function mapComponent(segment: Segment, owner: Resource, conversion: Conversion): void {
  const own = medication(segment, 2, 0, conversion);
  if (own === undefined) return;
  segment.value(1).whole();
  const strength = amount([segment, conversion], 5, 6);
  const volume = amount([segment, conversion], 8, 9);
  const entry = element({
    itemReference: referenceTo(own),
    strength:
      strength === undefined
        ? undefined
        : element({ numerator: strength, denominator: volume ?? { value: 1 } }),
  });
  const drug = owner['medicationReference'] as Reference | undefined;
  const whole = drug === undefined ? undefined : conversion.find(drug);
  if (whole !== undefined && whole !== own) add(whole, 'ingredient', entry);
  const taken = amount([segment, conversion], 3, 4);
  if (taken !== undefined) fill(own, 'amount', { numerator: taken, denominator: { value: 1 } });
}

const dispensed = [
  one(3, dateTime, 'whenHandedOver'),
  one(7, typedIdentifier('PRN'), 'identifier[]'),
  all(10, practitioner, 'performer[].actor'),
  all(9, (value) => element({ text: value.whole() }), 'note[]'),
];

/** RXD: what was handed out. ORC says whether it was; without it that is unknown. */
export function mapDispense(
  segment: Segment,
  common: Segment | undefined,
  order: Resource | undefined,
  subject: Resource,
  conversion: Conversion,
): Resource {
  const key = orderKey(common, undefined);
  const resource = conversion.state(
    'MedicationDispense',
    key === undefined ? undefined : `${key}|${segment.field(1)}`,
    segment,
  );
  resource['subject'] = referenceTo(subject);
  resource['status'] = dispenseStatus(common);
  apply(dispensed, segment, resource, conversion);
  orderIdentifiers(common, undefined, resource, conversion);
  const drug = medication(segment, 2, 6, conversion);
  if (drug !== undefined) resource['medicationReference'] = referenceTo(drug);
  fill(resource, 'quantity', amount([segment, conversion], 4, 5));
  if (order !== undefined) resource['authorizingPrescription'] = [referenceTo(order)];
  segment.markField(1);
  return resource;
}

function dispenseStatus(common: Segment | undefined): string {
  switch (orderStatus(common)) {
    case 'completed':
      return 'completed';
    case 'revoked':
      return 'cancelled';
    case 'on-hold':
      return 'on-hold';
    default:
      return 'unknown';
  }
}

const immunization = [
  one(3, dateTime, 'occurrenceDateTime'),
  one(5, concept, 'vaccineCode'),
  all(9, concept, 'reportOrigin'),
  all(10, practitioner, 'performer[].actor', {
    with: {
      function: {
        coding: [
          { system: `${terminology}v2-0443`, code: 'AP', display: 'Administering Provider' },
        ],
      },
    },
  }),
  one(15, text, 'lotNumber'),
  one(16, date, 'expirationDate'),
  one(17, codedOrganization, 'manufacturer'),
  one(18, concept, 'statusReason'),
  all(19, concept, 'reasonCode[]'),
  one(22, dateTime, 'recorded', { when: (segment) => segment.value(21).part(1) === 'A' }),
  one(27, location, 'location', { when: unless(11) }),
  one(11, location, 'location'),
];

const orderer = {
  with: {
    function: {
      coding: [{ system: `${terminology}v2-0443`, code: 'OP', display: 'Ordering Provider' }],
    },
  },
};

const immunizationOrder = [
  all(12, practitioner, 'performer[].actor', orderer),
  one(9, dateTime, 'recorded'),
];

const siteAddress = [one(28, address, 'address')];

/** RXA with its ORC: an immunization. Refused and not administered stay `not-done`, with the reason. */
export function mapImmunization(
  segment: Segment,
  common: Segment | undefined,
  subject: Resource,
  conversion: Conversion,
): Resource {
  const key = orderKey(common, undefined);
  const words = wordsOf(segment);
  // Said again without an order, in the same words: it is the same dose, not one more.
  const own =
    key === undefined
      ? (conversion.doses.get(words) ?? `${subject.id}|${segment.field(5)}|${segment.field(3)}`)
      : `${key}|${segment.value(5).part(1)}`;
  if (!conversion.doses.has(words)) conversion.doses.set(words, own);
  const resource = conversion.state('Immunization', own, segment);
  resource['patient'] = referenceTo(subject);
  orderIdentifiers(common, undefined, resource, conversion);
  if (common !== undefined) {
    apply(immunizationOrder, common, resource, conversion);
    common.markField(1);
  }
  apply(immunization, segment, resource, conversion);
  resource['status'] = immunizationStatus(segment, conversion);
  if (segment.valued(27) && segment.valued(28)) {
    const place = locationOf(segment.value(27), conversion);
    if (place !== undefined) apply(siteAddress, segment, place, conversion);
  }
  // 999 stands for a dose that is not known.
  if (segment.text(6) !== '999')
    fill(resource, 'doseQuantity', amount([segment, conversion], 6, 7));
  const origin = segment.valued(9) ? segment.text(9) : '';
  if (origin !== '') resource['primarySource'] = origin === '00';
  for (const field of [1, 2, 4]) segment.markField(field);
  return resource;
}

function immunizationStatus(segment: Segment, conversion: Conversion): string {
  if (segment.text(21) === 'D') return 'entered-in-error';
  if (!segment.valued(20)) return 'completed';
  const mapped = codeMap('completionStatus').get(segment.text(20))?.code;
  if (mapped === undefined) conversion.issue('status-unknown', 'RXA-20');
  return mapped ?? 'not-done';
}

/** RXA of an order of drugs: one administration. */
export function mapAdministration(
  segment: Segment,
  common: Segment | undefined,
  order: Resource | undefined,
  subject: Resource,
  conversion: Conversion,
): Resource {
  const key = orderKey(common, undefined);
  const resource = conversion.state(
    'MedicationAdministration',
    key === undefined
      ? undefined
      : `${key}|${segment.field(1)}|${segment.field(2)}|${segment.field(3)}`,
    segment,
  );
  resource['subject'] = referenceTo(subject);
  const state = immunizationStatus(segment, conversion);
  resource['status'] = segment.valued(20) || state === 'entered-in-error' ? state : 'unknown';
  orderIdentifiers(common, undefined, resource, conversion);
  const drug = medication(segment, 5, 8, conversion);
  if (drug !== undefined) resource['medicationReference'] = referenceTo(drug);
  apply(administered, segment, resource, conversion);
  fill(resource, 'dosage', element({ dose: amount([segment, conversion], 6, 7) }));
  if (order !== undefined) resource['request'] = referenceTo(order);
  segment.markField(1);
  segment.markField(2);
  return resource;
}

const administered = [
  one(3, dateTime, 'effectivePeriod.start'),
  one(4, dateTime, 'effectivePeriod.end'),
  all(10, practitioner, 'performer[].actor'),
  all(18, concept, 'statusReason[]'),
  all(19, concept, 'reasonCode[]'),
  all(9, (value) => element({ text: value.text(2) || value.whole() }), 'note[]'),
];
