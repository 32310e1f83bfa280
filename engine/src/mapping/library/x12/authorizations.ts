import type { Loop } from '../../../formats/x12/loop.ts';
import type { X12Segment } from '../../../formats/x12/segment.ts';
import { fill, referenceTo } from '../resource.ts';
import type { Element, Resource } from '../resource.ts';
import { CareTeam } from './careTeam.ts';
import { ClaimFacts } from './claimFacts.ts';
import { absent, coded, own, relationship, terminology, x12Codes } from './codes.ts';
import { spanOf, timing } from './conversion.ts';
import type { Conversion } from './conversion.ts';
import { readHealthCodes } from './healthCodes.ts';
import { coverageOf, partyOf, patientOf, payerKey } from './parties.ts';
import { serviceOf } from './services.ts';

/** BHT02 (data element 353): 11 answers, all others ask. */
const answers = '11';

interface Asked {
  patient: Resource;
  coverage: Resource;
  payer: Resource | undefined;
  requester: Resource | undefined;
}

/** A patient event (2000E) of a 278: a Claim for preauthorization, or the ClaimResponse to one. */
export function mapAuthorization(
  unit: Loop,
  nth: number,
  root: Loop,
  conversion: Conversion,
): void {
  const asked = askedOf(unit, conversion);
  if (asked === undefined) {
    conversion.issue('patient-missing', '2010C/NM1');
    return;
  }
  const isAnswer = root.segment('BHT')?.text(2) === answers;
  const key = `${conversion.transactionKey}|${nth}`;
  const claim = conversion.make(isAnswer ? 'ClaimResponse' : 'Claim', key);
  const traces = unit.all('TRN').map((trn) => {
    trn.pass(1, 3);
    return { system: own('trace'), value: trn.text(2) };
  });
  if (traces.length > 0) claim['identifier'] = traces;
  claim['status'] = 'active';
  claim['type'] = coded(`${terminology}claim-type`, 'professional');
  claim['use'] = 'preauthorization';
  claim['patient'] = referenceTo(asked.patient);
  fill(claim, 'created', conversion.created);
  const insurer = asked.payer === undefined ? { display: 'unknown' } : referenceTo(asked.payer);
  claim['insurer'] = insurer;
  if (isAnswer) respond(unit, claim, asked, traces[0], conversion);
  else request(unit, claim, asked, conversion);
}

function askedOf(unit: Loop, conversion: Conversion): Asked | undefined {
  const payerLoop = unit.around('2000A')?.loop('2010A');
  const requesterLoop = unit.around('2000B')?.loop('2010B');
  const person = unit.around('2000C')?.loop('2010C');
  if (person === undefined) return undefined;
  const payer = payerLoop === undefined ? undefined : partyOf(payerLoop, conversion);
  const key = payerKey(payerLoop);
  const member = person.first.text(9);
  const options = { payer: key, member };
  const subscriber = patientOf(person, conversion, options);
  const dependent = unit.around('2000D')?.loop('2010D');
  const patient = dependent === undefined ? subscriber : patientOf(dependent, conversion, options);
  const ins = (dependent ?? person).segment('INS');
  ins?.pass(1);
  const code = ins?.text(2) || (dependent === undefined ? '18' : '');
  const coverage = coverageOf(
    {
      payer: key,
      payor: payer,
      member,
      group: '',
      kind: '',
      beneficiary: referenceTo(patient),
      subscriber: referenceTo(subscriber),
      relationship: relationship(code),
    },
    conversion,
  );
  const requester = requesterLoop === undefined ? undefined : partyOf(requesterLoop, conversion);
  return { patient, coverage, payer, requester };
}

function request(unit: Loop, claim: Resource, asked: Asked, conversion: Conversion): void {
  const { requester, coverage } = asked;
  claim['provider'] = requester === undefined ? { display: 'unknown' } : referenceTo(requester);
  claim['priority'] = coded(`${terminology}processpriority`, 'normal');
  const facts = new ClaimFacts(claim, conversion);
  const team = new CareTeam(claim, conversion);
  for (const party of unit.within('2010E')) team.of(party);
  readHealthCodes(unit, claim, facts, conversion);
  facts.readRest(unit, []);
  for (const um of unit.all('UM')) reviewed(um, facts);
  const services = unit.within('2000F');
  for (const service of services) for (const um of service.all('UM')) reviewed(um, facts);
  claim['insurance'] = [{ sequence: 1, focal: true, coverage: referenceTo(coverage) }];
  const items = services.map((service, at) => {
    for (const party of service.within('2010F')) team.of(party);
    return itemOf(service, at + 1, conversion);
  });
  if (items.length > 0) claim['item'] = items;
  team.finish();
  facts.finish();
}

