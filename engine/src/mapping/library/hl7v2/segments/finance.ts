import { decimalOf } from '../../decimal.ts';
import type { Segment } from '../../../../formats/hl7v2/segment.ts';
import { add, fill, referenceTo } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import type { Element, Resource } from '../../resource.ts';
import {
  address,
  code,
  codedIdentifier,
  concept,
  conceptBy,
  constantConcept,
  date,
  dateTime,
  element,
  humanName,
  language,
  socialSecurity,
  telecom,
  typedIdentifier,
  wholeText,
} from '../dataTypes.ts';
import { organization, organizationOfXon, practitioner } from '../parties.ts';
import { all, apply, one } from '../rules.ts';
import type { Read } from '../rules.ts';
import { identifier } from './patient.ts';

const coverage = [
  one(2, codedIdentifier, 'identifier[]'),
  one(12, date, 'period.start'),
  one(13, date, 'period.end'),
  one(15, concept, 'type'),
  one(17, conceptBy('relationship'), 'relationship'),
  one(36, typedIdentifier('PLN'), 'identifier[]'),
  all(49, identifier, 'identifier[]'),
];

const payor = [
  all(3, identifier, 'identifier[]'),
  all(5, address, 'address[]'),
  all(6, humanName, 'contact[].name'),
  all(7, telecom(), 'telecom[]'),
];

const insured = [
  all(16, humanName, 'name[]'),
  one(17, conceptBy('relationship'), 'relationship[]'),
  one(18, date, 'birthDate'),
  all(19, address, 'address[]'),
  one(43, code('sex'), 'gender'),
  all(49, identifier, 'identifier[]'),
];

const self = new Set(['SEL', 'SLF', 'SE', '18', '01']);

/** IN1: the cover. Its end and type are the message's; that it is active is not said, and not claimed. */
export function mapCoverage(segment: Segment, subject: Resource, conversion: Conversion): Resource {
  const key = `${subject.id}|${segment.field(2)}|${segment.field(3)}|${segment.field(36)}`;
  const resource = conversion.state('Coverage', key, segment);
  // R4 wants a status; the tables name none, and `active` means only that it is in force on file.
  resource['status'] = 'active';
  resource['beneficiary'] = referenceTo(subject);
  apply(coverage, segment, resource, conversion);
  segment.markField(1);
  planOf(segment, resource);
  payorOf(segment, resource, conversion);
  subscriberOf(segment, resource, subject, conversion);
  if (segment.valued(11)) {
    const employer = organizationOfXon(segment.value(11), conversion);
    if (employer !== undefined) {
      resource['policyHolder'] = referenceTo(employer);
      apply(employed, segment, employer, conversion);
    }
  }
  return resource;
}

const employed = [all(10, identifier, 'identifier[]'), all(44, address, 'address[]')];

function planOf(segment: Segment, resource: Resource): void {
  const classes = 'http://terminology.hl7.org/CodeSystem/coverage-class';
  const plan = segment.valued(2) ? segment.value(2) : undefined;
  if (plan !== undefined && plan.has(1)) {
    add(
      resource,
      'class',
      element({
        type: constantConcept(classes, 'plan', 'Plan'),
        value: plan.text(1),
        name: plan.text(2),
      }),
    );
  }
  const group = segment.valued(8) ? segment.value(8).whole() : '';
  const name = segment.valued(9) ? segment.value(9).text(1) : '';
  if (group !== '')
    add(
      resource,
      'class',
      element({ type: constantConcept(classes, 'group', 'Group'), value: group, name }),
    );
}

function payorOf(segment: Segment, resource: Resource, conversion: Conversion): void {
  const found = segment.valued(4) ? organizationOfXon(segment.value(4), conversion) : undefined;
  const company =
    found ??
    (segment.valued(3) ? conversion.make('Organization', `payor|${segment.field(3)}`) : undefined);
  if (company === undefined) {
    resource['payor'] = [{ display: 'unknown' }];
    return;
  }
  apply(payor, segment, company, conversion);
  resource['payor'] = [referenceTo(company)];
}

function subscriberOf(
  segment: Segment,
  resource: Resource,
  subject: Resource,
  conversion: Conversion,
): void {
  const own = segment.value(17).part(1).toUpperCase();
  if (self.has(own)) {
    resource['subscriber'] = referenceTo(subject);
    for (const field of [16, 18, 19, 43]) segment.markField(field);
    return;
  }
  if (!segment.valued(16)) return;
  const person = conversion.make(
    'RelatedPerson',
    `${subject.id}|insured|${segment.field(16)}|${segment.field(18)}`,
  );
  person['patient'] = referenceTo(subject);
  apply(insured, segment, person, conversion);
  resource['subscriber'] = referenceTo(person);
}

const moreCoverage = [
  one(6, typedIdentifier('MC', 'http://hl7.org/fhir/sid/us-medicare'), 'identifier[]'),
  one(8, typedIdentifier('MA'), 'identifier[]'),
  all(61, identifier, 'identifier[]'),
];

/** IN2: more of the cover. */
export function mapMoreCoverage(
  segment: Segment,
  resource: Resource,
  conversion: Conversion,
): void {
  apply(moreCoverage, segment, resource, conversion);
}

