import type { Segment } from '../../../../formats/hl7v2/segment.ts';
import { add, fill, referenceTo } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { Element, Reference, Resource } from '../../resource.ts';
import {
  code,
  concept,
  conceptBy,
  constantConcept,
  dateTime,
  element,
  entityIdentifier,
  extension,
  wholeText,
} from '../dataTypes.ts';
import { location, practitioner } from '../parties.ts';
import { all, apply, one, unless } from '../rules.ts';
import type { Read } from '../rules.ts';
import { codeMap, terminology } from '../vocabulary.ts';

const clinical = `${terminology}allergyintolerance-clinical`;
const verification = `${terminology}condition-ver-status`;

const manifestation: Read = (value) => element({ text: value.whole() });
const entityId = entityIdentifier();

const allergy = [
  one(2, code('allergyCategory'), 'category[]'),
  one(2, code('allergyType'), 'type'),
  one(3, concept, 'code'),
  one(4, (value) => criticalities.get(value.text(1))?.code, 'criticality'),
  one(4, (value) => severities.get(value.text(1))?.code, 'reaction[0].severity'),
  all(5, manifestation, 'reaction[0].manifestation[]'),
];

const criticalities = codeMap('criticality');
const severities = codeMap('reactionSeverity');

const allergyOnset = [one(6, dateTime, 'onsetDateTime'), one(6, dateTime, 'reaction[0].onset')];

const adverseReaction = [
  one(7, entityId, 'identifier[]'),
  one(11, dateTime, 'onsetDateTime'),
  one(12, wholeText, 'onsetString', { when: unless(11) }),
  one(13, dateTime, 'recordedDate'),
];

/**
 * AL1 or IAM: an allergy. Active unless the message says otherwise (IAM-17); an IAM-6 of `D` takes
 * it back. A reaction without a manifestation has no place in FHIR: its severity is the criticality.
 */
export function mapAllergy(segment: Segment, subject: Resource, conversion: Conversion): Resource {
  const own = allergyKey(segment);
  const key = own === undefined ? undefined : `${subject.id}|${own}`;
  const resource = conversion.state('AllergyIntolerance', key, segment);
  resource['patient'] = referenceTo(subject);
  apply(allergy, segment, resource, conversion);
  if (segment.name === 'IAM') apply(adverseReaction, segment, resource, conversion);
  else apply(allergyOnset, segment, resource, conversion);
  const status = segment.name === 'IAM' ? segment.text(17) : '';
  const state = allergyStates[status] ?? 'active';
  resource['clinicalStatus'] = constantConcept(clinical, state);
  const reaction = (resource['reaction'] as Element[] | undefined)?.[0];
  if (reaction !== undefined && reaction['manifestation'] === undefined)
    delete resource['reaction'];
  segment.markField(1);
  if (segment.name === 'IAM' && segment.text(6) === 'D') removeAllergy(resource);
  return resource;
}

/** Its own number, else what it is to; without a code, the words for the reaction. */
function allergyKey(segment: Segment): string | undefined {
  if (segment.name === 'IAM' && segment.valued(7)) return segment.field(7);
  if (segment.valued(3)) return segment.field(3);
  return segment.valued(5) ? `|${segment.field(2)}|${segment.field(5)}` : undefined;
}

/** HL7 table 0438. */
const allergyStates: Readonly<Record<string, string>> = {
  I: 'inactive',
  U: 'active',
  S: 'active',
  C: 'active',
};

function removeAllergy(resource: Resource): void {
  delete resource['clinicalStatus'];
  resource['verificationStatus'] = constantConcept(
    `${terminology}allergyintolerance-verification`,
    'entered-in-error',
  );
}

const diagnosis = [
  one(3, concept, 'code'),
  one(4, wholeText, 'code.text'),
  one(5, dateTime, 'onsetDateTime'),
  all(16, practitioner, 'asserter'),
  one(19, extension('condition-assertedDate', 'valueDateTime', dateTime), 'extension[]'),
  one(19, dateTime, 'recordedDate'),
  one(20, entityId, 'identifier[]'),
];

/** DG1: a condition, and its part in the visit. DG1-21 `D` says that it never was. */
export function mapDiagnosis(
  segment: Segment,
  subject: Resource,
  visit: Resource | undefined,
  conversion: Conversion,
): Resource {
  const own = segment.valued(20)
    ? segment.field(20)
    : `${segment.field(3)}|${segment.field(4)}|${segment.field(6)}|${visit?.id ?? ''}`;
  const resource = conversion.state('Condition', `${subject.id}|${own}`, segment);
  resource['subject'] = referenceTo(subject);
  apply(diagnosis, segment, resource, conversion);
  segment.markField(1);
  segment.markField(2);
  if (segment.text(21) === 'D')
    resource['verificationStatus'] = constantConcept(verification, 'entered-in-error');
  if (segment.valued(22)) dueTo(segment, resource, subject, conversion);
  if (visit !== undefined) {
    const entry: Element = { condition: referenceTo(resource) };
    apply(part, segment, entry, conversion);
    add(visit, 'diagnosis', entry);
    episodeDiagnosis(segment, visit, resource, conversion);
  }
  return resource;
}

/** The diagnosis in the episode of care that the visit is of. */
function episodeDiagnosis(
  segment: Segment,
  visit: Resource,
  resource: Resource,
  conversion: Conversion,
): void {
  const [reference] = (visit['episodeOfCare'] ?? []) as Reference[];
  const episode = reference === undefined ? undefined : conversion.find(reference);
  if (episode === undefined) return;
  const entry: Element = { condition: referenceTo(resource) };
  apply(episodePart, segment, entry, conversion);
  add(episode, 'diagnosis', entry);
}