/** UM: what kind of review of what kind of service is asked for. */
function reviewed(um: X12Segment, facts: ClaimFacts): void {
  const coding = [1, 2, 3].flatMap((at) => {
    const code = um.text(at);
    const system =
      at === 3 ? `${x12Codes}service-type-codes` : own(at === 1 ? 'review' : 'certification');
    return code === '' ? [] : [{ system, code }];
  });
  facts.add('info', { code: { coding } });
}

function itemOf(service: Loop, sequence: number, conversion: Conversion): Element {
  const line = service.segments.find(({ id }) => id === 'SV1' || id === 'SV2' || id === 'SV3');
  const at = line?.id === 'SV2' ? 2 : 1;
  const told = line === undefined ? undefined : serviceOf(line, at);
  const dtp = service.segment('DTP', '472');
  const span = dtp === undefined ? undefined : spanOf(dtp, service, conversion);
  const hsd = service.segment('HSD');
  const quantity = hsd === undefined ? undefined : conversion.decimal(hsd, 2, service);
  const unit = hsd?.text(1) ?? '';
  const amountAt = line?.id === 'SV2' ? 3 : 2;
  const net = line === undefined ? undefined : conversion.money(line, amountAt, service);
  return {
    sequence,
    productOrService: told?.code ?? absent('not-applicable'),
    ...(told !== undefined && told.modifiers.length > 0 && { modifier: told.modifiers }),
    ...timing('serviced', span),
    ...(quantity !== undefined && { quantity: { value: quantity, ...(unit !== '' && { unit }) } }),
    ...(net !== undefined && { net }),
  };
}

/** HCR01 (data element 306): what was decided. */
const outcomes: Readonly<Record<string, string>> = {
  A1: 'complete',
  A2: 'partial',
  A3: 'complete',
  A4: 'queued',
  A6: 'complete',
  CT: 'complete',
  NA: 'complete',
};

function respond(
  unit: Loop,
  response: Resource,
  asked: Asked,
  trace: Element | undefined,
  conversion: Conversion,
): void {
  if (asked.requester !== undefined) response['requestor'] = referenceTo(asked.requester);
  if (trace !== undefined) response['request'] = { identifier: trace };
  const hcr = unit.segment('HCR');
  const services = unit.within('2000F');
  const decided =
    hcr ?? services.map((each) => each.segment('HCR')).find((each) => each !== undefined);
  const errors = [unit, ...unit.loops].flatMap((loop) => loop.all('AAA'));
  response['outcome'] =
    errors.length > 0 ? 'error' : (outcomes[decided?.peek(1) ?? ''] ?? 'queued');
  if (hcr !== undefined) {
    response['disposition'] = hcr.text(1);
    const number = hcr.text(2);
    if (number !== '') response['preAuthRef'] = number;
  }
  if (errors.length > 0) {
    response['error'] = errors.map((aaa) => {
      aaa.pass(1);
      return { code: coded(own('reject-reason'), aaa.text(3)) };
    });
  }
  const dtp = unit.segment('DTP', '007');
  const span = dtp === undefined ? undefined : spanOf(dtp, unit, conversion);
  if (span !== undefined) {
    const { start, end } = span;
    response['preAuthPeriod'] = { ...(start && { start }), ...(end && { end }) };
  }
  const items = services.flatMap((service, at) => decisionOf(service, at + 1));
  if (items.length > 0) response['item'] = items;
}

/** HCR of a service: certified, changed or refused, and why. */
function decisionOf(service: Loop, itemSequence: number): Element[] {
  const hcr = service.segment('HCR');
  if (hcr === undefined) return [];
  const reason = hcr.text(3);
  const number = hcr.text(2);
  const adjudication: Element[] = [
    {
      category: coded(own('certification-action'), hcr.text(1)),
      ...(reason !== '' && { reason: coded(own('certification-reason'), reason) }),
    },
  ];
  const noteNumber =
    number === '' ? {} : { extension: [{ url: own('certification-number'), valueString: number }] };
  return [{ itemSequence, ...noteNumber, adjudication }];
}
