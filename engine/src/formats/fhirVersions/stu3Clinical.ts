import type { Json, JsonObject } from '../../base/json.ts';
import { devices, imaging } from './stu3Objects.ts';
import {
  addExtension,
  bothWays,
  codes,
  concept,
  denied,
  joined,
  keep,
  lift,
  listOf,
  lost,
  move,
  moves,
  noted,
  objectsOf,
  reasonChoice,
  take,
  takeExtensions,
  type Node,
  type Rule,
} from './rule.ts';

export const stu3Renamed: Readonly<Record<string, string>> = {
  BodySite: 'BodyStructure',
  EligibilityRequest: 'CoverageEligibilityRequest',
  EligibilityResponse: 'CoverageEligibilityResponse',
  ProcedureRequest: 'ServiceRequest',
  ReferralRequest: 'ServiceRequest',
  Sequence: 'MolecularSequence',
};

const terminology = 'http://terminology.hl7.org/CodeSystem/';
/** Codes of what happens, which R4 has alike for all events. */
export const eventCodes = { aborted: 'stopped', suspended: 'on-hold' };
export const eventCodesBack = { stopped: 'aborted', 'on-hold': 'suspended' };

const animalParts = ['species', 'breed', 'genderStatus'];

function animal(node: Node): void {
  const [value] = objectsOf(take(node, 'animal'));
  if (value === undefined) return;
  const extension = animalParts.flatMap((url) =>
    value[url] === undefined ? [] : [{ url, valueCodeableConcept: value[url] }],
  );
  const url = 'http://hl7.org/fhir/StructureDefinition/patient-animal';
  node.members['extension'] = [...listOf(node.members['extension']), { url, extension }];
}

function animalBack(node: Node): void {
  const url = 'http://hl7.org/fhir/StructureDefinition/patient-animal';
  const all = objectsOf(node.members['extension']);
  const found = all.find((each) => each['url'] === url);
  if (found === undefined) return;
  const parts = objectsOf(found['extension']).flatMap(({ url: part, valueCodeableConcept }) =>
    typeof part === 'string' && animalParts.includes(part) && valueCodeableConcept !== undefined
      ? [[part, valueCodeableConcept] as const]
      : [],
  );
  node.members['animal'] = Object.fromEntries(parts);
  const others = all.filter((each) => each !== found);
  if (others.length > 0) node.members['extension'] = others;
  else delete node.members['extension'];
}

const relatedNames: Readonly<Record<string, string>> = {
  'has-member': 'hasMember',
  'derived-from': 'derivedFrom',
};
const relatedExtensions: Readonly<Record<string, string>> = {
  'sequel-to': 'sequelTo',
  replaces: 'replaces',
  'qualified-by': 'qualifiedBy',
  'interfered-by': 'interferedBy',
};

/** Relations that R4 has elements for go there, the others into extensions as HL7's maps name them. */
function related(node: Node): void {
  for (const { type, target } of objectsOf(take(node, 'related'))) {
    if (target === undefined) continue;
    const kind = typeof type === 'string' ? type : 'has-member';
    const element = relatedNames[kind];
    if (element !== undefined) {
      node.members[element] = [...listOf(node.members[element]), target];
      continue;
    }
    const name = relatedExtensions[kind];
    if (name === undefined) {
      node.lose('related', 'value-unknown');
      continue;
    }
    const url = `${node.extensionBase.replace(/extension-$/, '')}Observation.${name}`;
    const extensions = listOf(node.members['extension']);
    node.members['extension'] = [...extensions, { url, valueReference: target }];
    node.lose('related', 'kept-as-extension');
  }
}

function relatedBack(node: Node): void {
  for (const [type, name] of Object.entries(relatedNames)) {
    const made = listOf(take(node, name)).map((target): Json => ({ type, target }));
    if (made.length > 0) node.members['related'] = [...listOf(node.members['related']), ...made];
  }
}

/** Relations between observations. */
export const relations = bothWays(related, relatedBack);

