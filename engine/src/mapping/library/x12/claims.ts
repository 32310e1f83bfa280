import type { Loop } from '../../../formats/x12/loop.ts';
import type { X12Segment } from '../../../formats/x12/segment.ts';
import { add, fill, referenceTo } from '../resource.ts';
import type { Element } from '../resource.ts';
import { claimImbalance } from './balance.ts';
import { CareTeam } from './careTeam.ts';
import { ClaimFacts } from './claimFacts.ts';
import { mapLine } from './claimLines.ts';
import type { ClaimScope } from './claimScope.ts';
import { coded, own, placesOfService, terminology } from './codes.ts';
import { spanOf } from './conversion.ts';
import type { Conversion } from './conversion.ts';
import { readHealthCodes } from './healthCodes.ts';
import { otherResponse } from './otherPayers.ts';
import { partyOf } from './parties.ts';
import { insuredOf, otherCoverage } from './subscribers.ts';
import type { Insured } from './subscribers.ts';

export type ClaimType = 'professional' | 'institutional' | 'oral';

/** An 837's claim (2300), with whom and what it names. */
export function mapClaim(loop: Loop, type: ClaimType, conversion: Conversion): void {
  const insured = insuredOf(loop, conversion);
  if (insured === undefined) {
    conversion.issue('patient-missing', '2010BA/NM1');
    return;
  }
  const clm = loop.first;
  const number = clm.text(1);
  // Claims may share a number; they never share a place.
  const key = `${conversion.transactionKey}|${number}|${clm.position}`;
  const claim = conversion.make('Claim', key);
  claim['identifier'] = [{ system: own('patient-control-number'), value: number }];
  claim['status'] = 'active';
  claim['type'] = coded(`${terminology}claim-type`, type);
  claim['use'] = type === 'oral' && clm.text(19) === 'PB' ? 'predetermination' : 'claim';
  claim['patient'] = referenceTo(insured.patient);
  fill(claim, 'created', conversion.created);
  if (insured.payer !== undefined) claim['insurer'] = referenceTo(insured.payer);
  const scope: ClaimScope = {
    conversion,
    claim,
    key,
    loop,
    team: new CareTeam(claim, conversion),
    facts: new ClaimFacts(claim, conversion),
    place: undefined,
    diagnoses: 0,
  };
  billing(scope);
  readPlace(clm, type, scope);
  readAccident(clm, scope);
  readDates(scope);
  claim['priority'] = coded(`${terminology}processpriority`, 'normal');
  scope.diagnoses = readHealthCodes(loop, claim, scope.facts, conversion);
  for (const party of loop.within(...scope.team.loops)) scope.team.of(party);
  readReferences(scope);
  scope.facts.readRest(loop);
  insurances(scope, insured);
  claim['item'] = loop.within('2400').map((line, at) => mapLine(line, at + 1, scope));
  claim['total'] = conversion.money(clm, 2, loop);
  scope.team.finish();
  scope.facts.finish();
  if (claimImbalance(loop) !== undefined) conversion.issue('x12-claim-unbalanced', '2300/CLM-2');
}

/** 2010AA bills, 2010AB is where the money goes, 2010AC the plan that paid and wants it back. */
function billing({ claim, loop, conversion }: ClaimScope): void {
  const level = loop.around('2000A');
  const provider = level?.loop('2010AA');
  const party = provider === undefined ? undefined : partyOf(provider, conversion);
  claim['provider'] = party === undefined ? { display: 'unknown' } : referenceTo(party);
  const payee = level?.loop('2010AB', '2010AC');
  const paid = payee === undefined ? undefined : partyOf(payee, conversion);
  if (paid === undefined) return;
  claim['payee'] = { type: coded(`${terminology}payeetype`, 'other'), party: referenceTo(paid) };
}

