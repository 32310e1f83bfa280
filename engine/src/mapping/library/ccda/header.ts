import type { XmlElement } from '../../../formats/xml/element.ts';
import type { Element, Reference, Resource } from '../resource.ts';
import { fill, referenceTo } from '../resource.ts';
import { idKey } from './conversion.ts';
import type { Conversion } from './conversion.ts';
import { locationOf, organizationOf, orNone, party, relatedPerson } from './parties.ts';
import {
  address,
  addresses,
  coding,
  compact,
  concept,
  identifier,
  identifiers,
  names,
  plain,
  telecoms,
  timeSpan,
} from './values.ts';

const usCore = 'http://hl7.org/fhir/us/core/StructureDefinition/';

/** What the header of a document (CDA R2 §4.2) says, as resources of their own. */
export interface DocumentHeader {
  composition: Resource;
  reference: Resource;
}

/** The patient first: nothing else is made of a document that names none. */
export function mapPatient(document: XmlElement, conversion: Conversion): boolean {
  const role = document.at('recordTarget', 'patientRole');
  if (role === undefined) return conversion.subject !== undefined;
  const person = role.child('patient');
  const known = role.all('id').map(idKey);
  const key = known.find((each) => each !== undefined);
  if (key === undefined && names(person, conversion).length === 0) return false;
  conversion.subject = conversion.shared('Patient', key, (made) => {
    fill(made, 'identifier', orNone(identifiers(role)));
    fill(made, 'telecom', orNone(telecoms(role)));
    fill(made, 'address', orNone(addresses(role, conversion)));
    if (person !== undefined) fillPerson(made, person, conversion);
    const provider = role.child('providerOrganization');
    fill(made, 'managingOrganization', provider && organizationOf(provider, conversion));
  });
  for (const guardian of person?.all('guardian') ?? []) {
    relatedPerson(guardian, guardian.child('guardianPerson'), conversion);
  }
  return true;
}

const genders: Readonly<Record<string, string>> = { M: 'male', F: 'female', UN: 'other' };

function fillPerson(made: Resource, person: XmlElement, conversion: Conversion): void {
  fill(made, 'name', orNone(names(person, conversion)));
  const gender = person.child('administrativeGenderCode');
  const code = gender?.attribute('code');
  fill(made, 'gender', code === undefined ? nullGender(gender) : genders[code]);
  if (gender !== undefined && code !== undefined && genders[code] === undefined) {
    conversion.issue('code-unmapped', gender);
  }
  const birth = conversion.time(person.child('birthTime'));
  fill(made, 'birthDate', birth?.slice(0, 10));
  if (birth?.includes('T') === true) {
    const url = 'http://hl7.org/fhir/StructureDefinition/patient-birthTime';
    made['_birthDate'] = { extension: [{ url, valueDateTime: birth }] };
  }
  fillDeceased(made, person, conversion);
  fill(made, 'maritalStatus', concept(person.child('maritalStatusCode'), conversion));
  fill(made, 'communication', orNone(person.all('languageCommunication').map(communication)));
  fill(made, 'extension', orNone(personExtensions(person, conversion)));
}

function nullGender(gender: XmlElement | undefined): string | undefined {
  return gender === undefined ? undefined : 'unknown';
}

/** `sdtc:deceasedInd` and `sdtc:deceasedTime`: the time says more, so it goes first. */
function fillDeceased(made: Resource, person: XmlElement, conversion: Conversion): void {
  const dead = person.child('sdtc:deceasedInd')?.attribute('value');
  const time = conversion.time(person.child('sdtc:deceasedTime'));
  if (time !== undefined) fill(made, 'deceasedDateTime', time);
  else if (dead === 'true' || dead === 'false') fill(made, 'deceasedBoolean', dead === 'true');
}

function communication(element: XmlElement): Element {
  const code = element.child('languageCode')?.attribute('code');
  const preferred = element.child('preferenceInd')?.attribute('value');
  return compact({
    language:
      code === undefined ? { text: 'unknown' } : { coding: [{ system: 'urn:ietf:bcp:47', code }] },
    preferred: preferred === undefined ? undefined : preferred === 'true',
  }) as Element;
}

/** The five races of OMB 1997; any other code of the CDC's system is a detailed one. */
const ombRaces = new Set(['1002-5', '2028-9', '2054-5', '2076-8', '2106-3']);
const ombEthnicities = new Set(['2135-2', '2186-5']);

function personExtensions(person: XmlElement, conversion: Conversion): Element[] {
  const races = [...person.all('raceCode'), ...person.all('sdtc:raceCode')];
  const ethnicities = [...person.all('ethnicGroupCode'), ...person.all('sdtc:ethnicGroupCode')];
  const birthPlace = address(person.at('birthplace', 'place', 'addr'), conversion);
  const religion = concept(person.child('religiousAffiliationCode'), conversion);
  return [
    omb(`${usCore}us-core-race`, races, ombRaces),
    omb(`${usCore}us-core-ethnicity`, ethnicities, ombEthnicities),
    birthPlace && {
      url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
      valueAddress: birthPlace,
    },
    religion && {
      url: 'http://hl7.org/fhir/StructureDefinition/patient-religion',
      valueCodeableConcept: religion,
    },
  ].filter((each) => each !== undefined);
}

