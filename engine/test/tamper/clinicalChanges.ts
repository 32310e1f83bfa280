import { isJsonObject, JsonNumber } from '../../src/base/json.ts';
import type { Json, JsonObject } from '../../src/base/json.ts';
import type { Random } from '../../src/base/random.ts';
import { at, changeAt, dropped, onText, other, within } from './change.ts';
import type { Change, Rewrite } from './change.ts';
import { withValue } from './places.ts';
import type { Place } from './places.ts';

const patient = ['Patient'];
const allergy = ['AllergyIntolerance'];
const medications = ['MedicationStatement', 'MedicationRequest'];
const noneKnown: ReadonlySet<string> = new Set(['716186003', '409137002', '429625007']);
const anotherId = (text: string): string => text.replace(/[^/]{4}$/, 'wwww');

const patientChanges: readonly Change[] = [
  changeAt('patient-swapped', 'identity', isPatientReference, onText(anotherId)),
  changeAt('patient-lost', 'identity', isPatientReference, () => dropped),
  changeAt('identifier-lost', 'identity', within(patient, 'identifier'), itemDropped),
  changeAt('identifier-changed', 'identity', at('identifier.value'), onText(nextDigit)),
  changeAt(
    'identifier-system-changed',
    'identity',
    at('identifier.system'),
    onText((it) => `${it}.1`),
  ),
  changeAt(
    'identifier-type-changed',
    'identity',
    at('identifier.type.coding.code'),
    onText(() => 'XX'),
  ),
  changeAt('names-reordered', 'identity', at('name.given'), (value) =>
    Array.isArray(value) && value.length > 1 ? value.toReversed() : undefined,
  ),
  changeAt('family-and-given-swapped', 'identity', at('name'), swapNames),
  changeAt(
    'name-use-changed',
    'identity',
    at('name.use'),
    onText(() => 'old'),
  ),
  changeAt('sex-changed', 'identity', within(patient, 'gender'), oneOf('male', 'female')),
  changeAt('birth-date-lost', 'identity', within(patient, 'birthDate'), () => dropped),
  changeAt(
    'deceased-lost',
    'identity',
    within(patient, 'deceasedDateTime', 'deceasedBoolean'),
    () => dropped,
  ),
  changeAt('active-flipped', 'identity', at('active'), (value) => value !== true),
  changeAt('phone-changed', 'identity', at('telecom.value'), onText(nextDigit)),
  changeAt('address-line-lost', 'identity', at('address.line'), itemDropped),
  changeAt(
    'postal-code-zero-lost',
    'identity',
    at('address.postalCode'),
    onText((it) => it.replace(/^0/, '')),
  ),
  changeAt(
    'language-changed',
    'identity',
    at('communication.language.coding.code'),
    oneOf('en', 'es'),
  ),
];

const practitionerChanges: readonly Change[] = [
  changeAt(
    'practitioner-wrong',
    'practitioner',
    at('participant.individual.reference', 'recorder.reference', 'requester.reference'),
    onText(anotherId),
  ),
  changeAt(
    'npi-changed',
    'practitioner',
    within(['Practitioner'], 'identifier.value'),
    onText(nextDigit),
  ),
];

const encounterChanges: readonly Change[] = [
  changeAt('encounter-end-lost', 'encounter', at('period.end'), () => dropped),
  changeAt('encounter-start-is-end', 'encounter', at('period'), (value) => {
    if (!isJsonObject(value) || value['end'] === undefined) return undefined;
    return withValue(value, ['start'], value['end']);
  }),
  changeAt('encounter-class-changed', 'encounter', at('class.code'), oneOf('AMB', 'IMP', 'EMER')),
  changeAt(
    'encounter-status-promoted',
    'encounter',
    within(['Encounter'], 'status'),
    oneOf('finished', 'in-progress'),
  ),
];

