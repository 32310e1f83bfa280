import { isJsonObject, type Json } from '../../base/json.ts';
import { eventCodes, stu3Clinical } from './stu3Clinical.ts';
import { stu3Types } from './stu3Types.ts';
import {
  codes,
  concept,
  denied,
  joined,
  listOf,
  lost,
  move,
  moves,
  noted,
  objectsOf,
  take,
  type Node,
  type Rule,
} from './rule.ts';

export const dstu2Renamed: Readonly<Record<string, string>> = {
  BodySite: 'BodyStructure',
  DiagnosticOrder: 'ServiceRequest',
  EligibilityRequest: 'CoverageEligibilityRequest',
  EligibilityResponse: 'CoverageEligibilityResponse',
  MedicationOrder: 'MedicationRequest',
  ProcedureRequest: 'ServiceRequest',
  ReferralRequest: 'ServiceRequest',
  Conformance: 'CapabilityStatement',
  DeviceUseRequest: 'DeviceRequest',
};

const terminology = 'http://terminology.hl7.org/CodeSystem/';

/** One status was of two kinds: what is the matter, and how sure it is. */
function allergyStatus(node: Node): void {
  const status = take(node, 'status');
  if (typeof status !== 'string') return;
  const certain: Readonly<Record<string, string>> = {
    unconfirmed: 'unconfirmed',
    confirmed: 'confirmed',
    refuted: 'refuted',
    'entered-in-error': 'entered-in-error',
  };
  const clinical: Readonly<Record<string, string>> = {
    active: 'active',
    inactive: 'inactive',
    resolved: 'resolved',
    unconfirmed: 'active',
    confirmed: 'active',
  };
  const system = `${terminology}allergyintolerance`;
  const put = (name: string, suffix: string, code: string | undefined): void => {
    if (code !== undefined)
      node.members[name] = { coding: [{ system: `${system}-${suffix}`, code }] };
  };
  put('verificationStatus', 'verification', certain[status]);
  put('clinicalStatus', 'clinical', clinical[status]);
}

/** Family names were lists of parts. */
const familyName: Rule = ({ members }) => {
  if (Array.isArray(members['family']))
    members['family'] = members['family'].filter((part) => typeof part === 'string').join(' ');
};

/** Dosages of one drug: text, timing, and quantities that moved into pairs. */
function dosage(node: Node): void {
  const { members } = node;
  for (const [name, to] of [
    ['quantityQuantity', 'doseQuantity'],
    ['quantityRange', 'doseRange'],
    ['quantity', 'doseQuantity'],
  ] as const) {
    const value = take(node, name);
    if (value !== undefined) members[to] = value;
  }
  const instructions = take(node, 'additionalInstructions');
  if (instructions !== undefined) members['additionalInstruction'] = listOf(instructions);
  const site = take(node, 'siteCodeableConcept');
  if (site !== undefined) members['site'] = site;
  if (take(node, 'siteReference') !== undefined) node.lose('siteReference', 'no-place');
  for (const rule of stu3Types['Dosage'] ?? []) rule(node);
}

/** What was used of a reason or a medication that could be either. */
const reasons = moves('reasonCodeableConcept>reasonCode reasonReference>reasonReference');
const valueSet = joined('valueSet', 'valueSetUri', 'valueSetReference');

function roles(node: Node): void {
  if (take(node, 'practitionerRole') !== undefined) node.lose('practitionerRole', 'no-place');
}

function documentIndexed(node: Node): void {
  const created = take(node, 'created');
  if (created !== undefined) node.lose('created', 'no-place');
}

function vaccination(node: Node): void {
  const performer = take(node, 'performer');
  const requester = take(node, 'requester');
  const system = `${terminology}v2-0443`;
  const made = [
    ...listOf(performer).map((actor): Json => ({
      function: { coding: [{ system, code: 'AP' }] },
      actor,
    })),
    ...listOf(requester).map((actor): Json => ({
      function: { coding: [{ system, code: 'OP' }] },
      actor,
    })),
  ];
  if (made.length > 0) node.members['performer'] = made;
}

function takenStatus(node: Node): void {
  if (take(node, 'wasNotTaken') === true) node.members['status'] = 'not-taken';
}

/** Orders of tests: one code in R4; a second one would be a second request. */
function items(node: Node): void {
  const [first, ...others] = objectsOf(take(node, 'item'));
  if (first?.['code'] !== undefined) node.members['code'] = first['code'];
  if (first?.['bodySite'] !== undefined) node.members['bodySite'] = listOf(first['bodySite']);
  if (first?.['specimen'] !== undefined) node.members['specimen'] ??= listOf(first['specimen']);
  if (others.length > 0) node.members['orderDetail'] = others.flatMap(({ code }) => code ?? []);
  if (others.length > 0) node.lose('item', 'only-first');
  if (take(node, 'event') !== undefined) node.lose('event', 'no-place');
}

