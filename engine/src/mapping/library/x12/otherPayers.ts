import type { Loop } from '../../../formats/x12/loop.ts';
import { referenceTo } from '../resource.ts';
import type { Element, Resource } from '../resource.ts';
import { adjudications, adjustments, carin, remarkCodes } from './adjustments.ts';
import { amountOr0, isNothing, minus, plus, sumOf } from './amount.ts';
import { adjustmentsOf } from './balance.ts';
import type { ClaimScope } from './claimScope.ts';
import { coded, own } from './codes.ts';
import { spanOf } from './conversion.ts';
import type { Conversion } from './conversion.ts';

/** AMT01 of another payer's amounts (005010X222, 2320 and 2430) that FHIR or CARIN have a category for. */
const categories: Readonly<Record<string, Element>> = {
  D: coded(adjudications, 'benefit'),
  EAF: coded(carin, 'memberliability'),
  A8: coded(carin, 'noncovered'),
  B6: coded(adjudications, 'eligible'),
};

/**
 * What another payer made of the claim before (2320 with its CAS, AMT, MIA and MOA, and the 2430s of
 * the lines that name it): the response that stands beside its coverage. Undefined when it says none.
 */
export function otherResponse(
  other: Loop,
  coverage: Resource,
  scope: ClaimScope,
): Resource | undefined {
  const { conversion, claim, key } = scope;
  const payer = other.loop('2330B');
  const lines = linesOf(payer?.first.peek(9).trim() ?? '', scope.loop);
  const says = other.segments.some(({ id }) => ['CAS', 'AMT', 'MIA', 'MOA'].includes(id));
  if (!says && lines.length === 0) return undefined;
  const response = conversion.make('ClaimResponse', `${key}|other|${other.first.position}`);
  response['status'] = 'active';
  for (const name of ['type', 'use', 'patient'] as const) response[name] = claim[name];
  const dated = payer?.segment('DTP', '573');
  const items = lines.map((line) => itemOf(line, conversion));
  const days = [
    dated && payer && spanOf(dated, payer, conversion)?.start,
    ...items.map(({ day }) => day).toSorted((one = '', last = '') => (one < last ? 1 : -1)),
  ];
  response['created'] = days.find((day) => day !== undefined) ?? claim['created'];
  const insurer = (coverage['payor'] as Element[] | undefined)?.[0];
  response['insurer'] = insurer ?? { display: 'unknown' };
  response['outcome'] = 'complete';
  if (items.length > 0) response['item'] = items.map(({ item }) => item);
  const adjudication = [
    ...adjustments(other, conversion),
    ...remarkCodes(other).map((reason) => ({
      category: coded(own('claim-information'), 'remark'),
      reason,
    })),
  ];
  if (adjudication.length > 0) response['adjudication'] = adjudication;
  const totals = amountsOf(other, conversion);
  if (totals.length > 0) response['total'] = totals;
  if (!ties(other, lines, scope.loop)) {
    conversion.issue('x12-other-payer-unbalanced', '2320/AMT-2');
  }
  response['insurance'] = [{ sequence: 1, focal: true, coverage: referenceTo(coverage) }];
  return response;
}

interface AdjudicatedLine {
  sequence: number;
  loop: Loop;
}

/** The 2430s that name the payer in SVD01, with the numbers of their lines. */
function linesOf(payer: string, claim: Loop): AdjudicatedLine[] {
  if (payer === '') return [];
  return claim.within('2400').flatMap((line, at) =>
    line
      .within('2430')
      .filter(({ first }) => first.peek(1).trim() === payer)
      .map((loop) => ({ sequence: at + 1, loop })),
  );
}

/** SVD, CAS and AMT of a line; DTP 573 is the day it was decided. */
function itemOf(
  { sequence, loop }: AdjudicatedLine,
  conversion: Conversion,
): { item: Element; day: string | undefined } {
  const svd = loop.first;
  svd.pass(1);
  const units = conversion.decimal(svd, 5, loop);
  const adjudication: Element[] = [
    {
      category: categories['D'],
      amount: conversion.money(svd, 2, loop),
      ...(units !== undefined && { value: units }),
    },
    ...adjustments(loop, conversion),
    ...amountsOf(loop, conversion),
  ];
  const dtp = loop.segment('DTP', '573');
  const day = dtp === undefined ? undefined : spanOf(dtp, loop, conversion)?.start;
  return { item: { itemSequence: sequence, adjudication }, day };
}

function amountsOf(loop: Loop, conversion: Conversion): Element[] {
  return loop.all('AMT').flatMap((amt) => {
    const kind = amt.text(1);
    const amount = conversion.money(amt, 2, loop);
    if (amount === undefined) return [];
    return [{ category: categories[kind] ?? coded(own('amount'), kind), amount }];
  });
}

/** What is charged less all that the payer took away is what it paid, where it says so (AMT D). */
function ties(other: Loop, lines: readonly AdjudicatedLine[], claim: Loop): boolean {
  const paid = other.segment('AMT', 'D');
  if (paid === undefined) return true;
  const taken = sumOf(lines.map(({ loop }) => adjustmentsOf(loop.segments)));
  const adjusted = plus(adjustmentsOf(other.segments), taken);
  const expected = minus(amountOr0(claim.first.peek(2)), adjusted);
  return isNothing(minus(amountOr0(paid.peek(2)), expected));
}
