import { tag, type XmlWritten } from '../../../../formats/xml/writer.ts';
import { nameOf, typeOf, type Writing } from '../../outward/chart.ts';
import { hl7Time } from '../../outward/hl7Time.ts';
import type { Reading } from '../../outward/reading.ts';
import {
  codeAttributes,
  concept,
  fixed,
  ids,
  personName,
  postalAddress,
  reachable,
  systems,
  timeAt,
  uuidOf,
} from './dataTypes.ts';
import { organizationElement } from './parties.ts';

const root = '2.16.840.1.113883.10.20.22.1.';
const version = '2015-08-01';

/** The header of a Continuity of Care Document (C-CDA R2.1 §1.1.4): of whom, by whom, from when to when. */
export function documentHeader(writing: Writing): XmlWritten {
  const { patient } = writing.chart;
  const at = hl7Time(writing.at.toISOString().replace(/\.\d+Z$/, 'Z'))?.text;
  return [
    tag('realmCode', { code: 'US' }),
    tag('typeId', { root: '2.16.840.1.113883.1.3', extension: 'POCD_HD000040' }),
    tag('templateId', { root: `${root}1`, extension: version }),
    tag('templateId', { root: `${root}2`, extension: version }),
    tag('id', { root: uuidOf(`document|${nameOf(patient)}|${writing.at.toISOString()}`, writing) }),
    fixed('code', '34133-9', systems.loinc, 'Summarization of Episode Note'),
    tag('title', {}, 'Continuity of Care Document'),
    tag('effectiveTime', { value: at }),
    fixed('confidentialityCode', 'N', '2.16.840.1.113883.5.25', 'Normal'),
    tag('languageCode', { code: 'en-US' }),
    tag('recordTarget', {}, patientRole(patient, writing)),
    author(patient, writing, at),
    custodian(patient, writing),
    tag(
      'documentationOf',
      {},
      tag(
        'serviceEvent',
        { classCode: 'PCPR' },
        tag('effectiveTime', {}, tag('low', { nullFlavor: 'UNK' }), tag('high', { value: at })),
      ),
    ),
  ];
}

/** The program that wrote it, for whoever has the chart (CONF:1198-8456): nobody else says what it says. */
function author(patient: Reading, writing: Writing, at: string | undefined): XmlWritten {
  const device = tag(
    'assignedAuthoringDevice',
    {},
    tag('manufacturerModelName', {}, 'Handover'),
    tag('softwareName', {}, 'Handover'),
  );
  return tag(
    'author',
    {},
    tag('time', { value: at }),
    tag(
      'assignedAuthor',
      {},
      tag('id', { root: uuidOf('author', writing) }),
      tag('addr', { nullFlavor: 'NA' }),
      tag('telecom', { nullFlavor: 'NA' }),
      device,
      represented('representedOrganization', patient, writing),
    ),
  );
}

/** The organization that has the chart, where the patient names it. */
function custodian(patient: Reading, writing: Writing): XmlWritten {
  const known = represented('representedCustodianOrganization', patient, writing);
  return tag('custodian', {}, tag('assignedCustodian', {}, known));
}

function represented(name: string, patient: Reading, writing: Writing): XmlWritten {
  const found = writing.follow(patient.child('managingOrganization'));
  if (found !== undefined && typeOf(found) === 'Organization') {
    return organizationElement(name, found, writing);
  }
  return tag(
    name,
    {},
    tag('id', { nullFlavor: 'UNK' }),
    tag('name', { nullFlavor: 'UNK' }),
    tag('telecom', { nullFlavor: 'UNK' }),
    tag('addr', { nullFlavor: 'UNK' }),
  );
}

const genders: Readonly<Record<string, readonly [code: string, words: string]>> = {
  male: ['M', 'Male'],
  female: ['F', 'Female'],
  other: ['UN', 'Undifferentiated'],
};

