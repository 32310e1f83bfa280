import type { Json, JsonObject } from '../../base/json.ts';
import { stu3Clinical } from './stu3Clinical.ts';
import {
  bothWays,
  denied,
  implied,
  listOf,
  lost,
  move,
  moves,
  noted,
  objectsOf,
  reasonChoice,
  take,
  codes,
  type Rule,
} from './rule.ts';

const terminology = 'http://terminology.hl7.org/CodeSystem/';

/** One who does it stood alone. */
const actors = bothWays(
  ({ members }) => {
    const found = listOf(members['performer']);
    if (found.length > 0) members['performer'] = found.map((actor) => ({ actor }));
  },
  (node) => {
    const [first, ...others] = objectsOf(take(node, 'performer'));
    if (first?.['actor'] !== undefined) node.members['performer'] = first['actor'];
    if (others.length > 0) node.lose('performer', 'only-first');
  },
);

const givers = [
  ['performer', 'AP'],
  ['requester', 'OP'],
] as const;

/** Who gave a vaccine and who ordered it are performers of a function. */
const vaccination = bothWays(
  (node) => {
    const system = `${terminology}v2-0443`;
    const made = givers.flatMap(([name, code]) =>
      listOf(take(node, name)).map((actor): Json => ({
        function: { coding: [{ system, code }] },
        actor,
      })),
    );
    if (made.length > 0) node.members['performer'] = made;
  },
  (node) => {
    for (const { function: role, actor } of objectsOf(take(node, 'performer'))) {
      const code = objectsOf(objectsOf(role)[0]?.['coding'])[0]?.['code'];
      const [name] = givers.find(([, each]) => each === code) ?? givers[0];
      if (actor === undefined || node.members[name] !== undefined)
        node.lose('performer', 'only-first');
      else node.members[name] = actor;
    }
  },
);

const explanation = bothWays(
  (node) => {
    const [value] = objectsOf(take(node, 'explanation'));
    if (value?.['reason'] !== undefined) node.members['reasonCode'] = value['reason'];
    if (value?.['reasonNotGiven'] !== undefined)
      node.members['statusReason'] = value['reasonNotGiven'];
  },
  (node) => {
    const [reason, reasonNotGiven] = [take(node, 'reasonCode'), take(node, 'statusReason')];
    if (reason === undefined && reasonNotGiven === undefined) return;
    node.members['explanation'] = {
      ...(reason !== undefined && { reason }),
      ...(reasonNotGiven !== undefined && { reasonNotGiven: listOf(reasonNotGiven) }),
    };
  },
);

/** Whether it was told rather than seen. */
const reported = bothWays(
  (node) => {
    const value = take(node, 'reported');
    if (value !== undefined) node.members['primarySource'] = !isTrue(value);
  },
  (node) => {
    const value = take(node, 'primarySource');
    if (value !== undefined) node.members['reported'] = !isTrue(value);
  },
);

/** Of XML, a truth value may be a text. */
function isTrue(value: Json): boolean {
  return value === true || value === 'true';
}

/** What is not given has its own flag, which is always there. */
const notGiven = bothWays(denied('wasNotGiven'), (node) => {
  const isDenied = node.members['status'] === 'not-done';
  node.members['wasNotGiven'] = isDenied;
  if (isDenied) node.members['status'] = 'completed';
});

const notTaken = bothWays(
  (node) => {
    const value = take(node, 'wasNotTaken');
    if (value !== undefined && isTrue(value)) node.members['status'] = 'not-taken';
  },
  (node) => {
    if (node.members['status'] !== 'not-taken') return;
    node.members['wasNotTaken'] = true;
    node.members['status'] = 'completed';
  },
);

const productParts = ['form', 'ingredient', 'batch'];

/** What a drug is made of was a product of it. */
const product = bothWays(
  (node) => {
    const [value] = objectsOf(take(node, 'product'));
    for (const name of productParts) {
      if (value?.[name] !== undefined) node.members[name] = value[name];
    }
    const others = Object.keys(value ?? {}).filter((name) => !productParts.includes(name));
    for (const name of others) node.lose(`product.${name}`, 'no-place');
  },
  (node) => {
    const made: JsonObject = {};
    for (const name of productParts) {
      const value = take(node, name);
      if (value !== undefined) made[name] = value;
    }
    if (Object.keys(made).length > 0) node.members['product'] = made;
  },
);

const orderCodes = { cancelled: 'stopped' };

/** Drugs and vaccines. */
export const dstu2Medications: Readonly<Record<string, readonly Rule[]>> = {
  Immunization: [
    ...moves('date>occurrenceDateTime vaccinationProtocol>protocolApplied'),
    explanation,
    vaccination,
    reported,
    notGiven,
  ],
  'Immunization.protocolApplied': [
    ...moves('doseSequence>doseNumberPositiveInt seriesDoses>seriesDosesPositiveInt'),
    lost('description', 'doseStatus', 'doseStatusReason'),
  ],
  ImmunizationRecommendation: stu3Clinical['ImmunizationRecommendation'] ?? [],
  'ImmunizationRecommendation.recommendation':
    stu3Clinical['ImmunizationRecommendation.recommendation'] ?? [],
  MedicationOrder: [
    ...moves('patient>subject dateWritten>authoredOn prescriber>requester'),
    reasonChoice(),
    codes('status', {}, orderCodes),
    implied('intent', 'order'),
    lost('dateEnded', 'reasonEnded'),
    noted('note'),
  ],
  'MedicationRequest.dispenseRequest': [lost('medicationCodeableConcept', 'medicationReference')],
  'MedicationRequest.substitution': [move('type', 'allowedCodeableConcept')],
  MedicationAdministration: [
    ...moves(
      'patient>subject encounter>context practitioner>performer prescription>request effectiveTimeDateTime>effectiveDateTime effectiveTimePeriod>effectivePeriod reasonGiven>reasonCode reasonNotGiven>statusReason',
    ),
    actors,
    denied('wasNotGiven', 'not-done', 'completed'),
    noted('note'),
  ],
  'MedicationAdministration.dosage': moves('quantity>dose siteCodeableConcept>site'),
  MedicationDispense: [...moves('patient>subject dispenser>performer'), actors, noted('note')],
  MedicationStatement: [
    ...moves('patient>subject reasonNotTaken>statusReason supportingInformation>derivedFrom'),
    reasonChoice('reasonForUse'),
    notTaken,
    noted('note'),
  ],
  Medication: [product, ...(stu3Clinical['Medication'] ?? [])],
  'Medication.ingredient': moves('item>itemReference amount>strength'),
};