const diluted: Readonly<Record<string, string>> = {
  'in-progress': 'active',
  'on-target': 'active',
  'ahead-of-target': 'active',
  'behind-target': 'active',
  sustaining: 'active',
  achieved: 'completed',
};
const achievements: Readonly<Record<string, string>> = {
  'in-progress': 'in-progress',
  'on-target': 'improving',
  'ahead-of-target': 'improving',
  'behind-target': 'worsening',
  sustaining: 'sustaining',
  achieved: 'achieved',
};

function goalStatus(node: Node): void {
  const status = take(node, 'status');
  if (typeof status !== 'string') return;
  node.members['lifecycleStatus'] = diluted[status] ?? status;
  const code = achievements[status];
  if (code === undefined) return;
  const system = `${terminology}goal-achievement`;
  node.members['achievementStatus'] = { coding: [{ system, code }] };
}

/** The achievement says more than the lifecycle, where there is one. */
function goalStatusBack(node: Node): void {
  const lifecycle = take(node, 'lifecycleStatus');
  const [achieved] = objectsOf(objectsOf(take(node, 'achievementStatus'))[0]?.['coding']);
  if (typeof lifecycle !== 'string') return;
  const code = achieved?.['code'];
  const found = Object.keys(achievements).find(
    (each) => achievements[each] === code && diluted[each] === lifecycle,
  );
  const plain = { active: 'in-progress', completed: 'achieved' }[lifecycle] ?? lifecycle;
  node.members['status'] = found ?? plain;
  if (found === undefined && plain !== lifecycle) node.lose('lifecycleStatus', 'value-unknown');
  if (achieved !== undefined && found === undefined) node.lose('achievementStatus', 'no-place');
  else if (achieved !== undefined) node.lose('achievementStatus', 'value-unknown');
}

function explanation(node: Node): void {
  const [value] = objectsOf(take(node, 'explanation'));
  if (value?.['reason'] !== undefined) node.members['reasonCode'] = value['reason'];
  if (value?.['reasonNotGiven'] !== undefined)
    node.members['statusReason'] = value['reasonNotGiven'];
}

function explanationBack(node: Node): void {
  const [reason, reasonNotGiven] = [take(node, 'reasonCode'), take(node, 'statusReason')];
  if (reason === undefined && reasonNotGiven === undefined) return;
  node.members['explanation'] = {
    ...(reason !== undefined && { reason }),
    ...(reasonNotGiven !== undefined && { reasonNotGiven: listOf(reasonNotGiven) }),
  };
}

function packaging(node: Node): void {
  const [value] = objectsOf(take(node, 'package'));
  if (value === undefined) return;
  if (value['container'] !== undefined) {
    addExtension(node, 'package.container', 'CodeableConcept', value['container']);
  }
  if (value['content'] !== undefined) node.lose('package.content', 'no-place');
  const [first, ...others] = listOf(value['batch']);
  if (first !== undefined) node.members['batch'] = first;
  if (others.length > 0) node.lose('package.batch', 'only-first');
}

/** What is not taken is a status in R4; both are kept as they were where one says more. */
function taken(node: Node): void {
  const { taken: value, status } = node.members;
  if (value === undefined) return;
  take(node, 'taken');
  if (value === 'y') return;
  if (value === 'n') {
    if (typeof status === 'string') addExtension(node, 'status', 'Code', status);
    node.members['status'] = 'not-taken';
  }
  addExtension(node, 'taken', 'Code', value);
}

/** STU3 asks whether it was taken at all; R4 says so by its status. */
function takenBack(node: Node): void {
  const { status } = node.members;
  const [told] = takeExtensions(node, 'taken', 'Code');
  const [before] = takeExtensions(node, 'status', 'Code');
  if (typeof status !== 'string') return;
  const isTaken = status === 'active' || status === 'completed';
  node.members['taken'] = status === 'not-taken' ? 'n' : (told ?? (isTaken ? 'y' : 'unk'));
  if (status !== 'not-taken') return;
  if (before === undefined) {
    take(node, 'status');
    node.lose('status', 'value-unknown');
  } else node.members['status'] = before;
}