/** An unknown or undisclosed race is one of US Core's own codes, not none. */
const nullRaces: Readonly<Record<string, string>> = { UNK: 'UNK', ASKU: 'ASKU' };

function omb(
  url: string,
  elements: readonly XmlElement[],
  categories: ReadonlySet<string>,
): Element | undefined {
  const parts: Element[] = [];
  const words: string[] = [];
  for (const element of elements) {
    const value = coding(element) ?? nullRace(element);
    if (value === undefined) continue;
    const known = categories.has(value.code as string) || value.system === nullFlavors;
    parts.push({ url: known ? 'ombCategory' : 'detailed', valueCoding: value });
    words.push((value.display as string | undefined) ?? (value.code as string));
  }
  if (parts.length === 0) return undefined;
  return { url, extension: [...parts, { url: 'text', valueString: words.join(', ') }] };
}

const nullFlavors = 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor';

function nullRace(element: XmlElement): Element | undefined {
  const code = nullRaces[element.attribute('nullFlavor') ?? ''];
  return code === undefined ? undefined : { system: nullFlavors, code };
}

/** The document as a Composition, and the file itself as a DocumentReference beside it. */
export function mapHeader(document: XmlElement, conversion: Conversion): DocumentHeader {
  const composition = conversion.make('Composition', document);
  const reference = conversion.make('DocumentReference', document);
  mapVisit(document, conversion);
  const authors = document
    .all('author')
    .map((each) => {
      conversion.time(each.child('time'));
      return party(each.child('assignedAuthor'), conversion);
    })
    .filter((each) => each !== undefined);
  conversion.author =
    authors.find(({ reference: to }) => to.startsWith('Practitioner/')) ?? authors[0];
  const custodian = custodianOf(document, conversion);
  fillComposition(composition, document, authors, custodian, conversion);
  fillReference(reference, composition, authors, custodian);
  mapOthers(document, conversion);
  return { composition, reference };
}

