import type { JsonObject } from '../../base/json.ts';
import { coded, concept, dated, flag, identifying, referring, sequence, word } from './concept.ts';
import type { Concept } from './concept.ts';
import { codesOf, codingsAt, elements, objects, plain } from './elements.ts';
import { partsOf, referencesAt, text, texts, textsAt } from './elements.ts';
import type { Read } from './elements.ts';

const patient = ['Patient'];
const named = ['Patient', 'Practitioner', 'RelatedPerson'];
/** Sites and insurers too have telephones, addresses, and an end. */
const people = [...named, 'Organization', 'Location'];

const identifierTypes = 'http://terminology.hl7.org/CodeSystem/v2-0203';
const ssnSystem = 'http://hl7.org/fhir/sid/us-ssn';
const usCore = 'http://hl7.org/fhir/us/core/StructureDefinition';

/** Name uses that are not how a person is called now (FHIR R4, NameUse). */
const formerNames: ReadonlySet<string> = new Set(['old', 'maiden']);
const otherNames: ReadonlySet<string> = new Set(['nickname', 'anonymous', 'temp']);

export const identity: readonly Concept[] = [
  concept(
    'mrn',
    patient,
    'Medical record number: an identifier of type MR, or of no type and not an SSN.',
    (resource) => objects(resource, 'identifier').filter(isRecordNumber).map(identifierValue),
    identifying,
  ),
  concept(
    'ssn',
    patient,
    `US social security number: an identifier of ${ssnSystem} or of type SS.`,
    partsOf('identifier', 'value', isSsn),
    { form: 'digits' },
  ),
  concept('family', named, 'Family name in use now.', partsOf('name', 'family', isCurrent)),
  concept(
    'given',
    named,
    'Given names in use now, first name first.',
    partsOf('name', 'given', isCurrent),
    sequence,
  ),
  concept(
    'name-prefix',
    named,
    'Title before the name.',
    partsOf('name', 'prefix', isCurrent),
    sequence,
  ),
  concept(
    'name-suffix',
    named,
    'Suffix after the name.',
    partsOf('name', 'suffix', isCurrent),
    sequence,
  ),
  concept(
    'previous-family',
    named,
    'Family name of former times (use old or maiden).',
    partsOf('name', 'family', (name) => formerNames.has(text(name, 'use'))),
  ),
  concept('sex', named, 'Administrative gender.', textsAt('gender'), word),
  concept('birth-date', patient, 'Date of birth.', textsAt('birthDate'), { form: 'date' }),
  concept(
    'deceased',
    patient,
    'Whether the person has died; a date of death says so too.',
    deceased,
    flag,
  ),
  concept('deceased-date', patient, 'When the person died.', textsAt('deceasedDateTime'), dated),
  concept('active', people, 'Whether the record is in use.', textsAt('active'), flag),
  concept('marital-status', patient, 'Marital status.', codingsAt('maritalStatus.coding'), coded),
  concept(
    'language',
    patient,
    'Language of communication (BCP 47).',
    codesOf('urn:ietf:bcp:47', 'communication.language.coding'),
    word,
  ),
  concept(
    'race',
    patient,
    'Race (US Core: every category and detail).',
    usCoreCodes('race'),
    coded,
  ),
  concept(
    'ethnicity',
    patient,
    'Ethnicity (US Core: every category and detail).',
    usCoreCodes('ethnicity'),
    coded,
  ),
  concept(
    'birth-sex',
    patient,
    'Sex assigned at birth (US Core).',
    partsOf('extension', 'valueCode', ({ url }) => url === `${usCore}/us-core-birthsex`),
    word,
  ),
  concept('address-line', people, 'Lines of the addresses in use.', addressParts('line'), sequence),
  concept('city', people, 'City of the addresses in use.', addressParts('city')),
  concept('state', people, 'State of the addresses in use.', addressParts('state')),
  concept(
    'postal-code',
    people,
    'Postal code of the addresses in use.',
    addressParts('postalCode'),
  ),
  concept('county', people, 'County of the addresses in use.', addressParts('district')),
  concept('country', people, 'Country of the addresses in use.', addressParts('country')),
  concept('phone', people, 'Telephone numbers in use.', telecom('phone'), { form: 'digits' }),
  concept('email', people, 'E-mail addresses in use.', telecom('email')),
  concept(
    'general-practitioner',
    patient,
    'The primary care practitioner on record.',
    referencesAt('generalPractitioner'),
    referring,
  ),
];

function identifierValue(identifier: JsonObject): { value: string; system: string } {
  return { value: text(identifier, 'value'), system: text(identifier, 'system') };
}

function typeCodes(identifier: JsonObject): string[] {
  return objects(identifier, 'type.coding')
    .filter((coding) => text(coding, 'system') === identifierTypes)
    .map((coding) => text(coding, 'code'));
}

function isSsn(identifier: JsonObject): boolean {
  return text(identifier, 'system') === ssnSystem || typeCodes(identifier).includes('SS');
}

function isRecordNumber(identifier: JsonObject): boolean {
  if (isSsn(identifier)) return false;
  const codes = typeCodes(identifier);
  return codes.length === 0 || codes.includes('MR');
}

function isCurrent(name: JsonObject): boolean {
  const use = text(name, 'use');
  return !formerNames.has(use) && !otherNames.has(use);
}

function addressParts(part: string): Read {
  return partsOf('address', part, ({ use }) => use !== 'old');
}

function telecom(kind: string): Read {
  return partsOf('telecom', 'value', ({ system, use }) => system === kind && use !== 'old');
}

function deceased(resource: JsonObject): { value: string; system: string }[] {
  const hasDate = elements(resource, 'deceasedDateTime').length > 0;
  return plain(hasDate ? ['true'] : texts(resource, 'deceasedBoolean'));
}

function usCoreCodes(name: 'race' | 'ethnicity'): Read {
  const url = `${usCore}/us-core-${name}`;
  return (resource) =>
    objects(resource, 'extension')
      .filter((extension) => text(extension, 'url') === url)
      .flatMap((extension) => codingsAt('extension.valueCoding')(extension));
}
