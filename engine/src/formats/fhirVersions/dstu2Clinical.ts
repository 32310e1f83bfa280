import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import { eventCodes, relations, stu3Clinical } from './stu3Clinical.ts';
import { deviceVersion } from './stu3Objects.ts';
import {
  bothWays,
  codes,
  concept,
  denied,
  listOf,
  lost,
  move,
  moves,
  noted,
  objectsOf,
  reasonChoice,
  take,
  type Node,
  type Rule,
} from './rule.ts';

const terminology = 'http://terminology.hl7.org/CodeSystem/';

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

function codeOf(json: Json | undefined): string | undefined {
  const code = objectsOf(objectsOf(json)[0]?.['coding'])[0]?.['code'];
  return typeof code === 'string' ? code : undefined;
}

/** One status was of two kinds: what is the matter, and how sure it is. */
const allergyStatus = bothWays(
  (node) => {
    const status = take(node, 'status');
    if (typeof status !== 'string') return;
    const system = `${terminology}allergyintolerance`;
    const put = (name: string, suffix: string, code: string | undefined): void => {
      if (code !== undefined)
        node.members[name] = { coding: [{ system: `${system}-${suffix}`, code }] };
    };
    put('verificationStatus', 'verification', certain[status]);
    put('clinicalStatus', 'clinical', clinical[status]);
    if (certain[status] === undefined && clinical[status] === undefined)
      node.lose('status', 'value-unknown');
  },
  (node) => {
    const verification = codeOf(take(node, 'verificationStatus'));
    const state = codeOf(take(node, 'clinicalStatus'));
    // What is refuted or resolved must not read as if it were there.
    const isSaid = verification !== undefined && clinical[verification] === undefined;
    const said = isSaid || state === undefined || state === 'active' ? verification : state;
    const status = said ?? state;
    if (status !== undefined) node.members['status'] = status;
  },
);

const criticality = { CRITL: 'low', CRITH: 'high', CRITU: 'unable-to-assess' };
const criticalityBack = { low: 'CRITL', high: 'CRITH', 'unable-to-assess': 'CRITU' };

function allergyCategory(node: Node): void {
  if (node.members['category'] !== 'other') return;
  take(node, 'category');
  node.lose('category', 'value-unknown');
}

/** Of an instant the day, where only that had room. */
function dayOnly(name: string): Rule {
  return bothWays(
    () => {},
    ({ members }) => {
      const value = members[name];
      if (typeof value === 'string') members[name] = value.slice(0, 10);
    },
  );
}

const acts: Readonly<Record<string, string>> = {
  inpatient: 'IMP',
  ambulatory: 'AMB',
  outpatient: 'AMB',
  emergency: 'EMER',
  home: 'HH',
  field: 'FLD',
  daytime: 'SS',
  virtual: 'VR',
};

const encounterClass = bothWays(
  ({ members }) => {
    const { class: code } = members;
    if (typeof code !== 'string') return;
    const act = acts[code];
    members['class'] =
      act === undefined ? { code } : { system: `${terminology}v3-ActCode`, code: act };
  },
  ({ members }) => {
    const code = objectsOf(members['class'])[0]?.['code'];
    if (typeof code !== 'string') return;
    members['class'] = Object.keys(acts).find((each) => acts[each] === code) ?? code;
  },
);

/** Diagnoses of a stay, by the roles that they have in R4. */
const stayDiagnoses = [
  ['admittingDiagnosis', 'AD'],
  ['dischargeDiagnosis', 'DD'],
] as const;

const diagnoses = bothWays(
  (node) => {
    const made = listOf(take(node, 'indication')).map((condition): Json => ({ condition }));
    const [stay] = objectsOf(node.members['hospitalization']);
    const { admittingDiagnosis: _, dischargeDiagnosis: __, ...rest } = stay ?? {};
    const system = `${terminology}diagnosis-role`;
    for (const [name, code] of stayDiagnoses) {
      for (const condition of listOf(stay?.[name]))
        made.push({ condition, use: { coding: [{ system, code }] } });
    }
    if (stay !== undefined) node.members['hospitalization'] = rest;
    if (made.length > 0) node.members['diagnosis'] = made;
  },
  (node) => {
    const found = objectsOf(take(node, 'diagnosis'));
    const stay: JsonObject = { ...objectsOf(node.members['hospitalization'])[0] };
    for (const { condition, use } of found) {
      if (condition === undefined) continue;
      const [name] = stayDiagnoses.find(([, code]) => code === codeOf(use)) ?? [];
      const holder = name === undefined ? node.members : stay;
      holder[name ?? 'indication'] = [...listOf(holder[name ?? 'indication']), condition];
    }
    if (Object.keys(stay).length > 0) node.members['hospitalization'] = stay;
  },
);

/** A day to reach it by is a target that says no more than that. */
const goalTarget = bothWays(
  (node) => {
    const [date, quantity] = [take(node, 'targetDate'), take(node, 'targetQuantity')];
    if (date !== undefined) node.members['target'] = [{ dueDate: date }];
    else if (quantity !== undefined) node.members['target'] = [{ dueDuration: quantity }];
  },
  (node) => {
    const targets = objectsOf(take(node, 'target'));
    const [first] = targets;
    const [date, duration] = [first?.['dueDate'], first?.['dueDuration']];
    if (date !== undefined) node.members['targetDate'] = date;
    else if (duration !== undefined) node.members['targetQuantity'] = duration;
    if (targets.length > 1) node.lose('target', 'only-first');
  },
);

