import type { Segment, Value } from '../../../../formats/hl7v2/segment.ts';
import { add, fill, referenceTo } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { Element, Resource } from '../../resource.ts';
import {
  address,
  authorityAt,
  calledName,
  code,
  concept,
  conceptBy,
  date,
  dateTime,
  element,
  extension,
  humanName,
  identifierOf,
  integer,
  language,
  nameText,
  socialSecurity,
  telecom,
  text,
  typedIdentifier,
  yesNo,
} from '../dataTypes.ts';
import { organization, organizationOfHd, organizationOfXon, practitioner } from '../parties.ts';
import { all, apply, ofKind, one, unless } from '../rules.ts';
import type { Read } from '../rules.ts';
import { codeSystem, terminology } from '../vocabulary.ts';

/** CX as Identifier, with the organization that assigned it where that is named and known by an id. */
export const identifier: Read = (value, conversion, path) => {
  const found = identifierOf(value, conversion, path);
  if (found === undefined) return undefined;
  if (value.text(4) === '' || value.text(4, 2) === '') return found;
  const assigner = organizationOfHd(value.component(4), conversion);
  if (assigner !== undefined) found['assigner'] = referenceTo(assigner);
  return found;
};

const license: Read = (value, conversion, path) =>
  element({
    type: { coding: [{ system: `${terminology}v2-0203`, code: 'DL' }] },
    system: value.has(2) ? codeSystem(value.text(2)) : undefined,
    value: value.text(1),
    period: element({ end: conversion.time(value.text(3), path)?.slice(0, 10) }),
  });

const birthTime: Read = (value, conversion, path) => {
  const time = conversion.time(value.text(1), path);
  return time?.includes('T') === true
    ? { url: 'http://hl7.org/fhir/StructureDefinition/patient-birthTime', valueDateTime: time }
    : undefined;
};

/** US Core race and ethnicity: a code of the OMB's categories, else the words. */
function usCore(name: string): Read {
  const url = `http://hl7.org/fhir/us/core/StructureDefinition/us-core-${name}`;
  const read: Read = (value) => {
    const own = value.text(1);
    const words = value.text(2);
    if (own === '' && words === '') return undefined;
    const system = value.text(3);
    const parts: Element[] = [];
    if (/^\d{4}-\d$/.test(own)) {
      const coding = element({
        system: 'urn:oid:2.16.840.1.113883.6.238',
        code: own,
        display: words,
      });
      parts.push({ url: 'ombCategory', valueCoding: coding });
    } else if (system !== '') {
      const coding = element({ system: codeSystem(system), code: own, display: words });
      parts.push({ url: 'detailed', valueCoding: coding });
    }
    parts.push({ url: 'text', valueString: words === '' ? own : words });
    return { url, extension: parts };
  };
  return ofKind(read, { url });
}

function coded(url: string, part: string): Read {
  const whole = `http://hl7.org/fhir/StructureDefinition/${url}`;
  const read: Read = (value, conversion, path) => {
    const found = concept(value, conversion, path);
    return found === undefined
      ? undefined
      : { url: whole, extension: [{ url: part, valueCodeableConcept: found }] };
  };
  return ofKind(read, { url: whole });
}

const patient = [
  one(2, identifier, 'identifier[]'),
  all(3, identifier, 'identifier[]'),
  all(4, identifier, 'identifier[]'),
  all(5, humanName, 'name[]'),
  all(5, calledName, 'name[]'),
  all(6, extension('patient-mothersMaidenName', 'valueString', nameText), 'extension[]'),
  one(7, date, 'birthDate'),
  one(7, birthTime, '_birthDate.extension[]'),
  one(8, code('sex'), 'gender'),
  all(9, humanName, 'name[]'),
  all(10, usCore('race'), 'extension[]'),
  all(11, address, 'address[]'),
  all(13, telecom('home'), 'telecom[]'),
  all(14, telecom('work'), 'telecom[]'),
  one(15, language, 'communication[].language'),
  one(16, conceptBy('maritalStatus'), 'maritalStatus'),
  one(
    17,
    extension('patient-religion', 'valueCodeableConcept', conceptBy('religion')),
    'extension[]',
  ),
  one(19, typedIdentifier('SS', socialSecurity), 'identifier[]'),
  one(20, license, 'identifier[]'),
  all(22, usCore('ethnicity'), 'extension[]'),
  one(
    23,
    extension('patient-birthPlace', 'valueAddress', (value) => element({ text: value.whole() })),
    'extension[]',
  ),
  one(24, yesNo, 'multipleBirthBoolean', { when: unless(25) }),
  one(25, integer, 'multipleBirthInteger'),
  all(26, coded('patient-citizenship', 'code'), 'extension[]'),
  one(28, coded('patient-nationality', 'code'), 'extension[]'),
  one(29, dateTime, 'deceasedDateTime'),
  one(30, yesNo, 'deceasedBoolean', { when: unless(29) }),
  all(39, coded('patient-citizenship', 'code'), 'extension[]'),
  all(40, telecom(), 'telecom[]'),
];

