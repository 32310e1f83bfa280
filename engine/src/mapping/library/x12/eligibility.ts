import type { Loop } from '../../../formats/x12/loop.ts';
import type { X12Segment } from '../../../formats/x12/segment.ts';
import { fill, referenceTo } from '../resource.ts';
import type { Element, Resource } from '../resource.ts';
import { coded, own, relationship, terminology, x12Codes } from './codes.ts';
import { spanOf, timing } from './conversion.ts';
import type { Conversion } from './conversion.ts';
import { coverageOf, partyOf, patientOf, payerKey } from './parties.ts';
import { serviceOf } from './services.ts';

interface Parties {
  payer: Resource | undefined;
  payerKey: string;
  provider: Resource | undefined;
  patient: Resource | undefined;
  coverage: Resource | undefined;
}

/** Who asks whom about whom (2100A to 2100D). */
function partiesOf(unit: Loop, conversion: Conversion): Parties {
  const payerLoop = (unit.around('2000A') as Loop).loop('2100A');
  const providerLevel = unit.id === '2000B' ? unit : unit.around('2000B');
  const providerLoop = providerLevel?.loop('2100B');
  const payer = payerLoop === undefined ? undefined : partyOf(payerLoop, conversion);
  const provider = providerLoop === undefined ? undefined : partyOf(providerLoop, conversion);
  const key = payerKey(payerLoop);
  const level = unit.id === '2000C' ? unit : unit.around('2000C');
  const person = level?.loop('2100C');
  if (person === undefined) {
    return { payer, payerKey: key, provider, patient: undefined, coverage: undefined };
  }
  const member = person.first.text(9);
  const subscriber = patientOf(person, conversion, { payer: key, member });
  const dependent = unit.loop('2100D');
  const patient =
    dependent === undefined ? subscriber : patientOf(dependent, conversion, { payer: key, member });
  const ins = (dependent ?? person).segment('INS');
  ins?.pass(1);
  const code = ins?.text(2) || (dependent === undefined ? '18' : '');
  const group = person.segment('REF', '6P', '1L')?.text(2) ?? '';
  const coverage = coverageOf(
    {
      payer: key,
      payor: payer,
      member,
      group,
      kind: '',
      beneficiary: referenceTo(patient),
      subscriber: referenceTo(subscriber),
      relationship: relationship(code),
    },
    conversion,
  );
  return { payer, payerKey: key, provider, patient, coverage };
}

/** TRN of a level: the number by which an answer is found. */
function traceOf(unit: Loop): Element[] {
  return unit.all('TRN').flatMap((trn) => {
    trn.pass(1);
    const value = trn.text(2);
    const assigner = trn.text(3);
    if (value === '') return [];
    return [{ system: own('trace'), value, ...(assigner && { assigner: { display: assigner } }) }];
  });
}

/** Whether this level is one that is asked or answered of, and not one that only stands above it. */
export function isAsked(unit: Loop): boolean {
  if (unit.id === '2000B') {
    const parts = [unit, ...unit.within('2100B')];
    return parts.some((part) => part.segment('AAA') !== undefined);
  }
  if (unit.segment('TRN') !== undefined) return true;
  return unit
    .within('2100C', '2100D')
    .some(
      (person) => person.segment('AAA') !== undefined || person.within('2110C', '2110D').length > 0,
    );
}

/** A 270's question about one person as a CoverageEligibilityRequest. */
export function mapQuestion(unit: Loop, nth: number, conversion: Conversion): void {
  const { payer, provider, patient, coverage } = partiesOf(unit, conversion);
  if (patient === undefined) return;
  const request = conversion.make(
    'CoverageEligibilityRequest',
    `${conversion.transactionKey}|${nth}`,
  );
  const trace = traceOf(unit);
  if (trace.length > 0) request['identifier'] = trace;
  request['status'] = 'active';
  request['purpose'] = ['benefits'];
  request['patient'] = referenceTo(patient);
  const person = unit.loop('2100D', '2100C') as Loop;
  Object.assign(request, servicedOf(person, conversion));
  fill(request, 'created', conversion.created);
  if (provider !== undefined) request['provider'] = referenceTo(provider);
  request['insurer'] = payer === undefined ? { display: 'unknown' } : referenceTo(payer);
  if (coverage !== undefined) {
    request['insurance'] = [{ focal: true, coverage: referenceTo(coverage) }];
  }
  const items = person.within('2110C', '2110D').flatMap((loop) => itemsOf(loop));
  if (items.length > 0) request['item'] = items;
}

/** EQ: a service type each, or a procedure. */
function itemsOf(loop: Loop): Element[] {
  const eq = loop.first;
  const types = eq.repetitions(1).map((code) => ({ category: serviceType(code) }));
  if (!eq.has(2)) return types;
  const { code, modifiers } = serviceOf(eq, 2);
  return [
    ...types,
    { productOrService: code, ...(modifiers.length > 0 && { modifier: modifiers }) },
  ];
}

const serviceType = (code: string): Element => coded(`${x12Codes}service-type-codes`, code);

/** DTP 291 or 307: the days that are asked about. */
function servicedOf(person: Loop, conversion: Conversion): Element {
  const dtp = person.segment('DTP', '291', '307', '472');
  const span = dtp === undefined ? undefined : spanOf(dtp, person, conversion);
  return timing('serviced', span);
}

