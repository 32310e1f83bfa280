import {
  functionalAcknowledgement,
  implementationAcknowledgement,
} from './guides/acknowledgements.ts';
import { dentalClaim, institutionalClaim, professionalClaim } from './guides/claims.ts';
import {
  claimAcknowledgement,
  eligibilityAnswer,
  eligibilityQuestion,
  servicesReview,
  servicesReview4010,
  statusAnswer,
  statusQuestion,
} from './guides/enquiries.ts';
import { enrollment, remittance } from './guides/payments.ts';
import { compileGuide } from './loopSyntax.ts';
import type { Guide } from './loopSyntax.ts';

/** What a transaction set is by its guide; two guides of the 837 or 277 are two kinds. */
export type TransactionKind =
  | '837P'
  | '837I'
  | '837D'
  | '835'
  | '834'
  | '270'
  | '271'
  | '276'
  | '277'
  | '277CA'
  | '278'
  | '999'
  | '997';

interface Published {
  kind: TransactionKind;
  /** ST01. */
  set: string;
  /** GS01. */
  group: string;
  version: '4010' | '5010';
  text: string;
}

/** Guides by the middle of their name: `005010X222A1` is `005010X222`; the appendix changes no loop. */
const published: Readonly<Record<string, Published>> = {
  '837 005010X222': guide('837P', 'HC', professionalClaim),
  '837 005010X223': guide('837I', 'HC', institutionalClaim),
  '837 005010X224': guide('837D', 'HC', dentalClaim),
  '835 005010X221': guide('835', 'HP', remittance),
  '834 005010X220': guide('834', 'BE', enrollment),
  '270 005010X279': guide('270', 'HS', eligibilityQuestion),
  '271 005010X279': guide('271', 'HB', eligibilityAnswer),
  '276 005010X212': guide('276', 'HR', statusQuestion),
  '277 005010X212': guide('277', 'HN', statusAnswer),
  '277 005010X214': guide('277CA', 'HN', claimAcknowledgement),
  '278 005010X217': guide('278', 'HI', servicesReview),
  '999 005010X231': guide('999', 'FA', implementationAcknowledgement),
  '837 004010X098': guide('837P', 'HC', professionalClaim, '4010'),
  '837 004010X096': guide('837I', 'HC', institutionalClaim, '4010'),
  '837 004010X097': guide('837D', 'HC', dentalClaim, '4010'),
  '835 004010X091': guide('835', 'HP', remittance, '4010'),
  '834 004010X095': guide('834', 'BE', enrollment, '4010'),
  '270 004010X092': guide('270', 'HS', eligibilityQuestion, '4010'),
  '271 004010X092': guide('271', 'HB', eligibilityAnswer, '4010'),
  '276 004010X093': guide('276', 'HR', statusQuestion, '4010'),
  '277 004010X093': guide('277', 'HN', statusAnswer, '4010'),
  '278 004010X094': guide('278', 'HI', servicesReview4010, '4010'),
  '997 004010': guide('997', 'FA', functionalAcknowledgement, '4010'),
  '997 005010': guide('997', 'FA', functionalAcknowledgement),
};

function guide(
  kind: TransactionKind,
  group: string,
  text: string,
  version: Published['version'] = '5010',
): Published {
  return { kind, set: kind.slice(0, 3), group, version, text };
}

export interface FoundGuide extends Guide {
  kind: TransactionKind;
  group: string;
  version: '4010' | '5010';
}

/** ST01 of every transaction set that is read. */
export const supportedSets: ReadonlySet<string> = new Set(
  Object.values(published).map(({ set }) => set),
);

const compiled = new Map<string, FoundGuide>();

/**
 * The guide of a transaction set.
 * @param set ST01.
 * @param name ST03, or GS08 where a guide has no ST03: `005010X222A1`.
 */
export function guideOf(set: string, name: string): FoundGuide | undefined {
  const short = set === '997' ? name.slice(0, 6) : name.slice(0, 10);
  const key = `${set} ${short}`;
  const before = compiled.get(key);
  if (before !== undefined) return before;
  if (!Object.hasOwn(published, key)) return undefined;
  const { kind, group, version, text } = published[key] as Published;
  const found = { ...compileGuide(text, version), kind, group, version };
  compiled.set(key, found);
  return found;
}
