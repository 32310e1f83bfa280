import type { Json, JsonObject } from '../../base/json.ts';
import { eventCodes, eventCodesBack } from './stu3Clinical.ts';
import { whoOrAddress } from './stu3Types.ts';
import {
  addressed,
  bothWays,
  codes,
  denied,
  joined,
  lift,
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

const requestCodes = { cancelled: 'revoked', suspended: 'on-hold', aborted: 'revoked' };
const requestCodesBack = { revoked: 'cancelled', 'on-hold': 'suspended' };

/** Who asks, and for whom: R4 keeps the first and has an extension for the other. */
const requester = lift('requester', 'agent', { onBehalfOf: 'Reference' });

/** The first author is the author, the others contribute. */
export const authors = bothWays(
  (node) => {
    const [first, ...others] = listOf(node.members['author']);
    if (first === undefined) return;
    node.members['author'] = first;
    if (others.length > 0) node.members['contributor'] = others;
  },
  (node) => {
    const all = [...listOf(node.members['author']), ...listOf(take(node, 'contributor'))];
    if (all.length > 0) node.members['author'] = all;
  },
);

export function whoOf(node: Node): void {
  const identifier = take(node, 'userId');
  const reference = take(node, 'reference');
  if (reference === undefined && identifier === undefined) return;
  node.members['who'] = {
    ...(reference as JsonObject | undefined),
    ...(identifier !== undefined && { identifier }),
  };
}

function whatOf(node: Node): void {
  const identifier = take(node, 'identifier');
  const reference = take(node, 'reference');
  if (reference === undefined && identifier === undefined) return;
  node.members['what'] = {
    ...(reference as JsonObject | undefined),
    ...(identifier !== undefined && { identifier }),
  };
}

/** What is to be done: one code in R4, the rest are details. */
function services(node: Node): void {
  const [first, ...others] = listOf(take(node, 'serviceRequested'));
  if (first !== undefined) node.members['code'] = first;
  if (others.length > 0) node.members['orderDetail'] = others;
  const type = take(node, 'type');
  if (type !== undefined) node.members['category'] = listOf(type);
}

/** Consent: what it permits is a provision of its own. */
function provision(node: Node): void {
  const made: JsonObject = {};
  for (const name of [
    'actor',
    'action',
    'securityLabel',
    'purpose',
    'dataPeriod',
    'data',
    'period',
  ]) {
    const value = take(node, name);
    if (value !== undefined) made[name] = value;
  }
  const exceptions = objectsOf(take(node, 'except'));
  if (exceptions.length > 0) made['provision'] = exceptions;
  if (Object.keys(made).length > 0) node.members['provision'] = made;
  const rule = node.members['policyRule'];
  if (typeof rule === 'string')
    node.members['policyRule'] = { coding: [{ system: 'urn:ietf:rfc:3986', code: rule }] };
}

function eligibility(node: Node): void {
  const code = take(node, 'eligibility');
  const comment = take(node, 'eligibilityNote');
  if (code === undefined && comment === undefined) return;
  node.members['eligibility'] = [
    { ...(code !== undefined && { code }), ...(comment !== undefined && { comment }) },
  ];
}

function eligibilityBack(node: Node): void {
  const [first, ...others] = objectsOf(take(node, 'eligibility'));
  if (first?.['code'] !== undefined) node.members['eligibility'] = first['code'];
  if (first?.['comment'] !== undefined) node.members['eligibilityNote'] = first['comment'];
  if (others.length > 0) node.lose('eligibility', 'only-first');
}

/** Texts that became concepts. */
function textsOf(from: string, to: string): Rule {
  return bothWays(
    (node) => {
      const texts = listOf(take(node, from)).map((text): Json => ({ text }));
      if (texts.length > 0) node.members[to] = texts;
    },
    (node) => {
      const concepts = objectsOf(take(node, to));
      const texts = concepts.flatMap(({ text }) => (text === undefined ? [] : [text]));
      if (texts.length > 0) node.members[from] = texts;
      if (concepts.some(({ coding }) => coding !== undefined))
        node.lose(`${to}.coding`, 'no-place');
    },
  );
}

const substitution: readonly Rule[] = [
  ({ members }) => {
    if (typeof members['allowed'] !== 'boolean') return;
    members['allowedBoolean'] = members['allowed'];
    delete members['allowed'];
  },
];

/** Requests, plans, and who did what. */
export const stu3Workflow: Readonly<Record<string, readonly Rule[]>> = {
  Account: [move('active', 'servicePeriod'), lost('balance', 'period')],
  Appointment: moves('indication>reasonReference incomingReferral>basedOn reason>reasonCode'),
  'AuditEvent.agent': [whoOf],
  'AuditEvent.source': moves('identifier>observer'),
  'AuditEvent.entity': [whatOf],
  'AuditEvent.entity.detail': moves('value>valueBase64Binary'),
  CarePlan: [
    ...moves('definition>instantiatesCanonical context>encounter'),
    authors,
    codes('status', { suspended: 'on-hold', cancelled: 'revoked' }, requestCodesBack),
  ],
  'CarePlan.activity.detail': moves('definition>instantiatesCanonical prohibited>doNotPerform'),
  Communication: [
    ...moves(
      'definition>instantiatesCanonical context>encounter notDoneReason>statusReason topic>about',
    ),
    codes('status', eventCodes, eventCodesBack),
    denied('notDone', 'not-done', 'unknown'),
  ],
  CommunicationRequest: [
    ...moves('context>encounter topic>about'),
    requester,
    codes('status', requestCodes, requestCodesBack),
  ],
  Consent: [
    ...moves('consentingParty>performer'),
    ...joined('sourceReference', 'sourceIdentifier'),
    provision,
  ],
  DeviceRequest: [
    ...moves('definition>instantiatesCanonical context>encounter'),
    requester,
    codes('status', requestCodes, requestCodesBack),
  ],
  DocumentManifest: [
    (node) => {
      const content = objectsOf(node.members['content']);
      if (content.every(({ pReference }) => pReference === undefined)) return;
      node.members['content'] = content.flatMap((each) => {
        if (each['pReference'] !== undefined) return [each['pReference']];
        node.lose('content.pAttachment', 'no-place');
        return [];
      });
    },
  ],
  GuidanceResponse: [
    ...moves('context>encounter module>moduleCanonical'),
    (node) => {
      const id = take(node, 'requestId');
      if (typeof id === 'string') node.members['requestIdentifier'] = { value: id };
    },
    reasonChoice(),
  ],
  HealthcareService: [bothWays(eligibility, eligibilityBack), textsOf('programName', 'program')],
  MedicationRequest: [
    ...moves('definition>instantiatesCanonical context>encounter'),
    requester,
    codes('status', { suspended: 'on-hold' }),
  ],
  'MedicationRequest.substitution': substitution,
  NutritionOrder: [
    codes(
      'status',
      {
        requested: 'active',
        planned: 'draft',
        proposed: 'draft',
        suspended: 'on-hold',
        cancelled: 'revoked',
      },
      { revoked: 'cancelled' },
    ),
    ({ members }) => {
      members['intent'] ??= 'order';
    },
  ],
  ProcedureRequest: [
    ...moves('definition>instantiatesCanonical context>encounter'),
    requester,
    codes('status', requestCodes, requestCodesBack),
  ],
  ReferralRequest: [
    ...moves('definition>instantiatesCanonical context>encounter recipient>performer'),
    services,
    requester,
    noted('description'),
    codes('status', requestCodes, requestCodesBack),
  ],
  Provenance: [move('period', 'occurredPeriod')],
  'Provenance.agent': [...whoOrAddress, move('relatedAgentType', 'type')],
  'Provenance.entity': [...joined('what', 'whatReference', 'whatIdentifier'), addressed('what')],
  RequestGroup: [
    ...moves('definition>instantiatesCanonical context>encounter'),
    reasonChoice(),
    codes('status', requestCodes, requestCodesBack),
  ],
  ResearchStudy: [
    move('jurisdiction', 'location'),
    codes(
      'status',
      {
        draft: 'in-review',
        'in-progress': 'active',
        suspended: 'temporarily-closed-to-accrual',
        stopped: 'withdrawn',
      },
      {
        active: 'in-progress',
        'in-review': 'draft',
        'temporarily-closed-to-accrual': 'suspended',
        withdrawn: 'stopped',
      },
    ),
  ],
  SupplyRequest: [
    (node) => {
      const [item] = objectsOf(take(node, 'orderedItem'));
      for (const [name, value] of Object.entries(item ?? {})) node.members[name] ??= value;
    },
    requester,
    reasonChoice(),
  ],
  Task: [
    ...moves(
      'context>encounter reason>reasonCode definitionUri>instantiatesUri definitionReference>instantiatesCanonical',
    ),
    requester,
  ],
  VisionPrescription: [
    move('dispense', 'lensSpecification'),
    lost('reasonCodeableConcept', 'reasonReference'),
  ],
  'VisionPrescription.lensSpecification': [
    ({ members }) => {
      const { prism, base } = members;
      if (prism === undefined || (typeof prism === 'object' && Array.isArray(prism))) return;
      members['prism'] = [{ amount: prism, ...(base !== undefined && { base }) }];
      delete members['base'];
    },
  ],
  Subscription: [lost('tag')],
};
