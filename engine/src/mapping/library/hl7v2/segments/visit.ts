import { decimalOf } from '../../decimal.ts';
import type { Segment } from '../../../../formats/hl7v2/segment.ts';
import { add, fill, referenceTo } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { Element, Resource } from '../../resource.ts';
import {
  codingBy,
  concept,
  conceptBy,
  conceptOfTable,
  constantConcept,
  dateTime,
  element,
  extension,
  telecom,
  text,
} from '../dataTypes.ts';
import { location, organizationOfXon, practitioner, practitionerOf } from '../parties.ts';
import { all, apply, one } from '../rules.ts';
import type { Read } from '../rules.ts';
import { codeMap, codeSystem, terminology } from '../vocabulary.ts';
import { identifier, patientKey } from './patient.ts';

const participation = `${terminology}v3-ParticipationType`;

function participant(code: string, words: string): { with: Element } {
  const type = [{ coding: [{ system: participation, code, display: words }], text: words }];
  return { with: { type } };
}

function place(status: string): { with: Element } {
  return { with: { status } };
}

/** A place for the time being (PV1-11). */
const temporary = {
  with: {
    status: 'active',
    extension: [
      {
        url: 'http://hl7.org/fhir/StructureDefinition/subject-locationClassification',
        valueCodeableConcept: {
          coding: [{ system: 'http://hl7.org/fhir/ValueSet/subject-location', code: 'temporary' }],
        },
      },
    ],
  },
};

const importance = [
  one(
    16,
    extension('patient-importance', 'valueCodeableConcept', conceptOfTable('0099')),
    'extension[]',
  ),
];

const length: Read = (value) => {
  const days = decimalOf(value.text(1));
  return days === undefined
    ? undefined
    : { value: days, unit: 'days', system: 'http://unitsofmeasure.org', code: 'd' };
};

const visitNumber: Read = (value, conversion, path) => {
  const found = identifier(value, conversion, path) as Element | undefined;
  if (found !== undefined) {
    found['type'] = {
      coding: [{ system: `${terminology}v2-0203`, code: 'VN' }],
      text: 'visit number',
    };
  }
  return found;
};

const planned = (segment: Segment): boolean => segment.value(2).part(1) === 'P';
const present = (segment: Segment): boolean => !planned(segment);

const actCode = `${terminology}v3-ActCode`;
const mappedClass = codingBy('encounterClass');

/** The class as its table maps it; a class of FHIR's own beside it says more. */
const visitClass: Read = (value, conversion, path) =>
  value.size > 5 && codeSystem(value.text(6)) === actCode
    ? element({ system: actCode, code: value.text(4), display: value.text(5) })
    : mappedClass(value, conversion, path);

const encounter = [
  one(2, visitClass, 'class'),
  one(3, location, 'location[].location', { ...place('active'), when: present }),
  one(3, location, 'location[].location', { ...place('planned'), when: planned }),
  one(4, conceptBy('admissionType'), 'type[]'),
  one(5, identifier, 'hospitalization.preAdmissionIdentifier'),
  one(6, location, 'location[].location', place('completed')),
  all(7, practitioner, 'participant[].individual', participant('ATND', 'attender')),
  all(8, practitioner, 'participant[].individual', participant('REF', 'referrer')),
  all(9, practitioner, 'participant[].individual', participant('CON', 'consultant')),
  one(10, conceptBy('hospitalService'), 'serviceType'),
  one(11, location, 'location[].location', temporary),
  one(13, conceptBy('readmission'), 'hospitalization.reAdmission'),
  one(14, conceptOfTable('0023'), 'hospitalization.admitSource'),
  all(15, conceptBy('ambulatoryStatus'), 'hospitalization.specialArrangement[]'),
  one(16, conceptOfTable('0099'), 'hospitalization.specialCourtesy[]'),
  all(17, practitioner, 'participant[].individual', participant('ADM', 'admitter')),
  one(19, visitNumber, 'identifier[]'),
  one(36, conceptOfTable('0112'), 'hospitalization.dischargeDisposition'),
  one(38, conceptOfTable('0114'), 'hospitalization.dietPreference[]'),
  one(42, location, 'location[].location', place('reserved')),
  one(43, location, 'location[].location', place('planned')),
  one(44, dateTime, 'period.start'),
  one(45, dateTime, 'period.end'),
  all(50, identifier, 'identifier[]'),
  all(52, practitioner, 'participant[].individual', participant('PART', 'Participation')),
];

