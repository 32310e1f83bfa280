import type { Loop } from '../../../formats/x12/loop.ts';
import type { X12Segment } from '../../../formats/x12/segment.ts';
import { fill, referenceTo } from '../resource.ts';
import type { Element, Resource } from '../resource.ts';
import { coded, own, terminology, x12Codes } from './codes.ts';
import { spanOf } from './conversion.ts';
import type { Conversion } from './conversion.ts';
import { partyOf, patientOf, payerKey } from './parties.ts';
import { serviceOf } from './services.ts';

/**
 * Claim status category codes by their first letter (code source 507) as the status of a Task:
 * what an answer says is done about the claim, not whether it is paid.
 */
function taskStatus(category: string): string {
  if (/^A[0125]$/.test(category)) return 'accepted';
  if (/^A[34678]$/.test(category)) return 'rejected';
  return statuses[category[0] ?? ''] ?? 'received';
}

const statuses: Readonly<Record<string, string>> = {
  P: 'in-progress',
  F: 'completed',
  R: 'on-hold',
  D: 'failed',
  E: 'failed',
};

/**
 * A claim whose status is asked (276, 2200) or told (277 and 277CA, 2200): a Task about the claim,
 * for FHIR has no other resource for the way of a claim before it is decided.
 */
export function mapStatus(unit: Loop, nth: number, conversion: Conversion): void {
  const answers = unit.all('STC');
  const kind = conversion.transaction.kind as string;
  const trn = unit.first;
  trn.pass(1);
  const task = conversion.make(
    'Task',
    `${conversion.transactionKey}|${kind}|${trn.peek(2)}|${nth}`,
  );
  const trace = trn.text(2);
  if (trace !== '') task['identifier'] = [{ system: own('trace'), value: trace }];
  task['status'] = answers.length === 0 ? 'requested' : taskStatus(first(answers));
  task['intent'] = 'order';
  task['code'] = coded(`${terminology}financialtaskcode`, 'status');
  fill(task, 'authoredOn', conversion.created);
  people(unit, task, conversion);
  const focus = claimNumbers(unit);
  if (focus !== undefined) task['focus'] = focus;
  const dtp = unit.segment('DTP', '472', '232');
  const span = dtp === undefined ? undefined : spanOf(dtp, unit, conversion);
  if (span !== undefined) {
    const { start, end } = span;
    task['executionPeriod'] = { ...(start && { start }), ...(end && { end }) };
  }
  if (answers.length > 0) task['businessStatus'] = statusOf(answers[0] as X12Segment);
  const output = answers.flatMap((stc) => told(stc, unit, conversion));
  const input = asked(unit, conversion);
  for (const line of unit.loops)
    (answers.length > 0 ? output : input).push(...lineOf(line, conversion));
  if (input.length > 0) task['input'] = input;
  if (output.length > 0) task['output'] = output;
}

function first(answers: readonly X12Segment[]): string {
  return (answers[0] as X12Segment).peekPart(1, 1).trim();
}

/** Payer, who asks, provider and patient. */
function people(unit: Loop, task: Resource, conversion: Conversion): void {
  const payerLoop = unit.around('2000A')?.loop('2100A');
  const payer = payerLoop === undefined ? undefined : partyOf(payerLoop, conversion);
  const askerLoop = unit.around('2000B')?.loop('2100B');
  const asker = askerLoop === undefined ? undefined : partyOf(askerLoop, conversion);
  const providerLoop = unit.around('2000C')?.loop('2100C');
  const provider = providerLoop === undefined ? undefined : partyOf(providerLoop, conversion);
  if (payer !== undefined) task['owner'] = referenceTo(payer);
  const requester = provider ?? asker;
  if (requester !== undefined) task['requester'] = referenceTo(requester);
  const subscriberLoop = unit.around('2000D')?.loop('2100D');
  const dependentLoop = unit.around('2000E')?.loop('2100E');
  const member = subscriberLoop?.first.text(9) ?? '';
  const options = { payer: payerKey(payerLoop), member };
  const subscriber =
    subscriberLoop === undefined ? undefined : patientOf(subscriberLoop, conversion, options);
  const patient =
    dependentLoop === undefined ? subscriber : patientOf(dependentLoop, conversion, options);
  if (patient !== undefined) task['for'] = referenceTo(patient);
}