/** What tells a patient apart: the first identifier with a value, those of PID-3 before others. */
export function patientKey(values: readonly Value[]): string | undefined {
  for (const value of values) {
    const own = value.text(1);
    if (own !== '') return `${authorityAt(value, 4) ?? value.text(5)}|${own}`;
  }
  return undefined;
}

/** PID: the patient. A county of PID-12 goes with the only address. */
export function mapPatient(segment: Segment, conversion: Conversion): Resource {
  const values = [...segment.values(3), ...segment.values(2), ...segment.values(4)];
  const resource = conversion.make('Patient', patientKey(values));
  apply(patient, segment, resource, conversion);
  county(segment, resource);
  animal(segment, resource, conversion);
  segment.markField(1);
  return resource;
}

function county(segment: Segment, resource: Resource): void {
  const own = segment.valued(12) ? segment.text(12) : '';
  if (own === '') return;
  const addresses = (resource['address'] ??= []) as Element[];
  const [only] = addresses;
  if (addresses.length === 1 && only !== undefined && only['district'] === undefined)
    only['district'] = own;
  else if (!addresses.some((each) => each['district'] === own)) addresses.push({ district: own });
}

function animal(segment: Segment, resource: Resource, conversion: Conversion): void {
  if (!segment.valued(35)) return;
  const parts: Element[] = [];
  for (const [field, url] of [
    [35, 'species'],
    [36, 'breed'],
  ] as const) {
    const found = segment.valued(field)
      ? concept(segment.value(field), conversion, `PID-${field}`)
      : undefined;
    if (found !== undefined) parts.push({ url, valueCodeableConcept: found });
  }
  add(resource, 'extension', {
    url: 'http://hl7.org/fhir/StructureDefinition/patient-animal',
    extension: parts,
  });
}

const account = [one(18, identifier, 'identifier[]')];

/** PID-18: the account that the patient's charges go to. */
export function mapAccount(
  segment: Segment,
  subject: Resource,
  conversion: Conversion,
): Resource | undefined {
  if (!segment.valued(18)) return undefined;
  const value = segment.value(18);
  const resource = conversion.make('Account', patientKey([value]));
  resource['status'] = 'active';
  apply(account, segment, resource, conversion);
  add(resource, 'subject', referenceTo(subject));
  return resource;
}

const motherOf = [all(21, identifier, 'identifier[]')];

/** PID-21: the mother, by her identifier. */
export function mapMother(segment: Segment, subject: Resource, conversion: Conversion): void {
  if (!segment.valued(21)) return;
  const mother = conversion.make('RelatedPerson', `${subject.id}|mother|${segment.field(21)}`);
  apply(motherOf, segment, mother, conversion);
  mother['relationship'] = [{ coding: [{ system: `${terminology}v3-RoleCode`, code: 'MTH' }] }];
  mother['patient'] = referenceTo(subject);
}

const demographics = [
  all(3, organization, 'generalPractitioner[]'),
  all(4, practitioner, 'generalPractitioner[]'),
  one(6, extension('patient-disability', 'valueCodeableConcept', concept), 'extension[]'),
  all(14, extension('patient-congregation', 'valueString', text), 'extension[]'),
];

const livingWill = [one(7, conceptBy('livingWill'), 'valueCodeableConcept')];

/** PD1: more of the patient; a living will is an observation. */
export function mapDemographics(segment: Segment, subject: Resource, conversion: Conversion): void {
  apply(demographics, segment, subject, conversion);
  if (!segment.valued(7)) return;
  const will = conversion.make('Observation', `${subject.id}|living-will|${segment.field(7)}`);
  will['status'] = 'final';
  will['code'] = { coding: [{ system: 'http://loinc.org', code: '75320-2' }] };
  will['subject'] = referenceTo(subject);
  apply(livingWill, segment, will, conversion);
}