const requestCodes = {
  proposed: 'draft',
  requested: 'active',
  received: 'active',
  accepted: 'active',
  'in-progress': 'active',
  review: 'active',
  suspended: 'on-hold',
  rejected: 'revoked',
  failed: 'revoked',
  cancelled: 'revoked',
  aborted: 'revoked',
};

const intended: Rule = ({ members }) => {
  members['intent'] ??= 'order';
};

/** Practice of ages ago: what hospitals keep of DSTU2. */
export const dstu2Rules: Readonly<Record<string, readonly Rule[]>> = {
  HumanName: [familyName],
  Dosage: [dosage],
  Signature: [
    ...joined('who', 'whoReference', 'whoUri'),
    ...moves('contentType>sigFormat blob>data'),
  ],
  Binary: [move('content', 'data')],
  AllergyIntolerance: [
    allergyStatus,
    ...moves('substance>code reporter>asserter lastOccurence>lastOccurrence'),
    codes('criticality', { CRITL: 'low', CRITH: 'high', CRITU: 'unable-to-assess' }),
    (node) => {
      const { category } = node.members;
      if (category === 'other') {
        take(node, 'category');
        node.lose('category', 'value-unknown');
      }
    },
  ],
  'AllergyIntolerance.reaction': [lost('certainty')],
  Appointment: moves('type>appointmentType reason>reasonCode'),
  CarePlan: [
    ...moves('context>encounter'),
    (node) => {
      const [first, ...others] = listOf(take(node, 'author'));
      if (first !== undefined) node.members['author'] = first;
      if (others.length > 0) node.members['contributor'] = others;
    },
    codes('status', { proposed: 'draft', cancelled: 'revoked' }),
    ({ members }) => {
      members['intent'] ??= 'plan';
    },
    lost('modified', 'participant', 'relatedPlan'),
    noted('note'),
  ],
  Condition: [
    ...moves('patient>subject dateRecorded>recordedDate'),
    concept('clinicalStatus', `${terminology}condition-clinical`),
    concept('verificationStatus', `${terminology}condition-ver-status`),
    lost('abatementBoolean'),
    textNotes('notes'),
  ],
  'Condition.evidence': [
    ({ members }) => {
      if (isJsonObject(members['code'])) members['code'] = [members['code']];
    },
  ],
  DiagnosticOrder: [
    items,
    ...moves('orderer>requester reason>reasonCode supportingInformation>supportingInfo'),
    codes('status', { ...requestCodes, completed: 'completed' }),
    intended,
  ],
  DiagnosticReport: moves('codedDiagnosis>conclusionCode image>media request>basedOn'),
  DocumentReference: [...moves('class>category indexed>date'), documentIndexed],
  'DocumentReference.content': [
    ({ members }) => {
      if (Array.isArray(members['format'])) members['format'] = members['format'][0] as Json;
    },
  ],
  'DocumentReference.context': stu3Clinical['DocumentReference.context'] as readonly Rule[],
  Encounter: [
    ...moves('patient>subject reason>reasonCode incomingReferral>basedOn'),
    (node) => {
      const { class: code } = node.members;
      const acts: Readonly<Record<string, string>> = {
        inpatient: 'IMP',
        outpatient: 'AMB',
        ambulatory: 'AMB',
        emergency: 'EMER',
        home: 'HH',
        field: 'FLD',
        daytime: 'SS',
        virtual: 'VR',
      };
      if (typeof code !== 'string') return;
      const act = acts[code];
      node.members['class'] =
        act === undefined ? { code } : { system: `${terminology}v3-ActCode`, code: act };
    },
    (node) => {
      const found = listOf(take(node, 'indication'));
      if (found.length > 0) node.members['diagnosis'] = found.map((condition) => ({ condition }));
    },
  ],
  Goal: [...(stu3Clinical['Goal'] ?? []), lost('targetDate', 'targetQuantity')],
  Immunization: [
    ...moves('date>occurrenceDateTime vaccinationProtocol>protocolApplied'),
    (node) => {
      const [value] = objectsOf(take(node, 'explanation'));
      if (value?.['reason'] !== undefined) node.members['reasonCode'] = value['reason'];
      const [reason] = listOf(value?.['reasonNotGiven']);
      if (reason !== undefined) node.members['statusReason'] = reason;
    },
    vaccination,
    (node) => {
      const reported = take(node, 'reported');
      if (typeof reported === 'boolean') node.members['primarySource'] = !reported;
    },
    denied('wasNotGiven'),
  ],
  'Immunization.protocolApplied': [
    ...moves('doseSequence>doseNumberPositiveInt seriesDoses>seriesDosesPositiveInt'),
    lost('description', 'doseStatus', 'doseStatusReason'),
  ],
  MedicationOrder: [
    ...moves('patient>subject dateWritten>authoredOn prescriber>requester'),
    ...reasons,
    intended,
    lost('dateEnded', 'reasonEnded'),
    noted('note'),
  ],
  'MedicationRequest.dispenseRequest': [lost('medicationCodeableConcept', 'medicationReference')],
  'MedicationRequest.substitution': [move('type', 'allowedCodeableConcept')],
  MedicationAdministration: [
    ...moves(
      'patient>subject encounter>context practitioner>performer prescription>request effectiveTimeDateTime>effectiveDateTime effectiveTimePeriod>effectivePeriod reasonGiven>reasonCode',
    ),
    ({ members }) => {
      const actors = listOf(members['performer']);
      if (actors.length > 0) members['performer'] = actors.map((actor) => ({ actor }));
    },
    denied('wasNotGiven'),
    move('reasonNotGiven', 'statusReason'),
    noted('note'),
  ],
  'MedicationAdministration.dosage': [
    move('quantity', 'dose'),
    move('siteCodeableConcept', 'site'),
  ],
  MedicationDispense: [
    ...moves('patient>subject dispenser>performer'),
    ({ members }) => {
      const actors = listOf(members['performer']);
      if (actors.length > 0) members['performer'] = actors.map((actor) => ({ actor }));
    },
    noted('note'),
  ],
  MedicationStatement: [
    ...moves(
      'patient>subject reasonForUseCodeableConcept>reasonCode reasonForUseReference>reasonReference reasonNotTaken>statusReason supportingInformation>derivedFrom',
    ),
    takenStatus,
    noted('note'),
  ],
  Medication: [
    (node) => {
      const [product] = objectsOf(take(node, 'product'));
      if (product?.['form'] !== undefined) node.members['form'] = product['form'];
      if (product?.['ingredient'] !== undefined) node.members['ingredient'] = product['ingredient'];
      if (product?.['batch'] !== undefined) node.members['batch'] = product['batch'];
    },
    ...(stu3Clinical['Medication'] ?? []),
  ],
  'Medication.ingredient': moves('item>itemReference amount>strength'),
  Observation: [noted('comments'), ...(stu3Clinical['Observation'] ?? [])],
  'Observation.referenceRange': [move('meaning', 'type')],
  Patient: [...moves('careProvider>generalPractitioner'), ...(stu3Clinical['Patient'] ?? [])],
  Practitioner: [roles],
  Procedure: [
    denied('notPerformed'),
    ...moves('reasonNotPerformed>statusReason'),
    ...reasons,
    codes('status', eventCodes),
    textNotes('notes'),
  ],
  'Procedure.performer': moves('role>function'),
  ProcedureRequest: [
    ...moves(
      'scheduledDateTime>occurrenceDateTime scheduledPeriod>occurrencePeriod scheduledTiming>occurrenceTiming orderer>requester orderedOn>authoredOn',
    ),
    ...reasons,
    codes('status', requestCodes),
    intended,
    textNotes('notes'),
  ],
  ReferralRequest: [
    ...moves(
      'patient>subject date>authoredOn recipient>performer reason>reasonCode supportingInformation>supportingInfo',
    ),
    (node) => {
      const [first, ...others] = listOf(take(node, 'serviceRequested'));
      if (first !== undefined) node.members['code'] = first;
      if (others.length > 0) node.members['orderDetail'] = others;
      const type = take(node, 'type');
      if (type !== undefined) node.members['category'] = listOf(type);
      take(node, 'dateSent');
    },
    noted('description'),
    codes('status', requestCodes),
    intended,
  ],
  Questionnaire: [lost('group')],
  'ElementDefinition.binding': valueSet,
  List: [noted('note')],
  Composition: [move('class', 'category')],
  FamilyMemberHistory: [
    move('gender', 'sex'),
    concept('sex', 'http://hl7.org/fhir/administrative-gender'),
  ],
  ImagingStudy: [
    (node) => {
      const order = take(node, 'order');
      if (order !== undefined) node.members['basedOn'] = order;
      const procedure = take(node, 'procedure');
      if (procedure !== undefined)
        node.members['procedureReference'] = listOf(procedure)[0] as Json;
    },
    ...(stu3Clinical['ImagingStudy'] ?? []),
  ],
  'ImagingStudy.series': stu3Clinical['ImagingStudy.series'] as readonly Rule[],
  'ImagingStudy.series.instance': stu3Clinical['ImagingStudy.series.instance'] as readonly Rule[],
  Device: [
    ...(stu3Clinical['Device'] ?? []),
    codes('status', { available: 'active', 'not-available': 'inactive' }),
  ],
  Communication: [
    ...moves('requestDetail>basedOn reason>reasonCode'),
    codes('status', { ...eventCodes, rejected: 'not-done', failed: 'stopped' }),
  ],
  Account: [move('coveragePeriod', 'servicePeriod'), lost('balance', 'activePeriod', 'currency')],
  DetectedIssue: [...moves('category>code date>identifiedDateTime')],
};

/** A note or a text of one that was called otherwise. */
function textNotes(name: string): Rule {
  return (node) => {
    const value = take(node, name);
    if (value === undefined) return;
    const notes = listOf(value).map((each): Json =>
      typeof each === 'string' ? { text: each } : each,
    );
    node.members['note'] = [...listOf(node.members['note']), ...notes];
  };
}
