import type { Loop } from '../../../formats/x12/loop.ts';
import type { X12Segment } from '../../../formats/x12/segment.ts';
import { decimalOf } from '../decimal.ts';
import { add, fill, referenceTo } from '../resource.ts';
import type { Element, Reference, Resource } from '../resource.ts';
import { adjudications, adjustments, carin, remarkCodes } from './adjustments.ts';
import { amountOr0, amountText, negative } from './amount.ts';
import type { Amount } from './amount.ts';
import {
  absent,
  coded,
  identifierSystem,
  nubc,
  own,
  referenceIdentifier,
  relationship,
  terminology,
  x12Codes,
} from './codes.ts';
import { pathOf, timing } from './conversion.ts';
import type { Conversion, Span } from './conversion.ts';
import { coverageOf, humanName, partyOf, patientOf, payerKey } from './parties.ts';
import { serviceOf } from './services.ts';

/** CLP02 (data element 1029); the words are X12's. */
const statuses: Readonly<Record<string, string>> = {
  '1': 'Processed as Primary',
  '2': 'Processed as Secondary',
  '3': 'Processed as Tertiary',
  '4': 'Denied',
  '19': 'Processed as Primary, Forwarded to Additional Payer(s)',
  '20': 'Processed as Secondary, Forwarded to Additional Payer(s)',
  '21': 'Processed as Tertiary, Forwarded to Additional Payer(s)',
  '22': 'Reversal of Previous Payment',
  '23': 'Not Our Claim, Forwarded to Additional Payer(s)',
  '25': 'Predetermination Pricing Only - No Payment',
};

/** Who pays and who is paid, of a whole 835. */
export interface Remittance {
  payer: Resource | undefined;
  payee: Resource | undefined;
  payerKey: string;
  /** BPR16: when the money moves. */
  paid: string | undefined;
  /** TRN02, by which the money is traced. */
  trace: string;
}

export function remittanceOf(root: Loop, conversion: Conversion): Remittance {
  const payer = root.loop('1000A');
  const payee = root.loop('1000B');
  const bpr = root.segment('BPR');
  return {
    payer: payer === undefined ? undefined : partyOf(payer, conversion),
    payee: payee === undefined ? undefined : partyOf(payee, conversion),
    payerKey: payerKey(payer),
    paid: bpr === undefined ? undefined : conversion.date(bpr.text(16), 'BPR-16'),
    trace: root.segment('TRN')?.text(2) ?? '',
  };
}

/** The day an 835 was made: its production date (DTM 405), else the day of payment or of the group. */
function createdOf(root: Loop, remittance: Remittance, conversion: Conversion): string | undefined {
  const dtm = root.segment('DTM', '405');
  dtm?.pass(1);
  const made = dtm === undefined ? undefined : conversion.date(dtm.text(2), 'DTM-2');
  return made ?? remittance.paid ?? conversion.created;
}

/** A claim payment (2100) as an ExplanationOfBenefit. */
export function mapPayment(
  loop: Loop,
  root: Loop,
  remittance: Remittance,
  conversion: Conversion,
): Resource {
  const clp = loop.first;
  const number = clp.text(1);
  const key = `${conversion.transactionKey}|${number}|${clp.peek(7)}|${clp.position}`;
  const benefit = conversion.make('ExplanationOfBenefit', key);
  benefit['status'] = 'active';
  benefit['type'] = loop.segment('MIA') === undefined ? absent('unknown') : institutional();
  benefit['use'] = clp.peek(2) === '25' ? 'predetermination' : 'claim';
  const control = clp.text(7);
  const system = own('payer-claim-number');
  if (control !== '') benefit['identifier'] = [{ system, value: control }];
  const patient = people(loop, remittance, benefit, conversion);
  fill(benefit, 'created', createdOf(root, remittance, conversion));
  const { payer, payee } = remittance;
  benefit['insurer'] = payer === undefined ? { display: 'unknown' } : referenceTo(payer);
  benefit['provider'] = payee === undefined ? { display: 'unknown' } : referenceTo(payee);
  benefit['claim'] = { identifier: { system: own('patient-control-number'), value: number } };
  const status = clp.text(2);
  benefit['outcome'] = 'complete';
  benefit['disposition'] = statuses[status] ?? status;
  insurance(loop, patient, remittance, benefit, conversion);
  amounts(loop, clp, remittance, benefit, conversion);
  references(loop, benefit);
  benefit['item'] = loop.within('2110').map((line, at) => lineOf(line, at + 1, conversion));
  return benefit;
}