const contact = [
  one(2, humanName, 'name'),
  one(3, conceptBy('relationship'), 'relationship[]'),
  one(4, address, 'address'),
  all(5, telecom(), 'telecom[]'),
  all(6, telecom('work'), 'telecom[]'),
  one(7, conceptBy('contactRole'), 'relationship[]'),
  one(8, date, 'period.start'),
  one(9, date, 'period.end'),
  one(15, code('sex'), 'gender'),
  all(40, telecom(), 'telecom[]'),
  all(41, telecom(), 'telecom[]'),
];

const relative = [
  all(2, humanName, 'name[]'),
  one(3, conceptBy('relationship'), 'relationship[]'),
  all(4, address, 'address[]'),
  all(5, telecom(), 'telecom[]'),
  all(6, telecom('work'), 'telecom[]'),
  one(7, conceptBy('contactRole'), 'relationship[]'),
  one(8, date, 'period.start'),
  one(9, date, 'period.end'),
  one(12, identifier, 'identifier[]'),
  one(15, code('sex'), 'gender'),
  one(16, date, 'birthDate'),
  one(20, language, 'communication[].language'),
  all(30, humanName, 'name[]'),
  all(31, telecom(), 'telecom[]'),
  all(32, address, 'address[]'),
  all(33, identifier, 'identifier[]'),
  one(37, typedIdentifier('SS', socialSecurity), 'identifier[]'),
  all(40, telecom(), 'telecom[]'),
  all(41, telecom(), 'telecom[]'),
];

const organizationContact = [
  one(30, humanName, 'name'),
  all(31, telecom(), 'telecom[]'),
  one(32, address, 'address'),
];

/** Codes of NK1-3 that name somebody to call, and no relative. */
const contactsOnly = new Set(['EMR', 'E', 'F', 'I', 'S']);

/** NK1: a contact of the patient, and a person of their own unless only somebody to call. */
export function mapNextOfKin(segment: Segment, subject: Resource, conversion: Conversion): void {
  const person: Element = {};
  apply(contact, segment, person, conversion);
  if (segment.valued(13)) person['organization'] = contactOrganization(segment, conversion);
  add(subject, 'contact', element(person));
  segment.markField(1);
  if (contactsOnly.has(segment.value(3).part(1))) return;
  const key = `${subject.id}|${segment.field(2)}|${segment.field(3)}|${segment.field(12)}`;
  const resource = conversion.make('RelatedPerson', key);
  resource['patient'] = referenceTo(subject);
  apply(relative, segment, resource, conversion);
}

function contactOrganization(segment: Segment, conversion: Conversion): Element | undefined {
  const found = organizationOfXon(segment.value(13), conversion);
  if (found === undefined) return undefined;
  const at: Element = {};
  apply(organizationContact, segment, at, conversion);
  const filled = element(at);
  if (filled !== undefined) fill(found, 'contact', [filled]);
  return referenceTo(found);
}

/**
 * MRG: the identifiers that went into the patient's (A18, A34, A35, A40, A47 and their like). Both
 * patients are said: which one replaces which. Nothing of the former is dropped.
 */
export function mapMerge(segment: Segment, subject: Resource, conversion: Conversion): void {
  const values = [...segment.values(1), ...segment.values(4), ...segment.values(2)];
  const key = patientKey(values);
  if (key !== undefined) {
    const former = conversion.make('Patient', key);
    if (former !== subject) {
      apply(formerPatient, segment, former, conversion);
      former['active'] = false;
      add(former, 'link', { other: referenceTo(subject), type: 'replaced-by' });
      add(subject, 'link', { other: referenceTo(former), type: 'replaces' });
    } else apply(formerPatient, segment, subject, conversion);
  }
  if (!segment.valued(3)) return;
  const former = conversion.make('Account', patientKey([segment.value(3)]));
  fill(former, 'status', 'unknown');
  apply(formerAccount, segment, former, conversion);
  add(former, 'subject', referenceTo(subject));
}

const formerAccount = [one(3, identifier, 'identifier[]')];

const formerPatient = [
  all(1, identifier, 'identifier[]'),
  all(2, identifier, 'identifier[]'),
  one(4, identifier, 'identifier[]'),
  all(7, humanName, 'name[]'),
];