function patientRole(from: Reading, writing: Writing): XmlWritten {
  const gender = from.text('gender');
  const [code, words] = genders[gender ?? ''] ?? [];
  return tag(
    'patientRole',
    {},
    ids(from, writing),
    reachable(from, writing),
    tag(
      'patient',
      {},
      names(from, writing),
      code === undefined
        ? tag('administrativeGenderCode', { nullFlavor: 'UNK' })
        : fixed('administrativeGenderCode', code, '2.16.840.1.113883.5.1', words),
      birth(from, writing),
      deceased(from, writing),
      concept('maritalStatusCode', from.child('maritalStatus'), writing),
      concept(
        'religiousAffiliationCode',
        extension(from, religion)?.child('valueCodeableConcept'),
        writing,
      ),
      ...ombCodes(from, 'race', 'raceCode', writing),
      ...ombCodes(from, 'ethnicity', 'ethnicGroupCode', writing),
      writing.of('RelatedPerson').map((each) => guardian(each, writing)),
      birthPlace(from, writing),
      from.all('communication').map((each) => language(each)),
    ),
  );
}

function names(from: Reading, writing: Writing): XmlWritten {
  const all = from.all('name').map((each) => personName(each, writing));
  return all.length === 0 ? tag('name', { nullFlavor: 'UNK' }) : all;
}

const core = 'http://hl7.org/fhir/StructureDefinition/';
const religion = `${core}patient-religion`;

/** The only extension of that URL; its URL is what the place in the document says. */
function extension(from: Reading, url: string): Reading | undefined {
  const found = from.all('extension').find((each) => each.peek('url') === url);
  found?.take('url');
  return found;
}

function birth(from: Reading, writing: Writing): XmlWritten {
  const beside = from.child('_birthDate')?.all('extension');
  const found = beside?.find((each) => each.peek('url') === `${core}patient-birthTime`);
  const time = found && timeAt(found, 'valueDateTime', writing);
  found?.take('url');
  const day = timeAt(from, 'birthDate', writing);
  const value = time ?? day;
  return tag('birthTime', value === undefined ? { nullFlavor: 'UNK' } : { value });
}

function deceased(from: Reading, writing: Writing): XmlWritten {
  const time = timeAt(from, 'deceasedDateTime', writing);
  const isDead = time === undefined ? from.text('deceasedBoolean') : 'true';
  return [
    isDead === undefined ? undefined : tag('sdtc:deceasedInd', { value: isDead }),
    time === undefined ? undefined : tag('sdtc:deceasedTime', { value: time }),
  ];
}

/** US Core race and ethnicity: the first category, then all others and what is more detailed. */
function ombCodes(from: Reading, kind: string, name: string, writing: Writing): XmlWritten[] {
  const url = `http://hl7.org/fhir/us/core/StructureDefinition/us-core-${kind}`;
  const parts = extension(from, url)?.all('extension') ?? [];
  const codings = parts.filter((each) => each.peek('url') !== 'text');
  const told = codings
    .map((each) => {
      each.take('url');
      const value = each.child('valueCoding');
      return value && codeAttributes(value, writing);
    })
    .filter((each) => each !== undefined);
  // What the words say the codes say too.
  if (told.length > 0) for (const each of parts) if (each.peek('url') === 'text') each.takeWhole();
  const [first, ...others] = told;
  if (first === undefined) return [tag(name, { nullFlavor: 'UNK' })];
  return [tag(name, first), others.map((each) => tag(`sdtc:${name}`, each))];
}

function guardian(from: Reading, writing: Writing): XmlWritten {
  const isGuardian = from
    .all('relationship')
    .some((each) => each.all('coding').some((coding) => coding.peek('code') === 'GUARD'));
  if (!isGuardian) return undefined;
  from.child('patient')?.takeWhole();
  return tag(
    'guardian',
    {},
    ids(from, writing),
    concept('code', from.child('relationship'), writing),
    reachable(from, writing, false),
    tag('guardianPerson', {}, names(from, writing)),
  );
}

function birthPlace(from: Reading, writing: Writing): XmlWritten {
  const place = extension(from, `${core}patient-birthPlace`)?.child('valueAddress');
  return place && tag('birthplace', {}, tag('place', {}, postalAddress(place, writing)));
}

function language(from: Reading): XmlWritten {
  const codings = from.child('language')?.all('coding') ?? [];
  const tagged = codings.find((each) => each.peek('system') === 'urn:ietf:bcp:47') ?? codings[0];
  const code = tagged?.text('code');
  if (tagged === undefined || code === undefined) return undefined;
  tagged.take('system');
  tagged.take('display');
  const preferred = from.text('preferred');
  return tag(
    'languageCommunication',
    {},
    tag('languageCode', { code }),
    preferred === undefined ? undefined : tag('preferenceInd', { value: preferred }),
  );
}