const rank = one(
  15,
  (value) => (Number(value.text(1)) > 0 ? Number(value.text(1)) : undefined),
  'rank',
);
const part = [one(6, conceptBy('diagnosisType'), 'use'), rank];
const episodePart = [one(6, conceptBy('diagnosisType'), 'role'), rank];

function dueTo(
  segment: Segment,
  resource: Resource,
  subject: Resource,
  conversion: Conversion,
): void {
  const parent = conversion.make('Condition', `${subject.id}|${segment.field(22)}`);
  const found = entityId(segment.value(22), conversion, 'DG1-22');
  if (found !== undefined) fill(parent, 'identifier', [found]);
  fill(parent, 'subject', referenceTo(subject));
  const url = 'http://hl7.org/fhir/StructureDefinition/condition-dueTo';
  add(resource, 'extension', { url, valueReference: referenceTo(parent) });
}

function performer(own: string): { with: Element } {
  return { with: { function: constantConcept('http://snomed.info/sct', own) } };
}

const procedure = [
  one(3, concept, 'code'),
  one(4, wholeText, 'code.text', { when: (segment) => !segment.value(3).has(9) }),
  one(5, dateTime, 'performedDateTime'),
  one(6, concept, 'category'),
  all(8, practitioner, 'performer[].actor', performer('88189002')),
  all(11, practitioner, 'performer[].actor', performer('304292004')),
  all(12, practitioner, 'performer[].actor'),
  one(15, concept, 'reasonCode[]'),
  one(19, entityId, 'identifier[]'),
  one(23, location, 'location'),
];

/** PR1: a procedure. The message does not say whether it was done: `unknown`, as the tables have it. */
export function mapProcedure(
  segment: Segment,
  subject: Resource,
  visit: Resource | undefined,
  conversion: Conversion,
): Resource {
  const own = segment.valued(19)
    ? segment.field(19)
    : `${segment.field(3)}|${segment.field(5)}|${visit?.id ?? ''}`;
  const resource = conversion.state('Procedure', `${subject.id}|${own}`, segment);
  resource['subject'] = referenceTo(subject);
  if (visit !== undefined) resource['encounter'] = referenceTo(visit);
  apply(procedure, segment, resource, conversion);
  resource['status'] = segment.text(20) === 'D' ? 'entered-in-error' : 'unknown';
  segment.markField(1);
  if (segment.valued(25)) {
    const parent = conversion.make('Procedure', `${subject.id}|${segment.field(25)}`);
    fill(parent, 'identifier', [entityId(segment.value(25), conversion, 'PR1-25')]);
    fill(parent, 'status', 'unknown');
    fill(parent, 'subject', referenceTo(subject));
    if (parent !== resource) add(resource, 'partOf', referenceTo(parent));
  }
  return resource;
}

const problem = [
  one(3, concept, 'code'),
  one(4, entityId, 'identifier[]'),
  one(7, dateTime, 'recordedDate'),
  one(9, dateTime, 'abatementDateTime'),
  one(13, verificationOf(), 'verificationStatus'),
  one(16, dateTime, 'onsetDateTime'),
  one(17, wholeText, 'onsetString', { when: unless(16) }),
  one(26, concept, 'severity'),
];

/** Words of PRB-13 and PRB-14 that FHIR has too; others stay codes of the sender's. */
function verificationOf(): Read {
  return (value, conversion, path) => {
    const found = concept(value, conversion, path) as Element | undefined;
    const words = `${value.text(1)} ${value.text(2)}`.toLowerCase();
    const state = /refut|rule.?out|unlikely/.test(words)
      ? 'refuted'
      : /provision|differential|tentative/.test(words)
        ? 'provisional'
        : /\bconfirm/.test(words)
          ? 'confirmed'
          : 'unconfirmed';
    const coding = [
      { system: verification, code: state },
      ...((found?.['coding'] as Element[] | undefined) ?? []),
    ];
    return { ...found, coding };
  };
}

/** PRB: a problem of the patient's list. PRB-1 `DE` takes it back; resolved is what the message says. */
export function mapProblem(segment: Segment, subject: Resource, conversion: Conversion): Resource {
  const own = segment.valued(4) ? segment.field(4) : segment.field(3);
  const resource = conversion.state('Condition', `${subject.id}|problem|${own}`, segment);
  resource['subject'] = referenceTo(subject);
  resource['category'] = [constantConcept(`${terminology}condition-category`, 'problem-list-item')];
  apply(problem, segment, resource, conversion);
  const action = segment.text(1);
  segment.markField(2);
  if (action === 'DE') {
    resource['verificationStatus'] = constantConcept(verification, 'entered-in-error');
    return resource;
  }
  const words = segment.valued(14)
    ? `${segment.text(14)} ${segment.text(14, 2)}`.toLowerCase()
    : '';
  const state =
    segment.valued(9) || /resolved/.test(words)
      ? 'resolved'
      : /inactive/.test(words)
        ? 'inactive'
        : 'active';
  resource['clinicalStatus'] = constantConcept(`${terminology}condition-clinical`, state);
  return resource;
}

const note = [one(5, practitioner, 'authorReference'), one(6, dateTime, 'time')];

/** NTE: a note on what stands before it. Its repetitions are lines of one text. */
export function noteOf(segment: Segment, conversion: Conversion): Element | undefined {
  const lines = segment.values(3).map((value) => value.whole());
  const found: Element = {};
  apply(note, segment, found, conversion);
  segment.markField(1);
  segment.markField(2);
  const words = lines.join('\n');
  return words.trim() === '' ? undefined : { ...found, text: words };
}