const institutional = (): Element => coded(`${terminology}claim-type`, 'institutional');

/** NM1 of a claim payment: patient, subscriber, corrected name, and who gave the service. */
function people(
  loop: Loop,
  remittance: Remittance,
  benefit: Resource,
  conversion: Conversion,
): Resource | undefined {
  const nm1 = loop.segment('NM1', 'QC');
  const subscriber = loop.segment('NM1', 'IL');
  if (nm1 === undefined) {
    conversion.issue('patient-missing', '2100/NM1');
    return undefined;
  }
  const member = subscriber?.text(9) ?? '';
  const options = { payer: remittance.payerKey, member };
  const patient = patientOf(aloneOf(loop, nm1), conversion, options);
  benefit['patient'] = referenceTo(patient);
  const corrected = loop.segment('NM1', '74');
  if (corrected !== undefined) {
    corrected.pass(1, 2);
    const name = humanName(corrected);
    if (name !== undefined) add(patient, 'name', name);
    const value = corrected.text(9);
    const qualifier = corrected.text(8) === 'C' ? 'MI' : corrected.peek(8);
    if (value !== '') add(patient, 'identifier', { system: identifierSystem(qualifier), value });
  }
  const rendering = loop.segment('NM1', '82');
  if (rendering !== undefined) {
    const party = partyOf(aloneOf(loop, rendering), conversion);
    const role = coded(`${terminology}claimcareteamrole`, 'primary');
    if (party !== undefined) {
      benefit['careTeam'] = [{ sequence: 1, provider: referenceTo(party), role }];
    }
  }
  return patient;
}

/** NM1 of an 835 open no loops: each as if it had one of its own. */
function aloneOf(loop: Loop, segment: X12Segment): Loop {
  const alone = Object.create(loop, {
    segments: { value: [segment] },
    first: { value: segment },
    loops: { value: [] },
    parent: { value: undefined },
  }) as Loop;
  return alone;
}

function insurance(
  loop: Loop,
  patient: Resource | undefined,
  remittance: Remittance,
  benefit: Resource,
  conversion: Conversion,
): void {
  if (patient === undefined) return;
  const holder = loop.segment('NM1', 'IL') ?? loop.segment('NM1', 'QC');
  const member = holder?.peek(9).trim() ?? '';
  const ref = loop.segment('REF', '1L');
  ref?.pass(1);
  const coverage = coverageOf(
    {
      payer: remittance.payerKey,
      payor: remittance.payer,
      member,
      group: ref?.text(2) ?? '',
      kind: '',
      beneficiary: referenceTo(patient),
      subscriber: undefined,
      relationship: loop.segment('NM1', 'IL') === undefined ? relationship('18') : relationship(''),
    },
    conversion,
  );
  const filing = loop.first.text(6);
  if (filing !== '') {
    fill(coverage, 'type', coded(`${x12Codes}claim-filing-indicator-codes`, filing));
  }
  benefit['insurance'] = [{ focal: true, coverage: referenceTo(coverage) }];
}