/** EB01 (data element 1390): 1 to 5 are in force, 6 to 8 are not. */
const inForce = new Set(['1', '2', '3', '4', '5']);
const notInForce = new Set(['6', '7', '8']);

/** A 271's answer about one person as a CoverageEligibilityResponse. */
export function mapAnswer(unit: Loop, nth: number, conversion: Conversion): void {
  const { payer, provider, patient, coverage } = partiesOf(unit, conversion);
  const response = conversion.make(
    'CoverageEligibilityResponse',
    `${conversion.transactionKey}|${nth}`,
  );
  const trace = traceOf(unit);
  response['status'] = 'active';
  response['purpose'] = ['benefits'];
  // The level of a provider that was not let ask has no patient.
  if (patient === undefined) conversion.issue('patient-missing', `${unit.id}/NM1`);
  else response['patient'] = referenceTo(patient);
  const person = unit.loop('2100D', '2100C');
  if (person !== undefined) Object.assign(response, servicedOf(person, conversion));
  fill(response, 'created', conversion.created);
  if (provider !== undefined) response['requestor'] = referenceTo(provider);
  if (trace[0] !== undefined) response['request'] = { identifier: trace[0] };
  response['insurer'] = payer === undefined ? { display: 'unknown' } : referenceTo(payer);
  const errors = errorsOf(unit);
  response['outcome'] = errors.length > 0 ? 'error' : 'complete';
  if (errors.length > 0) response['error'] = errors;
  const benefits = person?.within('2110C', '2110D') ?? [];
  if (coverage === undefined || benefits.length === 0) return;
  const kinds = benefits.map((loop) => loop.first.peek(1));
  const is = (codes: ReadonlySet<string>): boolean => kinds.some((kind) => codes.has(kind));
  response['insurance'] = [
    {
      coverage: referenceTo(coverage),
      ...(is(inForce) ? { inforce: true } : is(notInForce) ? { inforce: false } : {}),
      item: benefits.flatMap((loop) => benefitsOf(loop, conversion)),
    },
  ];
}

/** AAA: why there is no answer, at whatever level. */
function errorsOf(unit: Loop): Element[] {
  const parts = [unit, ...unit.within('2100B', '2100C', '2100D')];
  const inside = parts.flatMap((part) => [part, ...part.within('2110C', '2110D')]);
  return inside.flatMap((part) =>
    part.all('AAA').map((aaa) => {
      aaa.pass(1);
      const action = aaa.text(4);
      const coding = [
        { system: own('reject-reason'), code: aaa.text(3) },
        ...(action === '' ? [] : [{ system: own('follow-up-action'), code: action }]),
      ];
      return { code: { coding } };
    }),
  );
}

/** EB: a benefit for each of its service types, with what it is worth and when. */
function benefitsOf(loop: Loop, conversion: Conversion): Element[] {
  const eb = loop.first;
  const kind = eb.text(1);
  const level = eb.text(2);
  const name = eb.text(5);
  const network = eb.text(12);
  const period = eb.text(6);
  const money = conversion.money(eb, 7, loop);
  const share = conversion.decimal(eb, 8, loop);
  const count = conversion.decimal(eb, 10, loop);
  const type = coded(`${x12Codes}eligibility-or-benefit-information`, kind);
  const benefit: Element = {
    type,
    ...(money !== undefined && { allowedMoney: money }),
    ...(money === undefined && share !== undefined && { allowedString: eb.text(8) }),
    ...(money === undefined &&
      share === undefined &&
      count !== undefined && { allowedString: eb.text(10) }),
  };
  const insurance = eb.text(4);
  const shared: Element = {
    ...(name !== '' && { name }),
    ...descriptionOf(loop, insurance),
    ...(network !== '' && networkOf(network)),
    ...(level !== '' && { unit: coded(own('coverage-level'), level) }),
    ...(period !== '' && { term: coded(own('time-period'), period) }),
    ...(eb.has(11) && authorization(eb)),
    benefit: [benefit],
  };
  const types = eb.repetitions(3);
  if (eb.has(13)) {
    const { code, modifiers } = serviceOf(eb, 13);
    return [
      { productOrService: code, ...(modifiers.length > 0 && { modifier: modifiers }), ...shared },
    ];
  }
  // A benefit of no service in particular has no category.
  if (types.length === 0) return [shared];
  return types.map((code) => ({ category: serviceType(code), ...shared }));
}

function descriptionOf(loop: Loop, insurance: string): Element {
  const words = loop.all('MSG').map((msg) => msg.text(1));
  const described = [insurance, ...words].filter((each) => each !== '').join('; ');
  return described === '' ? {} : { description: described };
}

function networkOf(code: string): Element {
  const ours = code === 'Y' ? 'in' : code === 'N' ? 'out' : undefined;
  if (ours === undefined) return { network: coded(own('network'), code) };
  return { network: coded(`${terminology}benefit-network`, ours) };
}

function authorization(eb: X12Segment): Element {
  const code = eb.text(11);
  return code === 'Y'
    ? { authorizationRequired: true }
    : code === 'N'
      ? { authorizationRequired: false }
      : {};
}