/** CLM05: place of service or type of bill, and whether this is the first claim of it. */
function readPlace(clm: X12Segment, type: ClaimType, scope: ClaimScope): void {
  const place = clm.part(5, 1);
  clm.part(5, 2);
  const frequency = clm.part(5, 3);
  if (type !== 'institutional') {
    if (place !== '') scope.place = coded(placesOfService, place);
  } else if (place !== '') scope.facts.code('typeofbill', 'TypeOfBill', place + frequency);
  if (frequency === '') return;
  scope.facts.code('billing-frequency', 'FrequencyCodes', frequency);
  const original = scope.loop.segment('REF', 'F8')?.text(2) ?? '';
  if (original === '') return;
  scope.loop.segment('REF', 'F8')?.pass(1);
  const kind = frequency === '7' || frequency === '8' ? 'prior' : 'associated';
  scope.claim['related'] = [
    {
      claim: { identifier: { system: own('payer-claim-number'), value: original } },
      relationship: coded(`${terminology}ex-relatedclaimrelationship`, kind),
    },
  ];
}

/** CLM11-1 (data element 1362); only two of its causes have a code in FHIR. */
const causes: Readonly<Record<string, string>> = { AA: 'MVA', EM: 'WPA' };

/** CLM11 and DTP 439: an accident has a day, or it is told among the information. */
function readAccident(clm: X12Segment, { loop, claim, facts, conversion }: ClaimScope): void {
  const cause = clm.part(11, 1);
  const dtp = loop.segment('DTP', '439');
  const span = dtp === undefined ? undefined : spanOf(dtp, loop, conversion);
  if (cause === '' && span === undefined) return;
  const system = 'http://terminology.hl7.org/CodeSystem/v3-ActCode';
  const mapped = causes[cause];
  const coding = [
    ...(mapped === undefined ? [] : [{ system, code: mapped }]),
    ...(cause === '' ? [] : [{ system: own('related-cause'), code: cause }]),
  ];
  if (span?.start === undefined) {
    facts.add('info', { code: { coding } });
    return;
  }
  const state = clm.part(11, 4);
  claim['accident'] = {
    date: span.start.slice(0, 10),
    ...(coding.length > 0 && { type: { coding } }),
    ...(state !== '' && { locationAddress: { state } }),
  };
}

/** The days that a claim bills: 434 of an institution, 472 of a dentist. */
function readDates({ loop, claim, conversion }: ClaimScope): void {
  const dtp = loop.segment('DTP', '434', '472');
  const span = dtp === undefined ? undefined : spanOf(dtp, loop, conversion);
  if (span === undefined) return;
  const { start, end } = span;
  claim['billablePeriod'] = { ...(start && { start }), ...(end && { end }) };
}

/** REF of a claim: numbers that others gave it. */
function readReferences({ loop, claim, facts }: ClaimScope): void {
  for (const ref of loop.all('REF')) {
    const code = ref.peek(1);
    if (code === 'F8' && claim['related'] !== undefined) continue;
    ref.pass(1);
    const value = ref.text(2);
    if (value === '') continue;
    if (code === 'D9') {
      add(claim, 'identifier', { system: own('reference:D9'), value });
    } else if (code === '9F') {
      fill(claim, 'referral', { identifier: { system: own('reference:9F'), value } });
    } else if (code !== 'G1') {
      facts.text('reference', code, value);
    }
  }
}

/** The coverage that is billed, then those of other payers; G1 is the one's prior authorization. */
function insurances(scope: ClaimScope, insured: Insured): void {
  const { loop, claim, conversion } = scope;
  const authorizations = loop.all('REF', 'G1').map((ref) => ref.text(2));
  const list: Element[] = [
    {
      sequence: 1,
      focal: true,
      coverage: referenceTo(insured.coverage),
      ...(authorizations.length > 0 && { preAuthRef: authorizations }),
    },
  ];
  for (const other of loop.within('2320')) {
    const coverage = otherCoverage(other, insured, conversion);
    if (coverage === undefined) continue;
    const response = otherResponse(other, coverage, scope);
    list.push({
      sequence: list.length + 1,
      focal: false,
      coverage: referenceTo(coverage),
      ...(response !== undefined && { claimResponse: referenceTo(response) }),
    });
  }
  claim['insurance'] = list;
}