/** REF of a claim: 1K is the payer's number, EJ and D9 those of the provider and clearinghouse. */
function claimNumbers(unit: Loop): Element | undefined {
  const [one, ...more] = unit.all('REF').map((ref) => {
    const code = ref.text(1);
    const system = code === '1K' ? own('payer-claim-number') : own(`reference:${code}`);
    return { system, value: ref.text(2) };
  });
  if (one === undefined) return undefined;
  const display = more.map(({ system, value }) => `${system.slice('urn:x-x12:'.length)} ${value}`);
  return {
    type: 'Claim',
    identifier: one,
    ...(display.length > 0 && { display: display.join(', ') }),
  };
}

/** STC01, STC10 and STC11: a category, a status, and of whom it is said. */
function statusOf(stc: X12Segment): Element {
  const coding = [1, 10, 11].flatMap((at) => {
    if (!stc.has(at)) return [];
    const category = stc.part(at, 1);
    const status = stc.part(at, 2);
    const entity = stc.part(at, 3);
    return [
      { system: `${x12Codes}claim-status-category-codes`, code: category },
      ...(status === '' ? [] : [{ system: `${x12Codes}claim-status-codes`, code: status }]),
      ...(entity === '' ? [] : [{ system: own('entity'), code: entity }]),
    ];
  });
  const words = stc.text(12);
  return { coding, ...(words !== '' && { text: words }) };
}

const kindOf = (name: string): Element => ({
  coding: [{ system: own('claim-status'), code: name }],
});

/** What one STC tells: the status, its day, what was charged and what was paid. */
function told(stc: X12Segment, unit: Loop, conversion: Conversion): Element[] {
  const status = statusOf(stc);
  const date = conversion.date(stc.text(2), `${unit.id}/STC-2`);
  const charged = conversion.money(stc, 4, unit);
  const paid = conversion.money(stc, 5, unit);
  const action = stc.text(3);
  const day = conversion.date(stc.text(6), `${unit.id}/STC-6`);
  return [
    { type: kindOf('status'), valueCodeableConcept: status },
    ...(date === undefined ? [] : [{ type: kindOf('effective'), valueDate: date }]),
    ...(action === '' ? [] : [{ type: kindOf('action'), valueCode: action }]),
    ...(charged === undefined ? [] : [{ type: kindOf('charged'), valueMoney: charged }]),
    ...(paid === undefined ? [] : [{ type: kindOf('paid'), valueMoney: paid }]),
    ...(day === undefined ? [] : [{ type: kindOf('decided'), valueDate: day }]),
  ];
}

/** AMT and QTY: what was charged for the claim, how many claims were taken or refused. */
function asked(unit: Loop, conversion: Conversion): Element[] {
  const amounts = unit.all('AMT').map((amt) => ({
    type: kindOf(amt.text(1) === 'T3' ? 'charged' : `amount-${amt.peek(1)}`),
    valueMoney: conversion.money(amt, 2, unit),
  }));
  const counts = unit.all('QTY').map((qty) => ({
    type: kindOf(`quantity-${qty.text(1)}`),
    valueDecimal: conversion.decimal(qty, 2, unit),
  }));
  return [...amounts, ...counts];
}

/** A service line (2210, 2220) of the claim that is asked or told about. */
function lineOf(line: Loop, conversion: Conversion): Element[] {
  const svc = line.first;
  if (svc.id !== 'SVC') return [];
  const { code } = serviceOf(svc, 1);
  const charged = conversion.money(svc, 2, line);
  const paid = conversion.money(svc, 3, line);
  return [
    { type: kindOf('service'), valueCodeableConcept: code },
    ...(charged === undefined ? [] : [{ type: kindOf('service-charged'), valueMoney: charged }]),
    ...(paid === undefined ? [] : [{ type: kindOf('service-paid'), valueMoney: paid }]),
    ...line.all('STC').flatMap((stc) => told(stc, line, conversion)),
  ];
}
