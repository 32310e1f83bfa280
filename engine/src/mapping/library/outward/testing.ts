import * as fc from 'fast-check';
import {
  isJsonObject,
  JsonNumber,
  parseJson,
  type Json,
  type JsonObject,
} from '../../../base/json.ts';
import { nameOf, Writing } from './chart.ts';
import { readingOf, type Reading } from './reading.ts';

export type Told = Record<string, unknown>;

/** A chart of these resources, the first being the patient. */
export function writingOf(resources: readonly unknown[]): Writing {
  const readings = resources.map((each) =>
    readingOf(parseJson(JSON.stringify(each)) as JsonObject),
  );
  const byName = new Map(readings.map((each) => [nameOf(each), each]));
  const [patient, ...own] = readings as [Reading, ...Reading[]];
  const chart = { patient, own, find: (name: string) => byName.get(name) };
  return new Writing(chart, (key) => key, new Date('2024-03-04T05:06:07Z'));
}

/** A value whose numbers are the text of their digits, for comparing. */
export function told(value: unknown): Told {
  return digitsOf(parseJson(JSON.stringify(value))) as Told;
}

function digitsOf(value: Json): unknown {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return value.map(digitsOf);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, digitsOf(each)]));
}

/** Digits as they are written: `JSON.stringify` keeps them. */
export function decimal(digits: string): unknown {
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(digits);
}

/** Words with everything that delimits in messages and documents; no blanks that a reader folds. */
export const words = fc
  .array(
    fc.constantFrom('a', 'Zoë', '|', '^', '~', '\\', '&', '<', '>', '"', "'", '.br', '漢', '1'),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(''))
  // Two quotes alone are HL7 v2's null.
  .filter((text) => text !== '""');

const two = (most: number, least = 0): fc.Arbitrary<string> =>
  fc.integer({ min: least, max: most }).map((each) => String(each).padStart(2, '0'));

export const day = fc
  .tuple(fc.integer({ min: 1900, max: 2030 }), two(12, 1), two(28, 1))
  .map(([year, month, date]) => `${year}-${month}-${date}`);

export const instant = fc
  .tuple(day, two(23), two(59), two(59), fc.constantFrom('+00:00', '-05:00', '+05:30'))
  .map(([date, hour, minute, second, zone]) => `${date}T${hour}:${minute}:${second}${zone}`);

const digits = fc.constantFrom(
  '0',
  '5',
  '5.50',
  '0.10',
  '-3.2',
  '120',
  '98.60',
  '12345678901234567890.5',
);

const quantity = fc.record({ value: digits }).map(({ value }) => ({
  value: decimal(value),
  unit: 'mg/dL',
  system: 'http://unitsofmeasure.org',
  code: 'mg/dL',
}));

export const concept = fc
  .tuple(
    fc.constantFrom(
      ['http://loinc.org', '2345-7'],
      ['http://snomed.info/sct', '38341003'],
      ['http://hl7.org/fhir/sid/icd-10-cm', 'I10'],
      ['http://www.nlm.nih.gov/research/umls/rxnorm', '723'],
      ['urn:oid:1.2.3.4', 'X-1'],
    ),
    words,
  )
  .map(([[system, code], display]) => ({ coding: [{ system, code, display }] }));

const value = fc.oneof(
  quantity.map((valueQuantity) => ({ valueQuantity })),
  fc
    .tuple(quantity, fc.constantFrom('<', '<=', '>', '>='))
    .map(([own, comparator]) => ({ valueQuantity: { ...own, comparator } })),
  concept.map((valueCodeableConcept) => ({ valueCodeableConcept })),
  words.map((valueString) => ({ valueString })),
  instant.map((valueDateTime) => ({ valueDateTime })),
  fc.tuple(quantity, quantity).map(([low, high]) => ({ valueRange: { low, high } })),
);

const subject = { reference: 'Patient/p' };

export const patient = fc.record({
  resourceType: fc.constant('Patient'),
  id: fc.constant('p'),
  identifier: fc.tuple(words).map(([own]) => [{ system: 'urn:oid:1.2.3', value: own }]),
  name: fc
    .tuple(words, words, words)
    .map(([family, first, second]) => [{ use: 'official', family, given: [first, second] }]),
  gender: fc.constantFrom('male', 'female'),
  birthDate: day,
  address: fc
    .tuple(words, words, words)
    .map(([line, city, state]) => [
      { use: 'home', line: [line], city, state, postalCode: '12345', country: 'US' },
    ]),
  telecom: fc.constant([{ system: 'phone', value: '+1 555 0100', use: 'home' }]),
});

export const observation = fc
  .tuple(
    fc.record({
      resourceType: fc.constant('Observation'),
      id: fc.constant('o'),
      subject: fc.constant(subject),
      code: concept,
      effectiveDateTime: instant,
    }),
    value,
    fc.constantFrom('final', 'cancelled', 'entered-in-error'),
  )
  .map(([own, answer, status]) => ({ ...own, ...answer, status }));

export const allergy = fc
  .record({ code: concept, recordedDate: instant, state: fc.constantFrom('active', 'inactive') })
  .map(({ state, ...own }) => ({
    resourceType: 'AllergyIntolerance',
    id: 'a',
    patient: subject,
    clinicalStatus: {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical',
          code: state,
        },
      ],
    },
    ...own,
  }));

export const condition = fc
  .record({ code: concept, onsetDateTime: day })
  .map((own) => ({ resourceType: 'Condition', id: 'c', subject, ...own }));