const guarantor = [
  all(2, identifier, 'identifier[]'),
  all(3, humanName, 'name[]'),
  all(5, address, 'address[]'),
  all(6, telecom('home'), 'telecom[]'),
  all(7, telecom('work'), 'telecom[]'),
  one(8, date, 'birthDate'),
  one(9, code('sex'), 'gender'),
  one(11, conceptBy('relationship'), 'relationship[]'),
  one(12, typedIdentifier('SS', socialSecurity), 'identifier[]'),
  one(36, language, 'communication[].language'),
];

/** GT1: who pays the account. A guarantor who is the patient is no other person. */
export function mapGuarantor(
  segment: Segment,
  subject: Resource,
  account: Resource | undefined,
  conversion: Conversion,
): void {
  const own = segment.value(11).part(1).toUpperCase();
  const holder = account ?? conversion.make('Account', `${subject.id}|guarantor`);
  if (account === undefined) {
    fill(holder, 'status', 'unknown');
    add(holder, 'subject', referenceTo(subject));
  }
  let party = subject;
  if (!self.has(own)) {
    party = conversion.make(
      'RelatedPerson',
      `${subject.id}|guarantor|${segment.field(2)}|${segment.field(3)}`,
    );
    party['patient'] = referenceTo(subject);
    apply(guarantor, segment, party, conversion);
  }
  const period: Element = {};
  apply(guaranteed, segment, period, conversion);
  add(holder, 'guarantor', element({ party: referenceTo(party), period: element(period) }));
  segment.markField(1);
}

const guaranteed = [one(13, date, 'start'), one(14, date, 'end')];

/** CP: an amount and its currency. */
const money: Read = (value) => {
  const amount = value.component(1);
  const number = decimalOf(amount.text(1));
  if (number === undefined) return undefined;
  const currency = amount.text(2);
  return element({ value: number, currency: /^[A-Z]{3}$/.test(currency) ? currency : undefined });
};

const charge = [
  one(2, typedIdentifier('TID'), 'identifier[]'),
  one(5, dateTime, 'enteredDate'),
  one(7, concept, 'code'),
  one(10, (value) => element({ value: decimalOf(value.text(1)) }), 'quantity'),
  one(11, money, 'priceOverride'),
  one(13, organization, 'costCenter'),
  all(19, concept, 'reason[]'),
  all(20, practitioner, 'performer[].actor'),
  one(24, practitioner, 'enterer'),
  one(25, concept, 'productCodeableConcept'),
];

/**
 * FT1: a charge, a credit or a payment. None is skipped: one that is no charge says so in its code's
 * text beside its amount, and its status is unknown, as the message does not say that it was billed.
 */
export function mapCharge(
  segment: Segment,
  subject: Resource,
  visit: Resource | undefined,
  account: Resource | undefined,
  conversion: Conversion,
): Resource {
  const key = segment.valued(2)
    ? `${conversion.header.field(4)}|${segment.field(2)}|${subject.id}|${segment.field(1)}`
    : undefined;
  const resource = conversion.state('ChargeItem', key, segment);
  resource['subject'] = referenceTo(subject);
  if (visit !== undefined) resource['context'] = referenceTo(visit);
  if (account !== undefined) add(resource, 'account', referenceTo(account));
  apply(charge, segment, resource, conversion);
  segment.markField(1);
  const from = segment.valued(4) ? conversion.time(segment.value(4).text(1), 'FT1-4') : undefined;
  const until = segment.value(4).has(2)
    ? conversion.time(segment.value(4).text(2), 'FT1-4')
    : undefined;
  if (until === undefined) fill(resource, 'occurrenceDateTime', from);
  else resource['occurrencePeriod'] = element({ start: from, end: until });
  const kind = segment.valued(6) ? segment.text(6).toUpperCase() : '';
  resource['status'] = kind === 'CR' || kind === 'CD' ? 'aborted' : 'unknown';
  if (kind !== '') {
    const coding = { system: 'http://terminology.hl7.org/CodeSystem/v2-0017', code: kind };
    add(resource, 'extension', {
      url: transactionType,
      valueCodeableConcept: { coding: [coding] },
    });
  }
  resource['code'] ??= { text: segment.valued(8) ? segment.value(8).whole() : 'unspecified' };
  const unit = segment.valued(12) ? money(segment.value(12), conversion, 'FT1-12') : undefined;
  const total = segment.valued(11);
  if (unit !== undefined) {
    if (total) add(resource, 'extension', { url: unitAmount, valueMoney: unit });
    else resource['priceOverride'] = unit;
  }
  return resource;
}

const transactionType = 'urn:x-hl7v2:extension:FT1-6-transaction-type';
const unitAmount = 'urn:x-hl7v2:extension:FT1-12-unit-amount';

/** ACC: an accident, as an observation of the patient. */
export function mapAccident(
  segment: Segment,
  subject: Resource,
  visit: Resource | undefined,
  conversion: Conversion,
): void {
  const resource = conversion.make(
    'Observation',
    `${subject.id}|accident|${segment.field(1)}|${segment.field(2)}`,
  );
  resource['status'] = 'final';
  resource['code'] = constantConcept(
    'http://loinc.org',
    '11374-6',
    'Injury incident description Narrative',
  );
  resource['subject'] = referenceTo(subject);
  if (visit !== undefined) resource['encounter'] = referenceTo(visit);
  apply(accident, segment, resource, conversion);
}

const accident = [
  one(1, dateTime, 'effectiveDateTime'),
  one(9, wholeText, 'valueString'),
  one(2, concept, 'category[]'),
];
