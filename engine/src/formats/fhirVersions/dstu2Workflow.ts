import type { Json, JsonObject } from '../../base/json.ts';
import { eventCodes } from './stu3Clinical.ts';
import { stu3Financial } from './stu3Financial.ts';
import { stu3Types } from './stu3Types.ts';
import { authors, stu3Workflow, whoOf } from './stu3Workflow.ts';
import {
  bothWays,
  codes,
  implied,
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
const requestCodesBack = { active: 'accepted', 'on-hold': 'suspended', revoked: 'aborted' };
const requested = codes('status', requestCodes, requestCodesBack);
const intended = implied('intent', 'order');

/** Several texts that became notes. */
const noteTexts = bothWays(
  (node) => {
    const notes = listOf(take(node, 'notes')).map((each): Json =>
      typeof each === 'string' ? { text: each } : each,
    );
    if (notes.length > 0) node.members['note'] = [...listOf(node.members['note']), ...notes];
  },
  (node) => {
    const notes = objectsOf(take(node, 'note'));
    const texts = notes.flatMap(({ text }) => (text === undefined ? [] : [text]));
    if (texts.length > 0) node.members['notes'] = texts;
    for (const part of new Set(notes.flatMap((note) => Object.keys(note)))) {
      if (part !== 'text') node.lose(`note.${part}`, 'no-place');
    }
  },
);

function referral(node: Node): void {
  const [first, ...others] = listOf(take(node, 'serviceRequested'));
  if (first !== undefined) node.members['code'] = first;
  if (others.length > 0) node.members['orderDetail'] = others;
  const type = take(node, 'type');
  if (type !== undefined) node.members['category'] = listOf(type);
  if (take(node, 'dateSent') !== undefined) node.lose('dateSent', 'no-place');
}

/** What a member of each of some holds, as objects that hold it alone, and back. */
function wrapped(from: string, to: string, member: string): Rule {
  return bothWays(
    (node) => {
      const made = listOf(take(node, from)).map((value): Json => ({ [member]: value }));
      if (made.length > 0) node.members[to] = [...listOf(node.members[to]), ...made];
    },
    (node) => {
      const values = objectsOf(take(node, to)).flatMap((each) => listOf(each[member]));
      if (values.length > 0) node.members[from] = values;
    },
  );
}

/** What was supplied and how much of it stood apart. */
const supplied = bothWays(
  (node) => {
    const [quantity, itemReference] = [take(node, 'quantity'), take(node, 'suppliedItem')];
    if (quantity === undefined && itemReference === undefined) return;
    node.members['suppliedItem'] = {
      ...(quantity !== undefined && { quantity }),
      ...(itemReference !== undefined && { itemReference }),
    };
  },
  (node) => {
    const [value] = objectsOf(take(node, 'suppliedItem'));
    if (value?.['quantity'] !== undefined) node.members['quantity'] = value['quantity'];
    if (value?.['itemReference'] !== undefined)
      node.members['suppliedItem'] = value['itemReference'];
  },
);

/** Classes of a coverage by the names that they had. */
const coverageClasses: Readonly<Record<string, string>> = {
  group: 'group',
  plan: 'plan',
  subPlan: 'subplan',
};

const classes = bothWays(
  (node) => {
    const made = Object.entries(coverageClasses).flatMap(([name, code]): Json[] => {
      const value = take(node, name);
      const type = { coding: [{ system: `${terminology}coverage-class`, code }] };
      return value === undefined ? [] : [{ type, value }];
    });
    if (made.length > 0) node.members['class'] = made;
  },
  (node) => {
    for (const { type, value } of objectsOf(take(node, 'class'))) {
      const code = objectsOf(objectsOf(type)[0]?.['coding'])[0]?.['code'];
      const name = Object.keys(coverageClasses).find((each) => coverageClasses[each] === code);
      if (name === undefined || value === undefined || node.members[name] !== undefined)
        node.lose('class', 'no-place');
      else node.members[name] = value;
    }
  },
);

/** What a text named is a reference by it. */
const entity = bothWays(
  (node) => {
    const [reference, display] = [take(node, 'reference'), take(node, 'display')];
    if (reference === undefined && display === undefined) return;
    node.members['what'] = {
      ...(reference !== undefined && { reference }),
      ...(display !== undefined && { display }),
    };
  },
  (node) => {
    const [what] = objectsOf(take(node, 'what'));
    for (const name of ['reference', 'display'])
      if (what?.[name] !== undefined) node.members[name] = what[name];
  },
);

const agent = bothWays(whoOf, (node) => {
  const [who] = objectsOf(take(node, 'who'));
  const { identifier, ...reference }: JsonObject = who ?? {};
  if (identifier !== undefined) node.members['userId'] = identifier;
  if (Object.keys(reference).length > 0) node.members['reference'] = reference;
});

const service: readonly Rule[] = moves('service>productOrService');

/** Requests, plans, who did what, and who pays. */
export const dstu2Workflow: Readonly<Record<string, readonly Rule[]>> = {
  Account: [move('coveragePeriod', 'servicePeriod'), lost('balance', 'activePeriod', 'currency')],
  Appointment: moves('type>appointmentType reason>reasonCode'),
  CarePlan: [
    ...moves('context>encounter support>supportingInfo'),
    authors,
    codes('status', { proposed: 'draft', cancelled: 'revoked' }, { revoked: 'cancelled' }),
    implied('intent', 'plan'),
    lost('modified', 'participant', 'relatedPlan'),
  ],
  'CarePlan.activity': [move('actionResulting', 'outcomeReference')],
  'CarePlan.activity.detail': [move('prohibited', 'doNotPerform')],
  Communication: [
    ...moves('requestDetail>basedOn reason>reasonCode'),
    codes(
      'status',
      { ...eventCodes, rejected: 'not-done', failed: 'stopped' },
      { 'not-done': 'rejected', stopped: 'failed', 'on-hold': 'suspended' },
    ),
  ],
  CommunicationRequest: [
    ...moves(
      'reason>reasonCode requestedOn>authoredOn scheduledDateTime>occurrenceDateTime scheduledPeriod>occurrencePeriod',
    ),
    requested,
  ],
  DeviceUseRequest: [
    ...moves(
      'device>codeReference indication>reasonCode orderedOn>authoredOn timingDateTime>occurrenceDateTime timingPeriod>occurrencePeriod timingTiming>occurrenceTiming',
    ),
    noteTexts,
    requested,
    intended,
  ],
  DeviceUseStatement: [
    ...moves('whenUsed>timingPeriod indication>reasonCode bodySiteCodeableConcept>bodySite'),
    noteTexts,
  ],
  DiagnosticOrder: [
    items,
    ...moves('orderer>requester reason>reasonCode supportingInformation>supportingInfo'),
    requested,
    intended,
  ],
  ProcedureRequest: [
    ...moves(
      'scheduledDateTime>occurrenceDateTime scheduledPeriod>occurrencePeriod scheduledTiming>occurrenceTiming orderer>requester orderedOn>authoredOn notes>note',
    ),
    reasonChoice(),
    requested,
    intended,
  ],
  ReferralRequest: [
    ...moves(
      'patient>subject date>authoredOn recipient>performer reason>reasonCode supportingInformation>supportingInfo fulfillmentTime>occurrencePeriod',
    ),
    referral,
    noted('description'),
    requested,
    intended,
  ],
  EpisodeOfCare: [wrapped('condition', 'diagnosis', 'condition')],
  EnrollmentRequest: [move('subject', 'candidate')],
  HealthcareService: [
    ...moves('serviceCategory>category serviceName>name'),
    ...(stu3Workflow['HealthcareService'] ?? []),
    (node) => {
      const found = objectsOf(take(node, 'serviceType'));
      for (const name of ['type', 'specialty']) {
        const values = found.flatMap((each) => listOf(each[name]));
        if (values.length > 0) node.members[name] = values;
      }
    },
  ],
  MessageHeader: [move('data', 'focus'), ...(stu3Types['MessageHeader'] ?? [])],
  NutritionOrder: stu3Workflow['NutritionOrder'] ?? [],
  Provenance: [move('period', 'occurredPeriod')],
  'Provenance.agent': [move('actor', 'reference'), agent, lost('relatedAgent')],
  'Provenance.entity': [entity],
  Questionnaire: [lost('group')],
  Schedule: [move('type', 'serviceType')],
  Slot: moves('freeBusyType>status type>serviceType'),
  SupplyDelivery: [supplied, move('time', 'occurrenceDateTime')],
  SupplyRequest: [
    ...moves('source>requester date>authoredOn kind>category orderedItem>itemReference'),
    reasonChoice(),
  ],
  VisionPrescription: stu3Workflow['VisionPrescription'] ?? [],
  'VisionPrescription.lensSpecification':
    stu3Workflow['VisionPrescription.lensSpecification'] ?? [],
  Coverage: [...moves('issuer>payor sequence>order'), classes],
  Claim: [...moves('coverage>insurance target>insurer'), ...(stu3Financial['Claim'] ?? [])],
  'Claim.diagnosis': [move('diagnosis', 'diagnosisCodeableConcept')],
  'Claim.item': [
    ...service,
    ...moves('serviceDate>servicedDate diagnosisLinkId>diagnosisSequence'),
  ],
  'Claim.item.detail': service,
  'Claim.item.detail.subDetail': service,
};
