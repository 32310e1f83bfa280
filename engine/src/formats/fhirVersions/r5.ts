import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { codes, listOf, lost, move, moves, objectsOf, take, type Node, type Rule } from './rule.ts';

/** R4 has no resource that is called otherwise in R5 and means the same, but one. */
export const r5Renamed: Readonly<Record<string, string>> = {
  RequestOrchestration: 'RequestGroup',
};

/** A CodeableReference is a concept, a reference, or both; R4 has an element for each. */
function split(from: string, conceptName: string, referenceName: string): Rule {
  return (node) => {
    for (const each of objectsOf(take(node, from))) {
      const { concept, reference } = each;
      put(node, conceptName, concept);
      put(node, referenceName, reference);
    }
  };
}

function put(node: Node, name: string, value: Json | undefined): void {
  if (value === undefined) return;
  const there = node.members[name];
  node.members[name] = there === undefined ? [value] : [...listOf(there), value];
}

/** As `split`, where R4 has room for one. */
function splitOne(from: string, conceptName: string, referenceName: string): Rule {
  return (node) => {
    const [first] = objectsOf(take(node, from));
    if (first?.['concept'] !== undefined) node.members[conceptName] = first['concept'];
    else if (first?.['reference'] !== undefined) node.members[referenceName] = first['reference'];
  };
}

const reason = split('reason', 'reasonCode', 'reasonReference');
const medication = splitOne('medication', 'medicationCodeableConcept', 'medicationReference');

/** Who recorded and who asserted were elements of their own. */
function participants(node: Node): void {
  for (const { function: role, actor } of objectsOf(take(node, 'participant'))) {
    const [coding] = objectsOf(isJsonObject(role) ? role['coding'] : undefined);
    const name = {
      author: 'recorder',
      enterer: 'recorder',
      informant: 'asserter',
      verifier: 'asserter',
    }[typeof coding?.['code'] === 'string' ? coding['code'] : ''];
    if (name !== undefined && node.members[name] === undefined && actor !== undefined) {
      node.members[name] = actor;
    } else node.lose('participant', 'no-place');
  }
}

/** R4 has one comment in words; who made a note and when has no place there. */
function noteAsComment(node: Node): void {
  const notes = objectsOf(take(node, 'note'));
  const words = notes.map(({ text }) => text).filter((text) => typeof text === 'string');
  if (words.length > 0) node.members['comment'] = words.join('\n');
  for (const note of notes) {
    for (const name of Object.keys(note))
      if (name !== 'text') node.lose(`note.${name}`, 'no-place');
  }
}

function encounterReasons(node: Node): void {
  for (const { use, value } of objectsOf(take(node, 'reason'))) {
    if (use !== undefined) node.lose('reason.use', 'no-place');
    for (const { concept, reference } of objectsOf(value)) {
      put(node, 'reasonCode', concept);
      put(node, 'reasonReference', reference);
    }
  }
}

function encounterDiagnoses(node: Node): void {
  const found = objectsOf(node.members['diagnosis']);
  if (found.length === 0) return;
  node.members['diagnosis'] = found.flatMap(({ condition, use }) => {
    const [role] = listOf(use);
    return objectsOf(condition).flatMap(({ reference, concept }): Json[] => {
      if (reference === undefined) {
        if (concept !== undefined) put(node, 'reasonCode', concept);
        return [];
      }
      return [{ condition: reference, ...(role !== undefined && { use: role }) }];
    });
  });
}

/** Contacts of an organization have a purpose, a name, means and an address each. */
function organization(node: Node): void {
  for (const contact of objectsOf(take(node, 'contact'))) {
    const { name, ...rest } = contact;
    const [first] = listOf(name);
    if (contact['purpose'] === undefined && first === undefined) {
      node.members['telecom'] ??= rest['telecom'] ?? [];
      node.members['address'] ??= listOf(rest['address']);
    } else {
      put(node, 'contact', { ...rest, ...(first !== undefined && { name: first }) });
    }
  }
}

const fhirVersion: Rule = ({ members }) => {
  if (members['fhirVersion'] !== undefined) members['fhirVersion'] = '4.0.1';
};

