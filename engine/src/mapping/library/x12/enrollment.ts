import type { Loop } from '../../../formats/x12/loop.ts';
import type { X12Segment } from '../../../formats/x12/segment.ts';
import { add, fill, referenceTo } from '../resource.ts';
import type { Element, Resource } from '../resource.ts';
import { coded, own, referenceIdentifier, relationship, terminology, x12Codes } from './codes.ts';
import { pathOf, spanOf } from './conversion.ts';
import type { Conversion } from './conversion.ts';
import {
  addressOf,
  coverageOf,
  humanName,
  partyOf,
  patientOf,
  payerKey,
  telecomOf,
} from './parties.ts';

/**
 * INS03 and HD01 (data element 875) as the status of a coverage: additions, changes, corrections,
 * reinstatements and audits leave it in force; terminations and deletions end it.
 */
const ended = new Set(['002', '024']);

/** A member (2000) of an 834: who it is, and each coverage that is added, changed or ended. */
export function mapMember(loop: Loop, root: Loop, conversion: Conversion): void {
  const person = loop.loop('2100A');
  if (person === undefined) {
    conversion.issue('patient-missing', '2100A/NM1');
    return;
  }
  const insurerLoop = root.loop('1000B');
  const insurer = insurerLoop === undefined ? undefined : partyOf(insurerLoop, conversion);
  const sponsorLoop = root.loop('1000A');
  const sponsor = sponsorLoop === undefined ? undefined : partyOf(sponsorLoop, conversion);
  const ins = loop.first;
  const payer = payerKey(insurerLoop);
  const member = numberOf(loop, '0F');
  const patient = patientOf(person, conversion, { payer, member });
  if (member !== '') add(patient, 'identifier', referenceIdentifier('0F', member));
  numbers(loop, patient);
  die(patient, ins, loop, conversion);
  for (const other of loop.within('2100C')) {
    const address = addressOf(other);
    other.first.pass(1, 2);
    if (address !== undefined) add(patient, 'address', { ...address, type: 'postal' });
  }
  for (const other of loop.within('2100E', '2100F', '2100G')) contact(patient, other);
  const scope: MemberScope = { loop, conversion, ins, patient, payer, insurer, sponsor, member };
  const benefits = loop.within('2300');
  // Without HD the member's whole enrolment is meant.
  if (benefits.length === 0) mapEnrolment(undefined, scope);
  for (const benefit of benefits) mapEnrolment(benefit, scope);
}

interface MemberScope {
  loop: Loop;
  conversion: Conversion;
  ins: X12Segment;
  patient: Resource;
  payer: string;
  insurer: Resource | undefined;
  sponsor: Resource | undefined;
  /** REF 0F: the subscriber's number, which dependents share. */
  member: string;
}

function numberOf(loop: Loop, qualifier: string): string {
  const ref = loop.segment('REF', qualifier);
  ref?.pass(1);
  return ref?.text(2) ?? '';
}

function numbers(loop: Loop, patient: Resource): void {
  for (const ref of loop.all('REF')) {
    const code = ref.peek(1);
    if (code === '0F' || code === '1L') continue;
    ref.pass(1);
    const value = ref.text(2);
    if (value !== '') add(patient, 'identifier', referenceIdentifier(code, value));
  }
}

/** INS11 and INS12: the day a member died. */
function die(patient: Resource, ins: X12Segment, loop: Loop, conversion: Conversion): void {
  if (!ins.has(12)) return;
  ins.pass(11);
  fill(patient, 'deceasedDateTime', conversion.time(ins.text(12), pathOf(loop, ins, 12)));
}

/** An employer, school, custodian or responsible person, as a contact of the patient. */
function contact(patient: Resource, loop: Loop): void {
  const segment = loop.first;
  const code = segment.text(1);
  const isPerson = segment.text(2) === '1';
  const name = isPerson ? humanName(segment) : undefined;
  const organization = isPerson ? '' : segment.text(3);
  const telecom = loop.all('PER').flatMap((per) => {
    per.pass(1);
    return telecomOf(per);
  });
  const address = addressOf(loop);
  const named = name ?? (organization === '' ? undefined : { text: organization });
  if (named === undefined && address === undefined && telecom.length === 0) return;
  add(patient, 'contact', {
    relationship: [coded(own('entity'), code)],
    ...(named !== undefined && { name: named }),
    ...(telecom.length > 0 && { telecom }),
    ...(address !== undefined && { address }),
  });
}

function mapEnrolment(benefit: Loop | undefined, scope: MemberScope): void {
  const { loop, conversion, ins, patient, payer, insurer, sponsor, member } = scope;
  const hd = benefit?.first;
  const line = hd?.text(3) ?? '';
  const plan = hd?.text(4) ?? '';
  const isSubscriber = ins.text(1) === 'Y';
  const coverage = coverageOf(
    {
      payer,
      payor: insurer,
      member,
      group: numberOf(benefit ?? loop, '1L') || numberOf(loop, '1L'),
      kind: `${line}|${plan}`,
      beneficiary: referenceTo(patient),
      subscriber: isSubscriber ? referenceTo(patient) : undefined,
      relationship: relationship(ins.text(2)),
    },
    conversion,
  );
  const maintenance = (hd?.text(1) ?? '') || ins.text(3);
  ins.pass(3);
  coverage['status'] = ended.has(maintenance) ? 'cancelled' : 'active';
  const tag = [{ system: own('maintenance-type'), code: maintenance }];
  const reason = ins.text(4);
  if (reason !== '') tag.push({ system: own('maintenance-reason'), code: reason });
  if (maintenance !== '') coverage['meta'] = { tag };
  if (sponsor !== undefined) coverage['policyHolder'] = referenceTo(sponsor);
  const period = periodOf(benefit, scope);
  if (period !== undefined) coverage['period'] = period;
  if (line !== '') coverage['type'] = coded(`${x12Codes}insurance-line-codes`, line);
  classes(coverage, plan, hd?.text(5) ?? '');
}

/** The plan (HD04) and who of the family it covers (HD05). */
function classes(coverage: Resource, plan: string, level: string): void {
  if (plan !== '') {
    const type = coded(`${terminology}coverage-class`, 'plan');
    add(coverage, 'class', { type, value: plan });
  }
  if (level !== '') {
    add(coverage, 'class', { type: coded(own('coverage-class'), 'level'), value: level });
  }
}

/** Benefit begin and end (348, 349), else those of eligibility (356, 357) or the member's enrolment. */
function periodOf(
  benefit: Loop | undefined,
  { loop, conversion }: MemberScope,
): Element | undefined {
  const start = dateOf(benefit, '348', conversion) ?? dateOf(loop, '356', conversion);
  const end = dateOf(benefit, '349', conversion) ?? dateOf(loop, '357', conversion);
  if (start === undefined && end === undefined) return undefined;
  return { ...(start && { start }), ...(end && { end }) };
}

function dateOf(
  loop: Loop | undefined,
  qualifier: string,
  conversion: Conversion,
): string | undefined {
  const dtp = loop?.segment('DTP', qualifier);
  return dtp === undefined || loop === undefined ? undefined : spanOf(dtp, loop, conversion)?.start;
}
