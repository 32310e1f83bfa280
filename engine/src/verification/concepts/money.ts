import { coded, concept, dated, referring, word } from './concept.ts';
import type { Concept } from './concept.ts';
import { codingsAt, numbered, objects, referencesAt, text, texts, textsAt } from './elements.ts';
import type { Read } from './elements.ts';

const claims = ['Claim'];
const coverages = ['Coverage'];
const lines = ['ChargeItem'];
const payments = ['PaymentReconciliation'];
const accounts = ['Account'];
const benefits = ['ExplanationOfBenefit'];

const amount = { form: 'decimal', system: 'currency' } as const;

/** Amounts carry their currency as system. */
function moneyAt(...paths: string[]): Read {
  return (resource) =>
    paths
      .flatMap((path) => objects(resource, path))
      .map((money) => ({ value: text(money, 'value'), system: text(money, 'currency') }));
}

/** References in extensions whose URL ends so: R4 has no element for them. */
function extended(ending: string): Read {
  return (resource) =>
    objects(resource, 'extension')
      .filter((extension) => text(extension, 'url').endsWith(ending))
      .flatMap((extension) => texts(extension, 'valueReference.reference'))
      .map((value) => ({ value, system: '' }));
}

/** The value of the classes of a coverage that are of one type. */
function coverageClass(type: string): Read {
  return (resource) =>
    objects(resource, 'class')
      .filter((each) => texts(each, 'type.coding.code').includes(type))
      .flatMap((each) => texts(each, 'value'))
      .map((value) => ({ value, system: '' }));
}

export const money: readonly Concept[] = [
  concept('claim-total', claims, 'Total charge of a claim.', moneyAt('total'), amount),
  concept('claim-status', claims, 'Active, cancelled, draft.', textsAt('status'), word),
  concept('claim-class', claims, 'Financial class.', codingsAt('subType.coding'), coded),
  concept('claim-date', claims, 'When it was billed.', textsAt('created'), dated),
  concept(
    'claim-service-date',
    claims,
    'First day of service.',
    textsAt('billablePeriod.start'),
    dated,
  ),
  concept('claim-provider', claims, 'Site that charges.', referencesAt('provider'), referring),
  concept(
    'claim-practitioner',
    claims,
    'Who treated.',
    referencesAt('careTeam.provider'),
    referring,
  ),
  concept(
    'claim-encounter',
    claims,
    'Visit that is charged.',
    referencesAt('supportingInfo.valueReference'),
    referring,
  ),
  concept(
    'claim-coverage',
    claims,
    'Coverages it is charged to.',
    referencesAt('insurance.coverage'),
    referring,
  ),
  concept(
    'claim-guarantor',
    claims,
    'Who answers for it, if not the patient (extension).',
    extended('claim-guarantor'),
    referring,
  ),
  concept(
    'claim-diagnosis',
    claims,
    'Diagnoses it is charged for.',
    codingsAt('diagnosis.diagnosisCodeableConcept.coding'),
    coded,
  ),
  concept(
    'claim-line-service',
    claims,
    'What is charged, line by line.',
    numbered('item', codingsAt('productOrService.coding')),
    coded,
  ),
  concept(
    'claim-line-units',
    claims,
    'How many, line by line.',
    numbered('item', textsAt('quantity.value')),
    { form: 'decimal' },
  ),
  concept(
    'claim-line-unit-price',
    claims,
    'Price of one, line by line.',
    numbered('item', moneyAt('unitPrice')),
    amount,
  ),
  concept(
    'claim-line-amount',
    claims,
    'Charge of each line with its currency.',
    numbered('item', moneyAt('net')),
    amount,
  ),
  concept(
    'line-claim',
    lines,
    'The claim that it is a line of.',
    referencesAt('supportingInformation'),
    referring,
  ),
  concept('line-service', lines, 'What is charged.', codingsAt('code.coding'), coded),
  concept('line-units', lines, 'How many.', textsAt('quantity.value'), { form: 'decimal' }),
  concept('line-unit-price', lines, 'Price of one.', moneyAt('priceOverride'), amount),
  concept(
    'line-amount',
    lines,
    'Charge of the line (extension).',
    moneyAt('extension.valueMoney'),
    amount,
  ),
  concept('coverage-status', coverages, 'Active, cancelled.', textsAt('status'), word),
  concept(
    'coverage-type',
    coverages,
    'Kind of coverage; that the patient pays is one.',
    codingsAt('type.coding'),
    coded,
  ),
  concept('coverage-payer', coverages, 'Who pays.', referencesAt('payor'), referring),
  concept('coverage-member', coverages, 'Number of the member.', textsAt('subscriberId'), word),
  concept('coverage-group', coverages, 'Number of the group.', coverageClass('group'), word),
  concept('coverage-rank', coverages, 'Who pays first.', textsAt('order'), { form: 'decimal' }),
  concept('coverage-start', coverages, 'From when it covers.', textsAt('period.start'), dated),
  concept('coverage-end', coverages, 'Until when it covers.', textsAt('period.end'), dated),
  concept(
    'coverage-relation',
    coverages,
    'What the patient is to the subscriber.',
    codingsAt('relationship.coding'),
    coded,
  ),
  concept('account-status', accounts, 'Active or inactive.', textsAt('status'), word),
  concept('account-class', accounts, 'Financial class.', codingsAt('type.coding'), coded),
  concept('account-owner', accounts, 'Site that keeps it.', referencesAt('owner'), referring),
  concept(
    'account-coverage',
    accounts,
    'Coverages it is charged to.',
    referencesAt('coverage.coverage'),
    referring,
  ),
  concept(
    'account-guarantor',
    accounts,
    'Who answers for it.',
    referencesAt('guarantor.party'),
    referring,
  ),
  concept('payment-status', payments, 'Posted or cancelled.', textsAt('status'), word),
  concept(
    'payment-kind',
    payments,
    'Payment, advance, or adjustment and why.',
    codingsAt('detail.type.coding'),
    coded,
  ),
  concept('payment-amount', payments, 'Amount.', moneyAt('paymentAmount'), amount),
  concept(
    'payment-applied',
    payments,
    'Amount applied to a claim.',
    moneyAt('detail.amount'),
    amount,
  ),
  concept('payment-date', payments, 'When it was paid or booked.', textsAt('paymentDate'), dated),
  concept(
    'payment-claim',
    payments,
    'Claim that it settles.',
    referencesAt('detail.request'),
    referring,
  ),
  concept(
    'payment-payer',
    payments,
    'Insurer that paid; none where the patient did.',
    referencesAt('paymentIssuer'),
    referring,
  ),
  concept(
    'payment-patient',
    payments,
    'Whose account it is (extension).',
    extended('payment-patient'),
    referring,
  ),
  concept(
    'payment-number',
    payments,
    'Number of the cheque or transfer.',
    textsAt('paymentIdentifier.value'),
    word,
  ),
  concept(
    'benefit-claim',
    benefits,
    'Number of the claim that was judged.',
    textsAt('claim.identifier.value'),
    word,
  ),
  concept('benefit-paid', benefits, 'Amount paid for it.', moneyAt('payment.amount'), amount),
];