/** A composition has an author (R4 §2.42, author 1..*): of a document that names none, nobody knows who. */
const absent = {
  extension: [
    { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' },
  ],
};

function fillComposition(
  made: Resource,
  document: XmlElement,
  authors: readonly Reference[],
  custodian: Reference | undefined,
  conversion: Conversion,
): void {
  const id = document.child('id');
  const setId = document.child('setId');
  const version = document.child('versionNumber')?.attribute('value');
  const type = concept(document.child('code'), conversion);
  fill(made, 'identifier', id && identifier(id));
  fill(made, 'status', 'final');
  fill(made, 'type', type ?? { text: 'Clinical document' });
  fill(made, 'subject', conversion.subject);
  fill(made, 'encounter', conversion.encounter);
  fill(made, 'date', conversion.time(document.child('effectiveTime')));
  fill(made, 'author', orNone(authors) ?? [absent]);
  const title = plain(document.child('title')?.text ?? '');
  const display = (type?.coding as Element[] | undefined)?.[0]?.display;
  fill(made, 'title', title ?? display ?? 'Clinical document');
  fill(made, 'confidentiality', document.child('confidentialityCode')?.attribute('code'));
  fill(made, 'language', document.child('languageCode')?.attribute('code'));
  fill(made, 'attester', orNone(attesters(document, conversion)));
  fill(made, 'custodian', custodian);
  fill(made, 'relatesTo', orNone(relations(document)));
  fill(made, 'event', orNone(events(document, conversion)));
  const versionUrl =
    'http://hl7.org/fhir/StructureDefinition/composition-clinicaldocument-versionNumber';
  const set = setId && identifier(setId);
  const extensions = [
    version && { url: versionUrl, valueString: version },
    set && { url: 'urn:x-cda:setId', valueIdentifier: set },
  ].filter((each) => each !== undefined && each !== '');
  fill(made, 'extension', orNone(extensions));
}

function fillReference(
  made: Resource,
  composition: Resource,
  authors: readonly Reference[],
  custodian: Reference | undefined,
): void {
  fill(made, 'masterIdentifier', composition.identifier);
  fill(made, 'status', 'current');
  fill(made, 'docStatus', 'final');
  fill(made, 'type', composition.type);
  fill(made, 'subject', composition.subject);
  const date = composition.date as string | undefined;
  fill(made, 'date', date?.includes('T') === true ? date : undefined);
  fill(made, 'author', orNone(authors));
  fill(made, 'custodian', custodian);
  fill(made, 'description', composition.title);
  const { encounter } = composition;
  fill(made, 'context', encounter === undefined ? undefined : { encounter: [encounter] });
}

function custodianOf(document: XmlElement, conversion: Conversion): Reference | undefined {
  const organization = document.at(
    'custodian',
    'assignedCustodian',
    'representedCustodianOrganization',
  );
  return organization === undefined ? undefined : organizationOf(organization, conversion);
}

function attesters(document: XmlElement, conversion: Conversion): Element[] {
  return [
    ...document.all('legalAuthenticator').map((each) => ({ mode: 'legal', each })),
    ...document.all('authenticator').map((each) => ({ mode: 'professional', each })),
  ].map(({ mode, each }) => {
    each.child('signatureCode')?.attribute('code');
    return compact({
      mode,
      time: conversion.time(each.child('time')),
      party: party(each.child('assignedEntity'), conversion),
    }) as Element;
  });
}

const relationCodes: Readonly<Record<string, string>> = {
  RPLC: 'replaces',
  APND: 'appends',
  XFRM: 'transforms',
};

function relations(document: XmlElement): Element[] {
  return document.all('relatedDocument').flatMap((each) => {
    const code = relationCodes[each.attribute('typeCode') ?? ''];
    const parent = each.child('parentDocument');
    const id = parent?.child('id');
    const target = id && identifier(id);
    return code === undefined || target === undefined ? [] : [{ code, targetIdentifier: target }];
  });
}

function events(document: XmlElement, conversion: Conversion): Element[] {
  return document.all('documentationOf').flatMap((each) => {
    const event = each.child('serviceEvent');
    if (event === undefined) return [];
    const { point, period } = timeSpan(event.child('effectiveTime'), conversion);
    const code = concept(event.child('code'), conversion);
    for (const performer of event.all('performer')) {
      party(performer.child('assignedEntity'), conversion);
    }
    const told = compact({
      code: code === undefined ? undefined : [code],
      period: period ?? (point && { start: point, end: point }),
    });
    return told === undefined ? [] : [told];
  });
}

/** `componentOf/encompassingEncounter`: the visit that the document is of. */
function mapVisit(document: XmlElement, conversion: Conversion): void {
  const visit = document.at('componentOf', 'encompassingEncounter');
  if (visit === undefined) return;
  const made = conversion.make('Encounter', visit);
  const { point, period } = timeSpan(visit.child('effectiveTime'), conversion);
  const type = concept(visit.child('code'), conversion);
  const told = period ?? (point === undefined ? undefined : { start: point });
  fill(made, 'identifier', orNone(identifiers(visit)));
  fill(made, 'status', told?.end === undefined && point === undefined ? 'unknown' : 'finished');
  fill(made, 'class', visitClass(visit.child('code')));
  fill(made, 'type', type && [type]);
  fill(made, 'subject', conversion.subject);
  fill(made, 'period', told);
  const responsible = visit.at('responsibleParty', 'assignedEntity');
  const others = visit.all('encounterParticipant').map((each) => each.child('assignedEntity'));
  const people = [responsible, ...others]
    .map((each) => party(each, conversion))
    .filter((each) => each !== undefined);
  fill(made, 'participant', orNone(people.map((individual) => ({ individual }))));
  const facility = visit.at('location', 'healthCareFacility');
  const location = facility && locationOf(facility, conversion);
  fill(made, 'location', location && [{ location }]);
  const disposition = concept(visit.child('dischargeDispositionCode'), conversion);
  fill(made, 'hospitalization', disposition && { dischargeDisposition: disposition });
  conversion.encounter = referenceTo(made);
}

const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';

/** A code of v3-ActCode is the class itself; from any other system it is a type, and the class open. */
export function visitClass(code: XmlElement | undefined): Element {
  const codes = [code, ...(code?.all('translation') ?? [])].map(coding);
  const known = codes.find((each) => each?.system === actCode);
  const system = 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor';
  return known ?? { system, code: 'UNK', display: 'unknown' };
}

/** People of the header that no other resource refers to. */
function mapOthers(document: XmlElement, conversion: Conversion): void {
  for (const name of ['dataEnterer', 'informant']) {
    for (const each of document.all(name)) {
      party(each.child('assignedEntity'), conversion);
      const related = each.child('relatedEntity');
      if (related !== undefined) {
        relatedPerson(related, related.child('relatedPerson'), conversion);
      }
    }
  }
  for (const recipient of document.all('informationRecipient')) {
    party(recipient.child('intendedRecipient'), conversion);
  }
  for (const participant of document.all('participant')) {
    const role = participant.child('associatedEntity');
    if (role === undefined) continue;
    const kind = role.attribute('classCode') ?? '';
    const person = role.child('associatedPerson');
    if (personal.has(kind)) relatedPerson(role, person, conversion);
    else party(role, conversion);
  }
}

/** Role classes of people around the patient, and not of those who treat. */
const personal = new Set(['PRS', 'NOK', 'ECON', 'GUARD', 'CAREGIVER', 'AGNT', 'GRANTEE']);