/** Words that became a concept. */
function words(name: string): Rule {
  return bothWays(
    ({ members }) => {
      if (typeof members[name] === 'string') members[name] = { text: members[name] };
    },
    (node) => {
      const text = objectsOf(take(node, name))[0]?.['text'];
      if (text !== undefined) node.members[name] = text;
    },
  );
}

/** A concept that became words. */
function conceptWords(name: string): Rule {
  const { back } = words(name);
  return bothWays((node) => {
    const coding = objectsOf(node.members[name])[0]?.['coding'];
    if (coding !== undefined) node.lose(`${name}.coding`, 'no-place');
    back?.(node);
  }, words(name));
}

const outcomes = [
  ['resultCodeableConcept', 'outcomeCode'],
  ['resultReference', 'outcomeReference'],
] as const;

const goalOutcome = bothWays(
  (node) => {
    const found = objectsOf(take(node, 'outcome'));
    for (const [from, to] of outcomes) {
      const values = found.flatMap((each) => listOf(each[from]));
      if (values.length > 0) node.members[to] = values;
    }
  },
  (node) => {
    const made = outcomes.flatMap(([from, to]) =>
      listOf(take(node, to)).map((value): Json => ({ [from]: value })),
    );
    if (made.length > 0) node.members['outcome'] = made;
  },
);

/** The carrier of a device was the text on it. */
const udi = bothWays(
  (node) => {
    const text = take(node, 'udi');
    if (text !== undefined) node.members['udiCarrier'] = [{ carrierHRF: text }];
  },
  (node) => {
    const carriers = objectsOf(take(node, 'udiCarrier'));
    const text = carriers[0]?.['carrierHRF'];
    if (text !== undefined) node.members['udi'] = text;
    if (carriers.length > 1) node.lose('udiCarrier', 'only-first');
  },
);

/** Charts: what is known of a patient. */
export const dstu2Clinical: Readonly<Record<string, readonly Rule[]>> = {
  AllergyIntolerance: [
    allergyStatus,
    ...moves('substance>code reporter>asserter lastOccurence>lastOccurrence onset>onsetDateTime'),
    codes('criticality', criticality, criticalityBack),
    allergyCategory,
  ],
  'AllergyIntolerance.reaction': [lost('certainty')],
  BodySite: moves('code>location modifier>locationQualifier'),
  ClinicalImpression: moves('patient>subject investigations>investigation'),
  'ClinicalImpression.finding': moves('item>itemCodeableConcept cause>basis'),
  Condition: [
    dayOnly('dateRecorded'),
    ...moves(
      'patient>subject dateRecorded>recordedDate onsetQuantity>onsetAge abatementQuantity>abatementAge',
    ),
    concept('clinicalStatus', `${terminology}condition-clinical`),
    concept('verificationStatus', `${terminology}condition-ver-status`),
    lost('abatementBoolean'),
    noted('notes'),
  ],
  'Condition.evidence': [
    ({ members }) => {
      if (isJsonObject(members['code'])) members['code'] = [members['code']];
    },
  ],
  DetectedIssue: moves('category>code date>identifiedDateTime'),
  Device: [
    udi,
    ...moves('model>modelNumber expiry>expirationDate'),
    deviceVersion,
    codes(
      'status',
      { available: 'active', 'not-available': 'inactive' },
      { active: 'available', inactive: 'not-available' },
    ),
  ],
  DiagnosticReport: moves('codedDiagnosis>conclusionCode image>media request>basedOn'),
  DocumentReference: [...moves('class>category indexed>date'), lost('created')],
  'DocumentReference.context': stu3Clinical['DocumentReference.context'] ?? [],
  Encounter: [
    ...moves('patient>subject reason>reasonCode incomingReferral>basedOn'),
    codes('status', {}, { triaged: 'arrived' }),
    encounterClass,
    diagnoses,
  ],
  FamilyMemberHistory: [
    ...moves('gender>sex ageQuantity>ageAge deceasedQuantity>deceasedAge'),
    concept('sex', 'http://hl7.org/fhir/administrative-gender'),
  ],
  'FamilyMemberHistory.condition': [move('onsetQuantity', 'onsetAge')],
  Goal: [
    ...(stu3Clinical['Goal'] ?? []),
    goalTarget,
    goalOutcome,
    words('description'),
    conceptWords('statusReason'),
    move('author', 'expressedBy'),
  ],
  ImagingStudy: [
    ...moves('order>basedOn procedure>procedureReference'),
    ...(stu3Clinical['ImagingStudy'] ?? []),
  ],
  'ImagingStudy.series': stu3Clinical['ImagingStudy.series'] ?? [],
  'ImagingStudy.series.instance': stu3Clinical['ImagingStudy.series.instance'] ?? [],
  List: [noted('note')],
  Media: [move('subtype', 'modality'), concept('type', `${terminology}media-type`)],
  Observation: [noted('comments'), relations],
  'Observation.referenceRange': [move('meaning', 'type')],
  Patient: [...moves('careProvider>generalPractitioner'), ...(stu3Clinical['Patient'] ?? [])],
  Practitioner: [lost('practitionerRole')],
  Procedure: [
    denied('notPerformed', 'not-done', 'completed'),
    ...moves('reasonNotPerformed>statusReason notes>note request>basedOn used>usedReference'),
    reasonChoice(),
    codes('status', eventCodes, { stopped: 'aborted' }),
  ],
  'Procedure.performer': [move('role', 'function')],
  RiskAssessment: [move('date', 'occurrenceDateTime')],
  'RiskAssessment.prediction': [move('probabilityCodeableConcept', 'qualitativeRisk')],
  Specimen: [move('treatment', 'processing')],
  Composition: [move('class', 'category')],
};
