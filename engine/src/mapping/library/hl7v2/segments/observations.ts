import { decimalOf } from '../../decimal.ts';
import type { Segment, Value } from '../../../../formats/hl7v2/segment.ts';
import { add, fill, referenceTo } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { Element, Resource } from '../../resource.ts';
import {
  address,
  concept,
  conceptBy,
  conceptOf,
  constantConcept,
  dateTime,
  element,
  entityIdentifier,
  extension,
  unitOf,
} from '../dataTypes.ts';
import {
  codedOrganization,
  device,
  organizationOfXon,
  practitionerOf,
  practitionerRole,
} from '../parties.ts';
import { all, apply, one } from '../rules.ts';
import { codeMap, terminology } from '../vocabulary.ts';

const observation = [
  one(3, concept, 'code'),
  all(8, conceptBy('interpretation'), 'interpretation[]'),
  all(
    10,
    extension(
      'observation-nature-of-abnormal-test',
      'valueCodeableConcept',
      conceptBy('abnormalNature'),
    ),
    'extension[]',
  ),
  one(14, dateTime, 'effectiveDateTime'),
  one(15, codedOrganization, 'performer[]'),
  all(16, practitionerRole('RO', 'Responsible Observer'), 'performer[]'),
  one(17, concept, 'method'),
  one(18, device, 'device'),
  one(20, concept, 'bodySite'),
  one(21, entityIdentifier('FILL'), 'identifier[]'),
];

const statuses = codeMap('observationStatus');

/** Where an observation belongs. */
export interface ObservationPlace {
  subject: Resource | undefined;
  visit: Resource | undefined;
  specimen: Resource | undefined;
  /** Tells its order, visit or specimen apart. */
  owner: string;
}

/** OBX: an observation. Several values of one OBX are components of it, unless they are lines of text. */
export function mapObservation(
  segment: Segment,
  place: ObservationPlace,
  conversion: Conversion,
): Resource {
  const resource = conversion.state('Observation', keyOf(segment, place), segment);
  apply(observation, segment, resource, conversion);
  status(segment, resource, conversion);
  if (place.subject !== undefined) resource['subject'] = referenceTo(place.subject);
  if (place.visit !== undefined) resource['encounter'] = referenceTo(place.visit);
  if (place.specimen !== undefined) resource['specimen'] = referenceTo(place.specimen);
  laboratory(segment, resource, conversion);
  segment.markField(1);
  segment.markField(2);
  segment.markField(4);
  values(segment, resource, conversion);
  return resource;
}

/** OBX-21 tells it apart; else what it is of, its code, and the sub-id and number it stands under. */
function keyOf(segment: Segment, { owner }: ObservationPlace): string {
  if (segment.valued(21)) return `id|${segment.field(21)}`;
  return `${owner}|${segment.value(3).part(1)}|${segment.field(4)}|${segment.field(1)}`;
}

function status(segment: Segment, resource: Resource, conversion: Conversion): void {
  const own = segment.text(11);
  const mapped = statuses.get(own)?.code;
  if (mapped === undefined || mapped === '') resource['status'] = 'unknown';
  else resource['status'] = mapped;
  if (own === 'N' || own === 'X') {
    const reason = own === 'N' ? 'not-asked' : 'not-performed';
    resource['dataAbsentReason'] = constantConcept(`${terminology}data-absent-reason`, reason);
  } else if (own !== '' && mapped === undefined) {
    conversion.issue(unmappedStatuses.has(own) ? 'code-unmapped' : 'status-unknown', 'OBX-11');
  }
}

/** Codes of HL7 table 0085 that the tables map to no status of FHIR. */
const unmappedStatuses: ReadonlySet<string> = new Set('B I O R S U V'.split(' '));

const siteAddress = [one(24, address, 'address[]')];

function laboratory(segment: Segment, resource: Resource, conversion: Conversion): void {
  const home = segment.valued(23) ? organizationOfXon(segment.value(23), conversion) : undefined;
  if (home !== undefined && segment.valued(24)) {
    const at: Element = {};
    apply(siteAddress, segment, at, conversion);
    add(home, 'address', (at['address'] as Element[] | undefined)?.[0]);
  }
  const director = segment.valued(25)
    ? practitionerOf(segment.value(25), conversion, 'OBX-25')
    : undefined;
  if (director !== undefined) {
    const role = conversion.make('PractitionerRole', `${director.id}|MDIR|${home?.id ?? ''}`);
    fill(role, 'practitioner', referenceTo(director));
    fill(role, 'code', [
      { coding: [{ system: `${terminology}v2-0912`, code: 'MDIR', display: 'Medical Director' }] },
    ]);
    if (home !== undefined) fill(role, 'organization', referenceTo(home));
    add(resource, 'performer', referenceTo(role));
  } else if (home !== undefined) add(resource, 'performer', referenceTo(home));
}

const texts = new Set(['ST', 'FT', 'TX', '']);

function values(segment: Segment, resource: Resource, conversion: Conversion): void {
  const type = segment.text(2);
  const range = segment.valued(7) ? segment.value(7).whole() : '';
  const list = segment.values(5).filter((value) => !value.empty && !value.isNull);
  const text = texts.has(type);
  if (list.length > 1 && !text) {
    for (const value of list) {
      const component: Element = { code: resource['code'] };
      put(component, type, value, segment, conversion);
      if (range !== '') component['referenceRange'] = [{ text: range }];
      add(resource, 'component', component);
    }
    return;
  }
  if (text && list.length > 0)
    resource['valueString'] = list.map((value) => value.whole()).join('\n');
  else if (list[0] !== undefined) put(resource, type, list[0], segment, conversion);
  if (range !== '') resource['referenceRange'] = [{ text: range }];
}

