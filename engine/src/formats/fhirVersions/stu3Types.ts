import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';
import {
  addressed,
  bothWays,
  extensionValues,
  fhirVersion,
  joined,
  listOf,
  move,
  moves,
  objectsOf,
  take,
  type Node,
  type Rule,
} from './rule.ts';

/** Dose and rate moved into a list of pairs. */
function doseAndRate({ members }: Node): void {
  const pair: JsonObject = {};
  for (const name of Object.keys(members)) {
    if (/^(dose|rate)[A-Z]/.test(name) && name !== 'doseAndRate') {
      pair[name] = members[name] as Json;
      delete members[name];
    }
  }
  if (Object.keys(pair).length > 0) members['doseAndRate'] = [pair];
}

function firstDoseAndRate(node: Node): void {
  const [pair, ...others] = objectsOf(take(node, 'doseAndRate'));
  for (const [name, value] of Object.entries(pair ?? {})) {
    if (name === 'type') node.lose('doseAndRate.type', 'no-place');
    else node.members[name] = value;
  }
  if (others.length > 0) node.lose('doseAndRate', 'only-first');
}

/** Who did something, and for whom: each a reference, or an address that is one now. */
export const whoOrAddress: readonly Rule[] = [
  move('whoReference', 'who'),
  addressed('who'),
  move('onBehalfOfReference', 'onBehalfOf'),
  addressed('onBehalfOf'),
];

/** Types of STU3 that are in many resources, and those of definitions. */
export const stu3Types: Readonly<Record<string, readonly Rule[]>> = {
  Extension: [extensionValues({ Canonical: 'Uri', Url: 'Uri', Uuid: 'Uri' })],
  Dosage: [bothWays(doseAndRate, firstDoseAndRate)],
  Signature: [...whoOrAddress, ...moves('contentType>sigFormat blob>data')],
  TriggerDefinition: moves('eventName>name eventData>data eventTimingTiming>timingTiming'),
  'DataRequirement.codeFilter': [
    ...joined('valueSet', 'valueSetString', 'valueSetReference'),
    move('valueCoding', 'code'),
  ],
  'ElementDefinition.binding': joined('valueSet', 'valueSetUri', 'valueSetReference'),
  'OperationDefinition.parameter': [move('profile', 'targetProfile')],
  'OperationDefinition.parameter.binding': joined('valueSet', 'valueSetUri', 'valueSetReference'),
  OperationDefinition: [
    (node) => {
      const idempotent = take(node, 'idempotent');
      if (typeof idempotent === 'boolean') node.members['affectsState'] = !idempotent;
    },
  ],
  CapabilityStatement: [
    fhirVersion('3.0.2'),
    (node) => {
      const value = take(node, 'acceptUnknown');
      if (value === undefined) return;
      const url = `${node.extensionBase}CapabilityStatement.acceptUnknown`;
      node.members['extension'] = [...listOf(node.members['extension']), { url, valueCode: value }];
      node.lose('acceptUnknown', 'kept-as-extension');
    },
  ],
  StructureDefinition: [
    fhirVersion('3.0.2'),
    (node) => {
      const kind = take(node, 'contextType');
      const contexts = listOf(node.members['context']);
      if (contexts.length === 0) return;
      const type = kind === 'extension' ? 'extension' : 'element';
      node.members['context'] = contexts.map((expression) =>
        isJsonObject(expression) ? expression : { type, expression },
      );
    },
  ],
  'ConceptMap.group.element.target.dependsOn': [move('code', 'value')],
  'Questionnaire.item': [
    ...moves('options>answerValueSet option>answerOption concept>code'),
    ({ members }) => {
      const found = Object.keys(members).filter((name) => /^initial[A-Z]/.test(name));
      for (const name of found) {
        members['initial'] = [{ [`value${name.slice('initial'.length)}`]: members[name] as Json }];
        delete members[name];
      }
    },
  ],
  'Questionnaire.item.enableWhen': [
    ({ members }) => {
      const { hasAnswer } = members;
      if (hasAnswer !== undefined) {
        members['operator'] = 'exists';
        members['answerBoolean'] = hasAnswer;
        delete members['hasAnswer'];
      } else if (members['operator'] === undefined) members['operator'] = '=';
    },
  ],
  QuestionnaireResponse: moves('parent>partOf context>encounter'),
  MessageHeader: [
    move('event', 'eventCoding'),
    (node) => {
      const receiver = take(node, 'receiver');
      if (receiver === undefined) return;
      const [first, ...others] = objectsOf(node.members['destination']);
      node.members['destination'] = [{ ...first, receiver }, ...others];
    },
  ],
  Binary: [move('content', 'data')],
  MessageDefinition: [move('event', 'eventCoding')],
  'PlanDefinition.action': [...moves('label>prefix definition>definitionCanonical')],
  'RequestGroup.action': [move('label', 'prefix')],
  'Measure.group.population': [criteria],
  'Measure.group.stratifier': [criteria],
  'Measure.supplementalData': [criteria],
  ValueSet: [
    (node) => {
      const value = take(node, 'extensible');
      if (value === undefined) return;
      const url = `${node.extensionBase}ValueSet.extensible`;
      node.members['extension'] = [
        ...listOf(node.members['extension']),
        { url, valueBoolean: value },
      ];
      node.lose('extensible', 'kept-as-extension');
    },
  ],
  'ActivityDefinition.dynamicValue': [dynamicValue],
  'PlanDefinition.action.dynamicValue': [dynamicValue],
};

/** A criterion was the name of an expression of the measure's library, which is in CQL. */
function criteria({ members }: Node): void {
  const { criteria: expression } = members;
  if (typeof expression === 'string') members['criteria'] = { language: 'text/cql', expression };
}

function dynamicValue(node: Node): void {
  const { language, expression, description } = node.members;
  if (typeof expression !== 'string') return;
  take(node, 'language');
  take(node, 'description');
  node.members['expression'] = {
    ...(description !== undefined && { description }),
    language: language ?? 'text/fhirpath',
    expression,
  };
}