/** CLP03 to CLP05, CAS and what was paid. */
function amounts(
  loop: Loop,
  clp: X12Segment,
  remittance: Remittance,
  benefit: Resource,
  conversion: Conversion,
): void {
  const submitted = conversion.money(clp, 3, loop);
  const paid = conversion.money(clp, 4, loop);
  const owed = conversion.money(clp, 5, loop);
  benefit['total'] = [
    { category: coded(adjudications, 'submitted'), amount: submitted },
    { category: coded(adjudications, 'benefit'), amount: paid },
    ...(owed === undefined ? [] : [{ category: coded(carin, 'memberliability'), amount: owed }]),
  ];
  const adjusted = adjustments(loop, conversion);
  if (adjusted.length > 0) benefit['adjudication'] = adjusted;
  benefit['payment'] = {
    ...(remittance.paid !== undefined && { date: remittance.paid }),
    amount: paid,
    ...(remittance.trace !== '' && {
      identifier: { system: own('payment-trace'), value: remittance.trace },
    }),
  };
  const place = clp.text(8);
  const frequency = clp.text(9);
  const facts: Element[] = [];
  const say = (kind: string, said: Element): void => {
    facts.push({
      sequence: facts.length + 1,
      category: coded(own('claim-information'), kind),
      ...said,
    });
  };
  if (place !== '') {
    say('typeofbill', { code: coded(`${nubc}TypeOfBill`, place + frequency) });
  }
  for (const amt of loop.all('AMT')) {
    const value = decimalOf(amt.text(2));
    const unit = conversion.currency;
    const valueQuantity = { value, unit, system: 'urn:iso:std:iso:4217', code: unit };
    say('amount', { code: coded(own('amount'), amt.text(1)), valueQuantity });
  }
  for (const qty of loop.all('QTY')) {
    const value = decimalOf(qty.text(2));
    say('quantity', { code: coded(own('quantity'), qty.text(1)), valueQuantity: { value } });
  }
  remarks(loop, say);
  const period = periodOf(loop, '232', '233', conversion);
  if (period !== undefined) benefit['billablePeriod'] = periodElement(period);
  received(loop, say, conversion);
  if (facts.length > 0) benefit['supportingInfo'] = facts;
}

type Say = (kind: string, said: Element) => void;

/** DTM 050 and 036: the day the claim came, the day a coverage ended. */
function received(loop: Loop, say: Say, conversion: Conversion): void {
  for (const dtm of loop.all('DTM', '050', '036')) {
    const date = conversion.date(dtm.text(2), pathOf(loop, dtm, 2));
    if (date === undefined) continue;
    say(dtm.text(1) === '050' ? 'clmrecvddate' : 'coverage-expired', { timingDate: date });
  }
}

/** Remark codes of a claim as facts of it. */
function remarks(loop: Loop, say: Say): void {
  for (const code of remarkCodes(loop)) say('remark', { code });
}

function references(loop: Loop, benefit: Resource): void {
  for (const ref of loop.all('REF')) {
    const code = ref.text(1);
    const value = ref.text(2);
    if (code === '1L' || value === '') continue;
    add(benefit, 'identifier', referenceIdentifier(code, value));
  }
}

/** A service payment (2110) as an item. */
function lineOf(line: Loop, sequence: number, conversion: Conversion): Element {
  const svc = line.first;
  const { code, modifiers } = serviceOf(svc, 1);
  const revenue = svc.text(4);
  const units = conversion.decimal(svc, 5, line);
  const day = line.segment('DTM', '472');
  day?.pass(1);
  const date = day === undefined ? undefined : conversion.date(day.text(2), pathOf(line, day, 2));
  const span =
    date === undefined ? periodOf(line, '150', '151', conversion) : { start: date, end: date };
  const item: Element = {
    sequence,
    ...(revenue !== '' && { revenue: coded(`${nubc}RevenueCodes`, revenue) }),
    productOrService: code,
    ...(modifiers.length > 0 && { modifier: modifiers }),
    ...timing('serviced', span),
    ...(units !== undefined && { quantity: { value: units } }),
    net: conversion.money(svc, 2, line),
  };
  const adjudication: Element[] = [
    { category: coded(adjudications, 'submitted'), amount: conversion.money(svc, 2, line) },
  ];
  const paid = conversion.money(svc, 3, line);
  if (paid !== undefined) {
    adjudication.push({ category: coded(adjudications, 'benefit'), amount: paid });
  }
  adjudication.push(...adjustments(line, conversion));
  for (const amt of line.all('AMT')) {
    // B6 is what the contract allows; the others have no code that FHIR shares.
    const kind = amt.text(1);
    const category = kind === 'B6' ? coded(adjudications, 'eligible') : coded(own('amount'), kind);
    adjudication.push({ category, amount: conversion.money(amt, 2, line) });
  }
  for (const lq of line.all('LQ')) {
    const kind = lq.text(1);
    const system =
      kind === 'HE' ? `${x12Codes}remittance-advice-remark-codes` : own(`remark:${kind}`);
    adjudication.push({
      category: coded(own('claim-information'), 'remark'),
      reason: coded(system, lq.text(2)),
    });
  }
  item['adjudication'] = adjudication;
  return item;
}