const allergyChanges: readonly Change[] = [
  changeAt(
    'allergy-confirmed',
    'allergy',
    within(allergy, 'verificationStatus.coding.code'),
    onText((code) => (code === 'confirmed' ? 'unconfirmed' : 'confirmed')),
  ),
  changeAt(
    'allergy-verification-lost',
    'allergy',
    within(allergy, 'verificationStatus'),
    () => dropped,
  ),
  changeAt(
    'allergy-reactivated',
    'allergy',
    within(allergy, 'clinicalStatus.coding.code'),
    oneOf('active', 'inactive'),
  ),
  changeAt('none-known-dropped', 'allergy', within(allergy, 'code.coding'), (value) =>
    isNoneKnown(value) ? dropped : undefined,
  ),
  changeAt('none-known-became-an-allergy', 'allergy', within(allergy, 'code.coding'), (value) =>
    isNoneKnown(value) ? withValue(value, ['code'], '419199007') : undefined,
  ),
  changeAt('substance-changed', 'allergy', within(allergy, 'code.coding.code'), onText(nextDigit)),
  changeAt('substance-text-lost', 'allergy', within(allergy, 'code.text'), () => dropped),
  changeAt(
    'criticality-lowered',
    'allergy',
    within(allergy, 'criticality'),
    oneOf('low', 'unable-to-assess'),
  ),
  changeAt(
    'severity-lowered',
    'allergy',
    within(allergy, 'reaction.severity'),
    oneOf('mild', 'moderate'),
  ),
  changeAt('reaction-lost', 'allergy', within(allergy, 'reaction.manifestation'), itemDropped),
];

const medicationChanges: readonly Change[] = [
  changeAt(
    'drug-changed',
    'medication',
    at('medicationCodeableConcept.coding.code'),
    onText(nextDigit),
  ),
  changeAt('drug-text-lost', 'medication', at('medicationCodeableConcept.text'), () => dropped),
  changeAt(
    'medication-restarted',
    'medication',
    within(medications, 'status'),
    oneOf('active', 'stopped'),
  ),
  changeAt(
    'dose-unit-changed',
    'medication',
    at('doseQuantity.code'),
    oneOf('g', 'mg', 'ug', 'mL'),
  ),
  changeAt('dose-unit-word-changed', 'medication', at('doseQuantity.unit'), oneOf('g', 'mg')),
  changeAt('dose-tenfold', 'medication', at('doseQuantity.value'), (value) =>
    value instanceof JsonNumber ? new JsonNumber(tenfold(value.text)) : undefined,
  ),
  changeAt('dose-lost', 'medication', at('doseAndRate'), () => dropped),
  changeAt('medication-end-lost', 'medication', at('effectivePeriod.end'), () => dropped),
  changeAt(
    'patient-report-became-order',
    'medication',
    at('informationSource.reference'),
    onText((text) => text.replace(/^Patient\//, 'Practitioner/')),
  ),
];

const codeChanges: readonly Change[] = [
  changeAt(
    'code-changed',
    'any',
    at('coding.code', 'class.code'),
    onText((it) => `${it}x`),
  ),
  changeAt(
    'code-system-changed',
    'any',
    at('coding.system', 'class.system'),
    onText((text) => `${text}-legacy`),
  ),
  changeAt('code-system-lost', 'any', at('coding.system', 'class.system'), () => dropped),
  changeAt(
    'status-changed',
    'any',
    at('status'),
    onText((it) => `not-${it}`),
  ),
];

const moneyChanges: readonly Change[] = [
  changeAt('amount-changed', 'money', within(['Claim'], 'total.value', 'net.value'), (value) =>
    value instanceof JsonNumber ? new JsonNumber(tenfold(value.text)) : undefined,
  ),
  changeAt('currency-changed', 'money', at('currency'), oneOf('EUR', 'USD')),
];

/** Errors that can harm: the wrong patient, a lost allergy, ten times the dose. */
export const clinicalChanges: readonly Change[] = [
  ...patientChanges,
  ...practitionerChanges,
  ...encounterChanges,
  ...allergyChanges,
  ...medicationChanges,
  ...codeChanges,
  ...moneyChanges,
];

function oneOf(...choices: string[]): Rewrite {
  return (value, random) => (typeof value === 'string' ? other(choices, value, random) : undefined);
}

function itemDropped(_value: Json, _random: Random, { steps }: Place): typeof dropped | undefined {
  return typeof steps.at(-1) === 'number' ? dropped : undefined;
}

function isPatientReference({ plain }: Place): boolean {
  return plain === 'subject.reference' || plain === 'patient.reference';
}

/** Another last digit. */
function nextDigit(text: string): string {
  return text.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10));
}

function tenfold(text: string): string {
  return text
    .replace(/^(\d*)\.(\d)(\d*)$/, '$1$2.$3')
    .replace(/^(\d+)$/, '$10')
    .replace(/\.$/, '');
}

function swapNames(value: Json): Json | undefined {
  if (!isJsonObject(value)) return undefined;
  const { family, given } = value;
  if (family === undefined || !Array.isArray(given) || given[0] === undefined) return undefined;
  return withValue(withValue(value, ['family'], given[0]), ['given', 0], family);
}

function isNoneKnown(value: Json): value is JsonObject {
  return isJsonObject(value) && typeof value['code'] === 'string' && noneKnown.has(value['code']);
}
