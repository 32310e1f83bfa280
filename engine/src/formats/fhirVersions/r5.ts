import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import {
  bothWays,
  codes,
  fhirVersion as versionOf,
  listOf,
  lost,
  move,
  moves,
  objectsOf,
  take,
  type Node,
  type Rule,
} from './rule.ts';

/** R4 has no resource that is called otherwise in R5 and means the same, but one. */
export const r5Renamed: Readonly<Record<string, string>> = {
  RequestOrchestration: 'RequestGroup',
};

/** A CodeableReference is a concept, a reference, or both; R4 has an element for each. */
function split(from: string, conceptName: string, referenceName: string): Rule {
  return bothWays(
    (node) => {
      for (const each of objectsOf(take(node, from))) {
        const { concept, reference } = each;
        put(node, conceptName, concept);
        put(node, referenceName, reference);
      }
    },
    (node) => {
      for (const concept of listOf(take(node, conceptName))) put(node, from, { concept });
      for (const reference of listOf(take(node, referenceName))) put(node, from, { reference });
    },
  );
}

function put(node: Node, name: string, value: Json | undefined): void {
  if (value === undefined) return;
  const there = node.members[name];
  node.members[name] = there === undefined ? [value] : [...listOf(there), value];
}

/** As `split`, where R4 has room for one. */
function splitOne(from: string, conceptName: string, referenceName: string): Rule {
  return bothWays(
    (node) => {
      const [first] = objectsOf(take(node, from));
      if (first?.['concept'] !== undefined) node.members[conceptName] = first['concept'];
      else if (first?.['reference'] !== undefined) node.members[referenceName] = first['reference'];
    },
    (node) => {
      const [concept, reference] = [take(node, conceptName), take(node, referenceName)];
      if (concept !== undefined) node.members[from] = { concept };
      else if (reference !== undefined) node.members[from] = { reference };
    },
  );
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

function participantsBack(node: Node): void {
  const system = 'http://terminology.hl7.org/CodeSystem/provenance-participant-type';
  for (const [name, code] of [
    ['recorder', 'enterer'],
    ['asserter', 'informant'],
  ] as const) {
    const actor = take(node, name);
    if (actor === undefined) continue;
    put(node, 'participant', { function: { coding: [{ system, code }] }, actor });
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

/** R4 has signs and what they stand on as parts of a piece of evidence. */
function evidence({ members }: Node): void {
  const found = objectsOf(members['evidence']);
  if (found.every(({ concept, reference }) => concept === undefined && reference === undefined))
    return;
  members['evidence'] = found.map(({ concept, reference, ...others }): Json => ({
    ...others,
    ...(concept !== undefined && { code: [concept] }),
    ...(reference !== undefined && { detail: [reference] }),
  }));
}

function evidenceBack(node: Node): void {
  for (const { code, detail, ...others } of objectsOf(take(node, 'evidence'))) {
    for (const concept of listOf(code)) put(node, 'evidence', { concept });
    for (const reference of listOf(detail)) put(node, 'evidence', { reference });
    for (const name of Object.keys(others)) node.lose(`evidence.${name}`, 'no-place');
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

function encounterReasonsBack(node: Node): void {
  for (const concept of listOf(take(node, 'reasonCode')))
    put(node, 'reason', { value: [{ concept }] });
  for (const reference of listOf(take(node, 'reasonReference'))) {
    put(node, 'reason', { value: [{ reference }] });
  }
}

function encounterDiagnosesBack(node: Node): void {
  const found = objectsOf(node.members['diagnosis']);
  if (found.length === 0) return;
  node.members['diagnosis'] = found.map(({ condition, use, ...others }): Json => ({
    ...others,
    ...(condition !== undefined && { condition: [{ reference: condition }] }),
    ...(use !== undefined && { use: [use] }),
  }));
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

/** Means of an organization or place without a purpose or a name are a contact of it. */
function organizationBack(node: Node): void {
  const contacts = objectsOf(take(node, 'contact')).map(({ name, ...rest }): Json => ({
    ...rest,
    ...(name !== undefined && { name: [name] }),
  }));
  const telecom = take(node, 'telecom');
  const isOrganization = node.path.endsWith('Organization');
  const [address, ...others] = isOrganization ? listOf(take(node, 'address')) : [];
  if (others.length > 0) node.lose('address', 'only-first');
  if (telecom !== undefined || address !== undefined) {
    put(node, 'contact', {
      ...(telecom !== undefined && { telecom }),
      ...(address !== undefined && { address }),
    });
  }
  for (const each of contacts) put(node, 'contact', each);
}

function documentContextBack(node: Node): void {
  const [context] = objectsOf(take(node, 'context'));
  if (context === undefined) return;
  const { encounter, event, ...others } = context;
  for (const [name, value] of Object.entries(others)) {
    const isKnown = /^(?:period|facilityType|practiceSetting)$/.test(name);
    if (isKnown) node.members[name] = value;
    else node.lose(`context.${name}`, 'no-place');
  }
  if (encounter !== undefined) node.members['context'] = encounter;
  for (const concept of listOf(event)) put(node, 'event', { concept });
}

/** A statement is recorded; whether the drug is taken is another element. */
function adherenceBack(node: Node): void {
  const { status } = node.members;
  const code = status === 'active' ? 'taking' : status === 'not-taken' ? 'not-taking' : undefined;
  if (status === 'entered-in-error' || typeof status !== 'string') return;
  node.members['status'] = 'recorded';
  if (code === undefined) {
    if (status !== 'unknown') node.lose('status', 'value-unknown');
    return;
  }
  const system = 'http://hl7.org/fhir/CodeSystem/medication-statement-adherence';
  node.members['adherence'] = { code: { coding: [{ system, code }] } };
}

const fhirVersion = versionOf('5.0.0');

/** What R5 calls otherwise or has in another shape. */
export const r5Rules: Readonly<Record<string, readonly Rule[]>> = {
  Dosage: moves('asNeeded>asNeededBoolean asNeededFor>asNeededCodeableConcept'),
  CapabilityStatement: [fhirVersion],
  StructureDefinition: [fhirVersion],
  AllergyIntolerance: [
    bothWays(participants, participantsBack),
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
  Appointment: [
    reason,
    move('cancellationDate', 'cancelationDate'),
    bothWays(noteAsComment, ({ members }) => {
      const { comment } = members;
      delete members['comment'];
      if (comment !== undefined) members['note'] = [{ text: comment }];
    }),
  ],
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
  Condition: [bothWays(participants, participantsBack), bothWays(evidence, evidenceBack)],
  Consent: [lost('decision'), move('date', 'dateTime'), move('grantor', 'performer')],
  Coverage: [move('insurer', 'payor'), lost('kind')],
  DeviceRequest: [splitOne('code', 'codeCodeableConcept', 'codeReference'), reason],
  DiagnosticReport: [lost('supportingInfo'), lost('composition')],
  DocumentReference: [
    bothWays((node) => {
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
    }, documentContextBack),
    bothWays(
      (node) => {
        const [attester, ...others] = objectsOf(take(node, 'attester'));
        if (attester?.['party'] !== undefined) node.members['authenticator'] = attester['party'];
        if (others.length > 0) node.lose('attester', 'only-first');
      },
      (node) => {
        const party = take(node, 'authenticator');
        if (party !== undefined) node.members['attester'] = [{ party }];
      },
    ),
  ],
  'DocumentReference.content': [
    bothWays(
      (node) => {
        const [profile] = objectsOf(take(node, 'profile'));
        if (profile?.['valueCoding'] !== undefined) node.members['format'] = profile['valueCoding'];
      },
      (node) => {
        const valueCoding = take(node, 'format');
        if (valueCoding !== undefined) node.members['profile'] = [{ valueCoding }];
      },
    ),
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
    codes(
      'status',
      {
        discharged: 'finished',
        completed: 'finished',
        discontinued: 'cancelled',
        'on-hold': 'in-progress',
      },
      {
        finished: 'completed',
        arrived: 'in-progress',
        triaged: 'in-progress',
        onleave: 'on-hold',
      },
    ),
    bothWays(encounterReasons, encounterReasonsBack),
    bothWays(encounterDiagnoses, encounterDiagnosesBack),
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
    bothWays(
      (node) => {
        const [source] = objectsOf(take(node, 'informationSource'));
        if (source?.['concept'] !== undefined) node.members['reportOrigin'] = source['concept'];
      },
      move('informationSource', 'reportOrigin').back ?? (() => undefined),
    ),
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
  Location: [move('form', 'physicalType'), bothWays(organization, organizationBack)],
  Medication: [move('doseForm', 'form'), move('marketingAuthorizationHolder', 'manufacturer')],
  'Medication.ingredient': [
    splitOne('item', 'itemCodeableConcept', 'itemReference'),
    move('strengthRatio', 'strength'),
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
    move('informationSource', 'reportedReference'),
    move('reported', 'reportedBoolean'),
  ],
  MedicationStatement: [
    medication,
    reason,
    ...moves('encounter>context'),
    codes('status', { recorded: 'unknown', draft: 'unknown' }),
    bothWays((node) => {
      const [coding] = objectsOf(objectsOf(node.members['adherence'])[0]?.['code']);
      const [code] = objectsOf(coding?.['coding']);
      if (code?.['code'] === 'not-taking') node.members['status'] = 'not-taken';
      else if (code?.['code'] === 'taking') node.members['status'] = 'active';
      if (node.members['adherence'] !== undefined) node.lose('adherence', 'no-place');
      take(node, 'adherence');
    }, adherenceBack),
    lost('renderedDosageInstruction', 'relatedClinicalInformation'),
  ],
  Observation: [
    lost('triggeredBy', 'bodyStructure', 'instantiatesCanonical', 'instantiatesReference'),
  ],
  Organization: [bothWays(organization, organizationBack)],
  Practitioner: [
    bothWays(
      (node) => {
        const found = objectsOf(node.members['communication']);
        if (found.some(({ language }) => language !== undefined)) {
          node.members['communication'] = found.flatMap(({ language }) => language ?? []);
        }
      },
      ({ members }) => {
        const found = objectsOf(members['communication']);
        if (found.length > 0)
          members['communication'] = found.map((language): Json => ({ language }));
      },
    ),
  ],
  PractitionerRole: [bothWays(organization, organizationBack)],
  Procedure: [
    reason,
    ...moves(
      'occurrenceDateTime>performedDateTime occurrencePeriod>performedPeriod occurrenceString>performedString occurrenceAge>performedAge occurrenceRange>performedRange',
    ),
    split('used', 'usedCode', 'usedReference'),
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