function documentContext(node: Node): void {
  const items = objectsOf(node.members['related']);
  if (items.length === 0) return;
  node.members['related'] = items.flatMap((item): Json[] => {
    const { ref, identifier } = item;
    if (ref === undefined) return identifier === undefined ? [item] : [{ identifier }];
    return [
      identifier === undefined || (ref as JsonObject)['identifier'] !== undefined
        ? ref
        : { ...(ref as JsonObject), identifier },
    ];
  });
}

function documentContextBack({ members }: Node): void {
  const items = objectsOf(members['related']);
  if (items.length === 0) return;
  members['related'] = items.map(({ identifier, ...ref }): Json => ({
    ...(identifier !== undefined && { identifier }),
    ...(Object.keys(ref).length > 0 && { ref }),
  }));
}

const assertion = {
  category: 'actuality',
  type: 'event',
  reaction: 'resultingCondition',
  eventParticipant: 'contributor',
};

/** Charts: what is known of a patient. */
export const stu3Clinical: Readonly<Record<string, readonly Rule[]>> = {
  AdverseEvent: [
    codes('category', { AE: 'actual', PAE: 'potential' }, { actual: 'AE', potential: 'PAE' }),
    ...moves(
      Object.entries(assertion)
        .map(([from, to]) => `${from}>${to}`)
        .join(' '),
    ),
    (node) => {
      const text = take(node, 'description');
      const { event } = node.members;
      if (typeof text !== 'string') return;
      if (event === undefined) node.members['event'] = { text };
      else if ((event as JsonObject)['text'] === undefined)
        node.members['event'] = { ...(event as JsonObject), text };
      else node.lose('description', 'no-place');
    },
  ],
  'AdverseEvent.suspectEntity': [
    (node) => {
      const names = {
        causalityAssessment: 'assessment',
        causalityProductRelatedness: 'productRelatedness',
        causalityAuthor: 'author',
        causalityMethod: 'method',
      };
      const causality: JsonObject = {};
      for (const [from, to] of Object.entries(names)) {
        const value = take(node, from);
        if (value !== undefined) causality[to] = value;
      }
      for (const name of ['causality', 'causalityResult'])
        if (take(node, name) !== undefined) node.lose(name, 'no-place');
      if (Object.keys(causality).length > 0) node.members['causality'] = [causality];
    },
  ],
  AllergyIntolerance: [
    concept('clinicalStatus', `${terminology}allergyintolerance-clinical`),
    concept('verificationStatus', `${terminology}allergyintolerance-verification`),
    move('assertedDate', 'recordedDate'),
  ],
  BodySite: moves('code>location qualifier>locationQualifier'),
  CareTeam: moves('context>encounter'),
  ClinicalImpression: [...moves('context>encounter'), lost('action')],
  Condition: [
    concept('clinicalStatus', `${terminology}condition-clinical`),
    concept('verificationStatus', `${terminology}condition-ver-status`),
    ...moves('context>encounter assertedDate>recordedDate'),
  ],
  DetectedIssue: moves('category>code date>identifiedDateTime'),
  ...devices,
  DeviceUseStatement: moves('whenUsed>timingPeriod indication>reasonCode'),
  DiagnosticReport: [
    ...moves('context>encounter codedDiagnosis>conclusionCode image>media'),
    lift('performer', 'actor', { role: 'CodeableConcept' }),
  ],
  DocumentReference: [...moves('class>category indexed>date'), keep('created', 'DateTime')],
  'DocumentReference.context': [bothWays(documentContext, documentContextBack)],
  Encounter: moves('incomingReferral>basedOn reason>reasonCode'),
  'Encounter.diagnosis': moves('role>use'),
  FamilyMemberHistory: [
    ...moves('definition>instantiatesCanonical notDoneReason>dataAbsentReason'),
    denied('notDone', 'health-unknown'),
    move('gender', 'sex'),
    concept('sex', 'http://hl7.org/fhir/administrative-gender'),
  ],
  Goal: [bothWays(goalStatus, goalStatusBack)],
  ...imaging,
  Immunization: [
    bothWays(denied('notGiven'), (node) => {
      const { status } = node.members;
      node.members['notGiven'] = status === 'not-done';
      if (status === 'not-done') node.members['status'] = 'completed';
    }),
    ...moves('date>occurrenceDateTime practitioner>performer vaccinationProtocol>protocolApplied'),
    bothWays(explanation, explanationBack),
  ],
  'Immunization.performer': moves('role>function'),
  'Immunization.protocolApplied': [
    ...moves('doseSequence>doseNumberPositiveInt seriesDoses>seriesDosesPositiveInt'),
    named('Immunization.vaccinationProtocol', 'description', 'String'),
    named('Immunization.vaccinationProtocol', 'doseStatus', 'CodeableConcept'),
    named('Immunization.vaccinationProtocol', 'doseStatusReason', 'CodeableConcept'),
  ],
  ImmunizationRecommendation: [
    (node) => {
      const dates = objectsOf(node.members['recommendation']).flatMap(({ date }) => date ?? []);
      const [latest] = dates
        .filter((date) => typeof date === 'string')
        .toSorted()
        .toReversed();
      if (latest !== undefined) node.members['date'] ??= latest;
    },
  ],
  'ImmunizationRecommendation.recommendation': [
    move('doseNumber', 'doseNumberPositiveInt'),
    (node) => {
      const [protocol] = objectsOf(take(node, 'protocol'));
      for (const [name, value] of Object.entries(protocol ?? {})) {
        const to = name === 'doseSequence' ? 'doseNumberPositiveInt' : name;
        if (to === 'authority') node.members['authority'] ??= value;
        else node.members[to] ??= value;
      }
    },
  ],
  Media: [
    ...moves('subtype>modality context>encounter'),
    ...joined('createdDateTime', 'occurrenceDateTime'),
    ...joined('createdPeriod', 'occurrencePeriod'),
    concept('type', `${terminology}media-type`),
  ],
  Medication: [keep('isBrand', 'Boolean'), keep('isOverTheCounter', 'Boolean'), packaging],
  'Medication.ingredient': [move('amount', 'strength')],
  MedicationAdministration: [
    denied('notGiven', 'not-done', 'unknown'),
    ...moves('definition>instantiates prescription>request reasonNotGiven>statusReason'),
  ],
  MedicationDispense: [
    denied('notDone', 'declined', 'stopped'),
    ...moves(
      'notDoneReasonCodeableConcept>statusReasonCodeableConcept notDoneReasonReference>statusReasonReference',
    ),
  ],
  MedicationStatement: [bothWays(taken, takenBack), move('reasonNotTaken', 'statusReason')],
  Observation: [move('context', 'encounter'), noted('comment'), relations],
  Patient: [bothWays(animal, animalBack)],
  Procedure: [
    ...moves('definition>instantiatesCanonical notDoneReason>statusReason context>encounter'),
    codes('status', eventCodes, eventCodesBack),
    denied('notDone', 'not-done', 'unknown'),
  ],
  'Procedure.performer': moves('role>function'),
  RiskAssessment: [move('context', 'encounter'), reasonChoice(), noted('comment')],
  Composition: [move('class', 'category')],
};

/** As `keep`, where the element stood in an object that is called otherwise now. */
function named(path: string, name: string, type: string): Rule {
  return (node) => {
    const value = take(node, name);
    if (value === undefined) return;
    const url = `${node.extensionBase}${path}.${name}`;
    node.members['extension'] = [
      ...listOf(node.members['extension']),
      { url, [`value${type}`]: value },
    ];
    node.lose(name, 'kept-as-extension');
  };
}