/** One value by its type (OBX-2). What does not read as its type is kept as text. */
function put(
  target: Element,
  type: string,
  value: Value,
  segment: Segment,
  conversion: Conversion,
): void {
  switch (type) {
    case 'NM':
      return putNumber(target, value, segment, conversion);
    case 'SN':
      return putStructured(target, value, segment);
    case 'CE':
    case 'CWE':
    case 'CNE':
    case 'CF':
    case 'IS':
    case 'ID':
      return fill(target, 'valueCodeableConcept', conceptOf(value));
    case 'DT':
    case 'DTM':
    case 'TS':
      return putTime(target, value, conversion);
    case 'TM':
      return putClock(target, value);
    case 'DR':
      return fill(
        target,
        'valuePeriod',
        element({
          start: conversion.time(value.text(1), 'OBX-5'),
          end: conversion.time(value.text(2), 'OBX-5'),
        }),
      );
    case 'NR':
      return fill(target, 'valueRange', rangeOf(value.text(1), value.text(2), segment));
    case 'ED':
    case 'RP':
      return add(target, 'extension', attachmentExtension(type, value));
    default:
      return fill(target, 'valueString', value.whole());
  }
}

function putNumber(target: Element, value: Value, segment: Segment, conversion: Conversion): void {
  const number = decimalOf(value.text(1));
  if (number === undefined) {
    conversion.issue('number-kept-as-text', 'OBX-5');
    return fill(target, 'valueString', value.whole());
  }
  fill(target, 'valueQuantity', { value: number, ...unitsOf(segment) });
}

function unitsOf(segment: Segment): Element {
  return segment.valued(6) ? unitOf(segment.value(6)) : {};
}

function rangeOf(low: string, high: string, segment: Segment): Element | undefined {
  const end = (written: string): Element | undefined => {
    const number = decimalOf(written);
    return number === undefined ? undefined : { value: number, ...unitsOf(segment) };
  };
  return element({ low: end(low), high: end(high) });
}

const comparators = new Set(['<', '<=', '>', '>=']);

/** SN: `>^100`, `^1^:^128`, `^2^-^4`; what is none of these keeps its words. */
function putStructured(target: Element, value: Value, segment: Segment): void {
  const [comparator, first, separator, second] = [1, 2, 3, 4].map((part) => value.text(part)) as [
    string,
    string,
    string,
    string,
  ];
  const low = decimalOf(first);
  const high = decimalOf(second);
  const compared = comparators.has(comparator);
  if (comparator !== '' && comparator !== '=' && !compared)
    return fill(target, 'valueString', value.whole());
  if (separator === '-' && low !== undefined && high !== undefined && !compared) {
    return fill(target, 'valueRange', rangeOf(first, second, segment));
  }
  if ((separator === ':' || separator === '/') && low !== undefined && high !== undefined) {
    const numerator = { ...(compared && { comparator }), value: low, ...unitsOf(segment) };
    return fill(target, 'valueRatio', {
      numerator,
      denominator: { value: high, ...unitsOf(segment) },
    });
  }
  if (low === undefined || separator !== '') return fill(target, 'valueString', value.whole());
  fill(target, 'valueQuantity', {
    value: low,
    ...(compared && { comparator }),
    ...unitsOf(segment),
  });
}

function putTime(target: Element, value: Value, conversion: Conversion): void {
  const time = conversion.time(value.text(1), 'OBX-5');
  if (time === undefined) fill(target, 'valueString', value.whole());
  else fill(target, 'valueDateTime', time);
}

function putClock(target: Element, value: Value): void {
  const [, hour, minute, second = '00'] = /^(\d\d):?(\d\d):?(\d\d)?/.exec(value.text(1)) ?? [];
  if (hour === undefined || minute === undefined) fill(target, 'valueString', value.whole());
  else fill(target, 'valueTime', `${hour}:${minute}:${second}`);
}

/** ED and RP: data in the message, or where they lie. */
export function attachmentOf(type: string, value: Value): Element | undefined {
  if (type === 'RP') {
    const kind = value.text(3);
    const sub = value.text(4);
    return element({ contentType: kind === '' ? undefined : mime(kind, sub), url: value.text(1) });
  }
  const encoding = value.text(4).toLowerCase();
  const data = value.text(5);
  const bytes =
    encoding === 'base64'
      ? data.replace(/\s/g, '')
      : Buffer.from(data, encoding === 'hex' ? 'hex' : 'utf8').toString('base64');
  return element({ contentType: mime(value.text(2), value.text(3)), data: bytes });
}

function mime(kind: string, sub: string): string | undefined {
  const front = kind.toLowerCase();
  if (front.includes('/')) return front;
  return sub === '' || front === '' ? undefined : `${front}/${sub.toLowerCase()}`;
}

function attachmentExtension(type: string, value: Value): Element | undefined {
  const found = attachmentOf(type, value);
  const url = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Observation.value';
  return found === undefined ? undefined : { url, valueAttachment: found };
}
