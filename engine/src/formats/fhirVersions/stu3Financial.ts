import type { JsonObject } from '../../base/json.ts';
import { codes, listOf, lost, move, moves, objectsOf, take, type Node, type Rule } from './rule.ts';

const uses = { complete: 'claim', proposed: 'preauthorization', exploratory: 'predetermination' };
const usesBack = {
  claim: 'complete',
  preauthorization: 'proposed',
  predetermination: 'exploratory',
};
const terminology = 'http://terminology.hl7.org/CodeSystem/';

/** Numbers of other parts of the claim. */
const sequences =
  'careTeamLinkId>careTeamSequence diagnosisLinkId>diagnosisSequence procedureLinkId>procedureSequence informationLinkId>informationSequence';
const item: readonly Rule[] = [...moves(`${sequences} service>productOrService`)];

/** Groups and plans became classes of a coverage. */
function classes(node: Node): void {
  const [grouping] = objectsOf(take(node, 'grouping'));
  if (grouping === undefined) return;
  const made: JsonObject[] = [];
  for (const name of ['group', 'subGroup', 'plan', 'subPlan', 'class', 'subClass']) {
    const value = grouping[name];
    const display = grouping[`${name}Display`];
    if (value === undefined && display === undefined) continue;
    made.push({
      type: { coding: [{ system: `${terminology}coverage-class`, code: name.toLowerCase() }] },
      value: value ?? display ?? '',
      ...(value !== undefined && display !== undefined && { name: display }),
    });
  }
  if (made.length > 0) node.members['class'] = made;
}

/** One total was an element of its own. */
function totalOf(name: string, code: string): Rule {
  return (node) => {
    const amount = take(node, name);
    if (amount === undefined) return;
    const category = { coding: [{ system: `${terminology}adjudication`, code }] };
    node.members['total'] = [...listOf(node.members['total']), { category, amount }];
  };
}

function firstSubType(node: Node): void {
  const [first, ...others] = listOf(node.members['subType']);
  if (first === undefined) return;
  node.members['subType'] = first;
  if (others.length > 0) node.lose('subType', 'only-first');
}

/** Claims, payments and coverage. */
export const stu3Financial: Readonly<Record<string, readonly Rule[]>> = {
  Claim: [
    firstSubType,
    move('information', 'supportingInfo'),
    codes('use', uses, usesBack),
    lost('organization'),
  ],
  'Claim.item': item,
  'Claim.item.detail': [move('service', 'productOrService')],
  'Claim.item.detail.subDetail': [move('service', 'productOrService')],
  'Claim.payee': [lost('resourceType')],
  ClaimResponse: [
    move('requestProvider', 'requestor'),
    lost('requestOrganization', 'unallocDeductable'),
    totalOf('totalCost', 'submitted'),
    totalOf('totalBenefit', 'benefit'),
  ],
  'ClaimResponse.item': moves('sequenceLinkId>itemSequence'),
  'ClaimResponse.item.detail': moves('sequenceLinkId>detailSequence'),
  'ClaimResponse.item.detail.subDetail': moves('sequenceLinkId>subDetailSequence'),
  'ClaimResponse.addItem': moves('sequenceLinkId>itemSequence service>productOrService'),
  'ClaimResponse.error': moves(
    'sequenceLinkId>itemSequence detailSequenceLinkId>detailSequence subdetailSequenceLinkId>subDetailSequence',
  ),
  ChargeItem: [
    (node) => {
      const uris = listOf(take(node, 'definition'));
      if (uris.length > 0) node.members['definitionUri'] = uris;
    },
    move('participant', 'performer'),
  ],
  'ChargeItem.performer': moves('role>function'),
  Coverage: [classes, lost('sequence')],
  CoverageEligibilityRequest: [
    (node) => {
      const coverage = take(node, 'coverage');
      if (coverage !== undefined) node.members['insurance'] = [{ focal: true, coverage }];
    },
    lost('benefitCategory', 'benefitSubCategory', 'businessArrangement'),
  ],
  CoverageEligibilityResponse: [
    move('requestProvider', 'requestor'),
    lost('inforce', 'requestOrganization'),
  ],
  'CoverageEligibilityResponse.insurance': moves('benefitBalance>item'),
  EnrollmentRequest: moves('subject>candidate'),
  ExplanationOfBenefit: [
    firstSubType,
    move('information', 'supportingInfo'),
    codes('use', uses, usesBack),
    lost('organization'),
    totalOf('totalCost', 'submitted'),
    totalOf('totalBenefit', 'benefit'),
    (node) => {
      const value = node.members['insurance'];
      if (value !== undefined)
        node.members['insurance'] = objectsOf(value).map((each) => ({ focal: true, ...each }));
    },
    lost('unallocDeductable'),
  ],
  'ExplanationOfBenefit.item': item,
  'ExplanationOfBenefit.item.detail': [move('service', 'productOrService'), lost('type')],
  'ExplanationOfBenefit.item.detail.subDetail': [move('service', 'productOrService'), lost('type')],
  'ExplanationOfBenefit.addItem': moves('sequenceLinkId>itemSequence service>productOrService'),
  'ExplanationOfBenefit.payee': [lost('resourceType')],
  PaymentReconciliation: [
    move('organization', 'paymentIssuer'),
    move('requestProvider', 'requestor'),
    move('total', 'paymentAmount'),
    lost('requestOrganization', 'form'),
  ],
  PaymentNotice: [lost('organization', 'target'), move('statusDate', 'paymentDate')],
};