/** What R5 calls otherwise or has in another shape. */
export const r5Rules: Readonly<Record<string, readonly Rule[]>> = {
  CapabilityStatement: [fhirVersion],
  StructureDefinition: [fhirVersion],
  AllergyIntolerance: [
    participants,
    ({ members }) => {
      const { type } = members;
      const [coding] = objectsOf(isJsonObject(type) ? type['coding'] : undefined);
      if (typeof coding?.['code'] === 'string') members['type'] = coding['code'];
    },
  ],
  'AllergyIntolerance.reaction': [
    ({ members }) => {
      const found = objectsOf(members['manifestation']);
      if (found.some(({ concept }) => concept !== undefined)) {
        members['manifestation'] = found.flatMap(({ concept }) => concept ?? []);
      }
    },
  ],
  Appointment: [reason, move('cancellationDate', 'cancelationDate'), noteAsComment],
  CarePlan: [
    move('custodian', 'author'),
    ({ members }) => {
      const found = objectsOf(members['addresses']);
      if (found.length > 0)
        members['addresses'] = found.flatMap(({ reference }) => reference ?? []);
    },
  ],
  CareTeam: [reason],
  Communication: [reason],
  CommunicationRequest: [reason, move('informationProvider', 'sender')],
  Condition: [participants],
  Consent: [lost('decision'), move('date', 'dateTime'), move('grantor', 'performer')],
  Coverage: [move('insurer', 'payor'), lost('kind')],
  DeviceRequest: [splitOne('code', 'codeCodeableConcept', 'codeReference'), reason],
  DiagnosticReport: [lost('supportingInfo'), lost('composition')],
  DocumentReference: [
    (node) => {
      const encounter = take(node, 'context');
      const made: JsonObject = {};
      if (encounter !== undefined) made['encounter'] = encounter;
      for (const [name, to] of [
        ['period', 'period'],
        ['facilityType', 'facilityType'],
        ['practiceSetting', 'practiceSetting'],
      ] as const) {
        const value = take(node, name);
        if (value !== undefined) made[to] = value;
      }
      const events = objectsOf(take(node, 'event')).flatMap(({ concept }) => concept ?? []);
      if (events.length > 0) made['event'] = events;
      if (Object.keys(made).length > 0) node.members['context'] = made;
    },
    (node) => {
      const [attester, ...others] = objectsOf(take(node, 'attester'));
      if (attester?.['party'] !== undefined) node.members['authenticator'] = attester['party'];
      if (others.length > 0) node.lose('attester', 'only-first');
    },
  ],
  'DocumentReference.content': [
    (node) => {
      const [profile] = objectsOf(take(node, 'profile'));
      if (profile?.['valueCoding'] !== undefined) node.members['format'] = profile['valueCoding'];
    },
  ],
  'DocumentReference.relatesTo': [
    ({ members }) => {
      const { code } = members;
      const [coding] = objectsOf(isJsonObject(code) ? code['coding'] : undefined);
      if (typeof coding?.['code'] === 'string') members['code'] = coding['code'];
    },
  ],
  Encounter: [
    ...moves('actualPeriod>period admission>hospitalization'),
    codes('status', {
      discharged: 'finished',
      completed: 'finished',
      discontinued: 'cancelled',
      'on-hold': 'in-progress',
    }),
    encounterReasons,
    encounterDiagnoses,
    lost('subjectStatus', 'plannedStartDate', 'plannedEndDate', 'careTeam'),
    (node) => {
      const [first] = listOf(node.members['class']);
      if (first !== undefined) node.members['class'] = first;
    },
  ],
  'Encounter.participant': [move('actor', 'individual')],
  'Encounter.location': [move('form', 'physicalType')],
  FamilyMemberHistory: [reason, lost('participant')],
  ImagingStudy: [
    reason,
    ({ members }) => {
      const found = listOf(members['modality']);
      if (found.length > 0) members['modality'] = found;
    },
  ],
  Immunization: [
    reason,
    (node) => {
      const [source] = objectsOf(take(node, 'informationSource'));
      if (source?.['concept'] !== undefined) node.members['reportOrigin'] = source['concept'];
    },
    (node) => {
      const [maker] = objectsOf(take(node, 'manufacturer'));
      if (maker !== undefined) node.members['manufacturer'] = maker['reference'] ?? maker;
    },
  ],
  'Immunization.protocolApplied': moves(
    'doseNumber>doseNumberString seriesDoses>seriesDosesString',
  ),
  'Immunization.reaction': [
    (node) => {
      const [found] = objectsOf(take(node, 'manifestation'));
      if (found?.['reference'] !== undefined) node.members['detail'] = found['reference'];
      else if (found !== undefined) node.lose('manifestation', 'no-place');
    },
  ],
  Location: [move('form', 'physicalType'), organization],
  Medication: [move('doseForm', 'form'), move('marketingAuthorizationHolder', 'manufacturer')],
  'Medication.ingredient': [
    splitOne('item', 'itemCodeableConcept', 'itemReference'),
    (node) => {
      const ratio = take(node, 'strengthRatio');
      if (ratio !== undefined) node.members['strength'] = ratio;
    },
  ],
  MedicationAdministration: [
    medication,
    reason,
    ...moves(
      'occurenceDateTime>effectiveDateTime occurencePeriod>effectivePeriod encounter>context',
    ),
  ],
  'MedicationAdministration.performer': [codeableActor],
  MedicationDispense: [
    medication,
    ...moves('encounter>context'),
    (node) => {
      const [why] = objectsOf(take(node, 'notPerformedReason'));
      if (why?.['concept'] !== undefined)
        node.members['statusReasonCodeableConcept'] = why['concept'];
      else if (why?.['reference'] !== undefined)
        node.members['statusReasonReference'] = why['reference'];
    },
    lost('recorded', 'renderedDosageInstruction'),
  ],
  MedicationRequest: [
    medication,
    reason,
    lost('renderedDosageInstruction', 'effectiveDosePeriod', 'device'),
    (node) => {
      const [source] = listOf(take(node, 'informationSource'));
      if (source !== undefined) node.members['reportedReference'] = source;
    },
  ],
  MedicationStatement: [
    medication,
    reason,
    ...moves('encounter>context'),
    codes('status', { recorded: 'unknown', draft: 'unknown' }),
    (node) => {
      const [coding] = objectsOf(objectsOf(node.members['adherence'])[0]?.['code']);
      const [code] = objectsOf(coding?.['coding']);
      if (code?.['code'] === 'not-taking') node.members['status'] = 'not-taken';
      else if (code?.['code'] === 'taking') node.members['status'] = 'active';
      if (node.members['adherence'] !== undefined) node.lose('adherence', 'no-place');
      take(node, 'adherence');
    },
    lost('renderedDosageInstruction', 'relatedClinicalInformation'),
  ],
  Observation: [
    lost('triggeredBy', 'bodyStructure', 'instantiatesCanonical', 'instantiatesReference'),
  ],
  Organization: [organization],
  Practitioner: [
    (node) => {
      const found = objectsOf(node.members['communication']);
      if (found.some(({ language }) => language !== undefined)) {
        node.members['communication'] = found.flatMap(({ language }) => language ?? []);
      }
    },
  ],
  PractitionerRole: [organization],
  Procedure: [
    reason,
    ...moves(
      'occurrenceDateTime>performedDateTime occurrencePeriod>performedPeriod occurrenceString>performedString occurrenceAge>performedAge occurrenceRange>performedRange',
    ),
    (node) => {
      const used = objectsOf(take(node, 'used'));
      for (const { concept, reference } of used) {
        put(node, 'usedCode', concept);
        put(node, 'usedReference', reference);
      }
    },
    lost('recorded', 'occurrenceTiming'),
  ],
  ServiceRequest: [
    (node) => {
      const [code] = objectsOf(take(node, 'code'));
      if (code?.['concept'] !== undefined) node.members['code'] = code['concept'];
      else if (code?.['reference'] !== undefined) node.lose('code.reference', 'no-place');
    },
    reason,
  ],
};

function codeableActor({ members }: Node): void {
  const { actor } = members;
  if (isJsonObject(actor) && isJsonObject(actor['reference'])) {
    members['actor'] = actor['reference'] as Json;
  }
}