const classStatuses = codeMap('encounterStatus');
const eventStatuses = codeMap('eventEncounterStatus');

/**
 * PV1: the visit. Its status is what the tables make of class and end; an event that says more (a
 * cancelled admission, a discharge) has the last word, and none is ever promoted.
 */
export function mapVisit(
  segment: Segment,
  subject: Resource | undefined,
  conversion: Conversion,
): Resource {
  const number = patientKey(segment.values(19));
  const admitted = segment.field(44);
  const own =
    number === undefined && admitted !== '' && subject !== undefined
      ? `${subject.id}|${admitted}`
      : number;
  const resource = conversion.make('Encounter', own);
  apply(encounter, segment, resource, conversion);
  resource['status'] = statusOf(segment, conversion);
  resource['class'] ??= {
    system: 'http://terminology.hl7.org/CodeSystem/v3-NullFlavor',
    code: 'UNK',
  };
  if (subject !== undefined) {
    resource['subject'] = referenceTo(subject);
    apply(importance, segment, subject, conversion);
  }
  segment.markField(1);
  destination(segment, resource, conversion);
  episode(segment, resource, subject, conversion);
  financialClass(segment, subject, conversion);
  return resource;
}

/** A PV1 that says only that there is no visit (class `N`), as messages of a person have it. */
export function isNoVisit(segment: Segment): boolean {
  if (segment.text(2) !== 'N') return false;
  for (let field = 3; field <= segment.last; field++) if (segment.valued(field)) return false;
  segment.markField(1);
  return true;
}

function statusOf(segment: Segment, conversion: Conversion): string {
  const event = conversion.type === 'ADT' ? eventStatuses.get(conversion.event)?.code : undefined;
  if (event === 'cancelled' || event === 'finished') return event;
  if (segment.valued(45)) return 'finished';
  return classStatuses.get(segment.text(2))?.code ?? event ?? 'unknown';
}

/** DLD: where the patient was discharged to. */
function destination(segment: Segment, resource: Resource, conversion: Conversion): void {
  if (!segment.valued(37)) return;
  const value = segment.value(37);
  const code = value.text(1);
  if (code === '') return;
  const found = conversion.make('Location', `discharge|${code}`);
  fill(found, 'type', [{ coding: [{ system: `${terminology}v2-0113`, code }] }]);
  const hospitalization = (resource['hospitalization'] ??= {}) as Element;
  hospitalization['destination'] = referenceTo(found);
}

const episodeOfCare = [one(54, identifier, 'identifier[]')];

function episode(
  segment: Segment,
  visit: Resource,
  subject: Resource | undefined,
  conversion: Conversion,
): void {
  if (!segment.valued(54)) return;
  const found = conversion.make('EpisodeOfCare', patientKey([segment.value(54)]));
  fill(found, 'status', 'active');
  apply(episodeOfCare, segment, found, conversion);
  if (subject !== undefined) found['patient'] = referenceTo(subject);
  add(visit, 'episodeOfCare', referenceTo(found));
}

const coverageClass = [one(20, conceptOfTable('0064'), 'type')];

function financialClass(
  segment: Segment,
  subject: Resource | undefined,
  conversion: Conversion,
): void {
  if (!segment.valued(20) || subject === undefined) return;
  const coverage = conversion.make('Coverage', `${subject.id}|class|${segment.field(20)}`);
  coverage['status'] = 'active';
  coverage['beneficiary'] = referenceTo(subject);
  coverage['payor'] = [referenceTo(subject)];
  apply(coverageClass, segment, coverage, conversion);
}

const admission = [
  one(1, location, 'location[].location', place('planned')),
  one(3, concept, 'reasonCode[]'),
  one(
    8,
    extension(
      'http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedStartDate',
      'valueDateTime',
      dateTime,
    ),
    'extension[]',
  ),
  one(
    9,
    extension(
      'http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate',
      'valueDateTime',
      dateTime,
    ),
    'extension[]',
  ),
  one(11, length, 'length'),
  all(13, practitioner, 'participant[].individual', participant('REF', 'referrer')),
  one(
    22,
    (value) => element({ system: `${terminology}v2-0136`, code: value.text(1) }),
    'meta.security[]',
  ),
  one(25, conceptBy('encounterPriority'), 'priority'),
  one(38, extension('encounter-modeOfArrival', 'valueCoding', codingBy('arrival')), 'extension[]'),
];