function periodOf(loop: Loop, from: string, to: string, conversion: Conversion): Span | undefined {
  const [start, end] = [from, to].map((qualifier) => {
    const dtm = loop.segment('DTM', qualifier);
    dtm?.pass(1);
    return dtm === undefined ? undefined : conversion.date(dtm.text(2), pathOf(loop, dtm, 2));
  });
  return start === undefined && end === undefined ? undefined : { start, end: end ?? start };
}

function periodElement({ start, end }: Span): Element {
  return { ...(start && { start }), ...(end && { end }) };
}

/** What of a claim payment the payment as a whole tells again. */
export interface PaidClaim {
  benefit: Reference;
  number: string;
  paid: Amount;
}

/** BPR, TRN and PLB as a PaymentReconciliation; its details add up to its amount. */
export function mapReconciliation(
  root: Loop,
  remittance: Remittance,
  claims: readonly PaidClaim[],
  conversion: Conversion,
): void {
  const bpr = root.segment('BPR');
  if (bpr === undefined) return;
  const { payer, payee, paid, trace } = remittance;
  const key = `${conversion.transactionKey}|${trace}`;
  const payment = conversion.make('PaymentReconciliation', key);
  payment['status'] = 'active';
  fill(payment, 'created', createdOf(root, remittance, conversion));
  if (payer !== undefined) payment['paymentIssuer'] = referenceTo(payer);
  if (payee !== undefined) payment['requestor'] = referenceTo(payee);
  payment['outcome'] = 'complete';
  fill(payment, 'paymentDate', paid);
  payment['paymentAmount'] = conversion.money(bpr, 2, root);
  root.segment('TRN')?.pass(1);
  if (trace !== '') payment['paymentIdentifier'] = { system: own('payment-trace'), value: trace };
  bpr.pass(1, 3);
  const method = bpr.text(4);
  if (method !== '') payment['formCode'] = coded(own('payment-method'), method);
  const { currency } = conversion;
  const details: Element[] = claims.map(({ benefit, number, paid: amount }) => ({
    type: coded(`${terminology}payment-type`, 'payment'),
    identifier: { system: own('patient-control-number'), value: number },
    response: benefit,
    amount: { value: decimalOf(amountText(amount)), currency },
  }));
  for (const loop of root.within('PLB')) details.push(...providerAdjustments(loop, conversion));
  if (details.length > 0) payment['detail'] = details;
}

/** PLB: pairs of reason and amount from the third element; a positive amount is kept back. */
function providerAdjustments(loop: Loop, conversion: Conversion): Element[] {
  const plb = loop.first;
  const provider = plb.text(1);
  const until = conversion.date(plb.text(2), 'PLB-2');
  const found: Element[] = [];
  for (let at = 3; at + 1 < plb.elements.length; at += 2) {
    if (!plb.has(at + 1)) continue;
    const reason = plb.part(at, 1);
    const number = plb.part(at, 2);
    const kept = amountText(negative(amountOr0(plb.text(at + 1))));
    const coding = [
      { system: `${terminology}payment-type`, code: 'adjustment' },
      { system: own('provider-adjustment'), code: reason },
    ];
    found.push({
      ...(number !== '' && {
        identifier: { system: own('provider-adjustment-number'), value: number },
      }),
      type: { coding },
      ...(until !== undefined && { date: until }),
      payee: { identifier: { system: own('provider'), value: provider } },
      amount: { value: decimalOf(kept), currency: conversion.currency },
    });
  }
  return found;
}
