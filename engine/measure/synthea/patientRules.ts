import type { Json, JsonObject } from '../../src/base/json.ts';
import { codings, syntheaId, text, texts, values } from './chart.ts';
import { exact, field, time, wording } from './field.ts';
import type { Field, TypeRules } from './field.ts';
import { amount, same, words } from './meaning.ts';

const core = 'http://hl7.org/fhir/us/core/StructureDefinition';
const fhir = 'http://hl7.org/fhir/StructureDefinition';

/** Extensions of a node that have this URL. */
function extensions(node: Json, url: string): JsonObject[] {
  return values(node, 'extension').filter(
    (one): one is JsonObject => (one as JsonObject).url === url,
  );
}

/** US Core race and ethnicity: the OMB category, or the detail where there is none. */
function category(name: string): Field {
  const read = (patient: JsonObject): string[] =>
    extensions(patient, `${core}/us-core-${name}`).flatMap((extension) =>
      values(extension, 'extension')
        .filter((part) => ['ombCategory', 'detailed'].includes(text((part as JsonObject).url)))
        .flatMap((part) => codings(part, 'valueCoding')),
    );
  return field(name, read, same, { covers: [`extension(us-core-${name})`] });
}

function birthPlace(part: string): Field {
  const read = (patient: JsonObject): string[] =>
    extensions(patient, `${fhir}/patient-birthPlace`).flatMap((extension) =>
      texts(extension, `valueAddress.${part}`),
    );
  const covers = [`extension(patient-birthPlace).valueAddress.${part}`];
  return field(`birthPlace.${part}`, read, words, { covers });
}

/** The names of one use. */
function nameOf(use: string, part: string): Field {
  const read = (patient: JsonObject): string[] =>
    values(patient, 'name')
      .filter((one) => (one as JsonObject).use === use)
      .flatMap((one) => texts(one, part));
  const noMiddleName = 'patients.csv of this version has no column for the middle name';
  return field(`name(${use}).${part}`, read, words, {
    covers: [`name.${part}`],
    ...(part === 'given' && {
      silent: (_theirs, ours) => (ours.length === 1 ? noMiddleName : undefined),
    }),
  });
}

const unmarried = 'http://terminology.hl7.org/CodeSystem/v3-MaritalStatus|S';

function position(part: string): Field {
  const read = (patient: JsonObject): string[] =>
    values(patient, 'address')
      .flatMap((address) => extensions(address, `${fhir}/geolocation`))
      .flatMap((extension) => extensions(extension, part))
      .flatMap((each) => texts(each, 'valueDecimal'));
  return field(`address.${part}`, read, amount, { covers: ['address.extension(geolocation)'] });
}

export const patientRules: TypeRules = {
  type: 'Patient',
  join: (patient) => ({ exact: syntheaId(patient) }),
  fields: [
    field(
      'identifier',
      (patient) =>
        values(patient, 'identifier').map((one) => {
          const { system, value } = one as JsonObject;
          return `${codings(one, 'type.coding').join()} ${text(system)}|${text(value)}`;
        }),
      same,
    ),
    ...['official', 'maiden'].flatMap((use) => [
      nameOf(use, 'family'),
      nameOf(use, 'given'),
      nameOf(use, 'prefix'),
      nameOf(use, 'suffix'),
    ]),
    exact('name.use'),
    exact('gender'),
    exact('birthDate'),
    time('deceasedDateTime'),
    wording('address.line'),
    wording('address.city'),
    exact('address.state'),
    exact('address.postalCode'),
    exact('address.country'),
    position('latitude'),
    position('longitude'),
    field('maritalStatus', (patient) => codings(patient, 'maritalStatus.coding'), same, {
      silent: (theirs, ours) =>
        theirs === unmarried && ours.length === 0
          ? 'an empty MARITAL is written as never married: the exporter’s default, no fact'
          : undefined,
    }),
    category('race'),
    category('ethnicity'),
    field(
      'birthSex',
      (patient) =>
        extensions(patient, `${core}/us-core-birthsex`).flatMap((one) => texts(one, 'valueCode')),
      same,
      { covers: ['extension(us-core-birthsex)'] },
    ),
    birthPlace('city'),
    birthPlace('state'),
    birthPlace('country'),
  ],
  unknowable: [
    { element: 'telecom', why: 'no column for telephone numbers' },
    { element: 'multipleBirthBoolean', why: 'no column for multiple births' },
    { element: 'multipleBirthInteger', why: 'no column for multiple births' },
    { element: 'communication', why: 'no column for the language' },
    { element: 'contact', why: 'no column for contacts' },
    { element: 'generalPractitioner', why: 'no column for the general practitioner' },
    { element: 'photo', why: 'no column for pictures' },
    { element: 'extension(patient-mothersMaidenName)', why: 'no column for the mother’s name' },
    {
      element: 'extension(disability-adjusted-life-years)',
      why: 'a score of the simulation; its rows in observations.csv are excluded by disposition',
    },
    {
      element: 'extension(quality-adjusted-life-years)',
      why: 'a score of the simulation; its rows in observations.csv are excluded by disposition',
    },
  ],
};
