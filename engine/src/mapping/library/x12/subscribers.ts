import type { Loop } from '../../../formats/x12/loop.ts';
import type { X12Segment } from '../../../formats/x12/segment.ts';
import { add, fill, referenceTo } from '../resource.ts';
import type { Element, Resource } from '../resource.ts';
import { coded, relationship, terminology, x12Codes } from './codes.ts';
import { pathOf } from './conversion.ts';
import type { Conversion } from './conversion.ts';
import {
  addressOf,
  coverageOf,
  humanName,
  memberIdentifier,
  partyOf,
  patientOf,
  payerKey,
} from './parties.ts';

/** SBR01 (data element 1138): whose turn it is to pay. */
const turns = ['P', 'S', 'T', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];

/** Whom a claim is for and by what they are covered. */
export interface Insured {
  patient: Resource;
  subscriber: Resource;
  coverage: Resource;
  payer: Resource | undefined;
  payerKey: string;
}

/** Subscriber (2000B) and, where there is one, dependent (2000C) of a claim. */
export function insuredOf(claim: Loop, conversion: Conversion): Insured | undefined {
  const dependent = claim.around('2000C');
  const level = claim.around('2000B');
  const person = level?.loop('2010BA');
  if (level === undefined || person === undefined) return undefined;
  const payerLoop = level.loop('2010BB');
  const payer = payerLoop === undefined ? undefined : partyOf(payerLoop, conversion);
  const key = payerKey(payerLoop);
  const member = person.first.text(9);
  const sbr = level.segment('SBR');
  const subscriber = patientOf(person, conversion, { payer: key, member });
  const own = dependent?.loop('2010CA');
  const patient =
    own === undefined ? subscriber : patientOf(own, conversion, { payer: key, member });
  const pat = (dependent ?? level).segment('PAT');
  die(patient, pat, dependent ?? level, conversion);
  const code = pat?.text(1) || sbr?.text(2) || (dependent === undefined ? '18' : '');
  const coverage = coverageOf(
    {
      payer: key,
      payor: payer,
      member,
      group: sbr?.text(3) ?? '',
      kind: '',
      beneficiary: referenceTo(patient),
      subscriber: referenceTo(subscriber),
      relationship: relationship(code),
    },
    conversion,
  );
  if (sbr !== undefined) describeCoverage(coverage, sbr);
  return { patient, subscriber, coverage, payer, payerKey: key };
}

/** PAT05 and PAT06: the day a patient died. */
function die(
  patient: Resource,
  pat: X12Segment | undefined,
  loop: Loop,
  conversion: Conversion,
): void {
  if (pat === undefined || !pat.has(6)) return;
  pat.pass(5);
  fill(patient, 'deceasedDateTime', conversion.time(pat.text(6), pathOf(loop, pat, 6)));
}

/** SBR: whose turn, of what kind, by which name. */
export function describeCoverage(coverage: Resource, sbr: X12Segment): void {
  const turn = turns.indexOf(sbr.text(1));
  if (turn >= 0) fill(coverage, 'order', turn + 1);
  const filing = sbr.text(9);
  const type = filing === '' ? undefined : coded(`${x12Codes}claim-filing-indicator-codes`, filing);
  fill(coverage, 'type', type);
  const name = sbr.text(4);
  const classes = (coverage['class'] ?? []) as Element[];
  const group = classes[0];
  if (name === '') return;
  if (group !== undefined) fill(group, 'name', name);
  else {
    const plan = coded(`${terminology}coverage-class`, 'plan');
    coverage['class'] = [{ type: plan, value: name, name }];
  }
}

/** The patient by the name and number that another payer has for them. */
function nameAgain(patient: Resource, person: Loop, payer: string): void {
  const segment = person.first;
  segment.pass(1, 2);
  const name = humanName(segment);
  if (name !== undefined) add(patient, 'name', name);
  const number = segment.text(9);
  if (number !== '') {
    add(patient, 'identifier', memberIdentifier(segment.text(8), number, payer));
  }
  const address = addressOf(person);
  if (address !== undefined) add(patient, 'address', address);
}

/** Another payer's coverage of the patient (2320), for coordination of benefits. */
export function otherCoverage(
  loop: Loop,
  { patient }: Insured,
  conversion: Conversion,
): Resource | undefined {
  const person = loop.loop('2330A');
  const payerLoop = loop.loop('2330B');
  const sbr = loop.first;
  const payer = payerLoop === undefined ? undefined : partyOf(payerLoop, conversion);
  const key = payerKey(payerLoop);
  const member = person?.first.text(9) ?? '';
  const code = sbr.text(2);
  const self = code === '18' || person === undefined;
  const holder = self ? patient : patientOf(person, conversion, { payer: key, member });
  if (self && person !== undefined) nameAgain(patient, person, key);
  const coverage = coverageOf(
    {
      payer: key,
      payor: payer,
      member,
      group: sbr.text(3),
      kind: '',
      beneficiary: referenceTo(patient),
      subscriber: referenceTo(holder),
      relationship: relationship(code),
    },
    conversion,
  );
  describeCoverage(coverage, sbr);
  return coverage;
}