/** PV2: more of the visit. Its description (PV2-12) is the narrative of the visit. */
export function mapVisitDetails(segment: Segment, visit: Resource, conversion: Conversion): void {
  apply(admission, segment, visit, conversion);
  const words = segment.valued(12) ? segment.value(12).whole() : '';
  if (words === '') return;
  const div = `<div xmlns="http://www.w3.org/1999/xhtml">${escaped(words)}</div>`;
  visit['text'] = { status: 'additional', div };
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** ROL or PRT: who takes part, as what, and for whom. */
export function mapRole(
  segment: Segment,
  owner: Resource | undefined,
  conversion: Conversion,
): void {
  const roleField = segment.name === 'ROL' ? 3 : 4;
  const organizationField = segment.name === 'ROL' ? 14 : 8;
  const person = segment.name === 'ROL' ? 4 : 5;
  const code = concept(segment.value(roleField), conversion, '') as Element | undefined;
  const who = segment.valued(person)
    ? practitionerOf(segment.value(person), conversion, `${segment.name}-${person}`)
    : undefined;
  const home = segment.valued(organizationField)
    ? organizationOfXon(segment.value(organizationField), conversion)
    : undefined;
  if (who === undefined && home === undefined) return;
  const role = conversion.make(
    'PractitionerRole',
    `${who?.id ?? ''}|${home?.id ?? ''}|${segment.field(roleField)}`,
  );
  if (code !== undefined) fill(role, 'code', [code]);
  if (who !== undefined) fill(role, 'practitioner', referenceTo(who));
  if (home !== undefined) fill(role, 'organization', referenceTo(home));
  apply(segment.name === 'ROL' ? rolRole : prtRole, segment, role, conversion);
  segment.markField(1);
  segment.markField(2);
  attach(role, code, owner);
}

const rolRole = [
  one(5, dateTime, 'period.start'),
  one(6, dateTime, 'period.end'),
  all(9, concept, 'specialty[]'),
  all(12, telecom(), 'telecom[]'),
  one(13, location, 'location[]'),
];

const prtRole = [
  one(6, concept, 'specialty[]'),
  all(9, location, 'location[]'),
  one(11, dateTime, 'period.start'),
  one(12, dateTime, 'period.end'),
  all(15, telecom(), 'telecom[]'),
];

function attach(role: Resource, code: Element | undefined, owner: Resource | undefined): void {
  const own = (code?.['coding'] as Element[] | undefined)?.[0]?.['code'];
  const reference = referenceTo(role);
  if (owner === undefined) return;
  switch (owner.resourceType) {
    case 'Patient':
      if (own === 'PP' || own === 'FHCP') add(owner, 'generalPractitioner', reference);
      break;
    case 'Encounter':
      add(
        owner,
        'participant',
        element({ type: code === undefined ? undefined : [code], individual: reference }),
      );
      break;
    case 'Observation':
    case 'DiagnosticReport':
      add(owner, 'performer', reference);
      break;
    case 'Procedure':
    case 'Immunization':
      add(owner, 'performer', element({ function: code, actor: reference }));
      break;
    case 'DocumentReference':
      add(owner, 'author', reference);
      break;
    default:
      break;
  }
}

/** DB1: a disability of the patient. */
export function mapDisability(segment: Segment, subject: Resource, conversion: Conversion): void {
  if (!segment.valued(4)) return;
  const found = conversion.make('Observation', undefined);
  found['status'] = 'final';
  found['code'] = constantConcept('http://loinc.org', '69858-9', 'Disability');
  found['subject'] = referenceTo(subject);
  segment.markField(1);
  const rules = [
    one(3, identifier, 'identifier[]'),
    one(
      4,
      (value) => ({ coding: [{ system: `${terminology}v2-0136`, code: value.text(1) }] }),
      'valueCodeableConcept',
    ),
    one(5, dateTime, 'effectivePeriod.start'),
    one(6, dateTime, 'effectivePeriod.end'),
    one(2, text, 'code.text'),
  ];
  apply(rules, segment, found, conversion);
}
