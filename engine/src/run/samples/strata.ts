import { isJsonObject, type Json, type JsonObject } from '../../base/json.ts';

/** Where what goes wrong hurts most: a sample looks there first. */
export const strata = [
  'anticoagulants',
  'insulin',
  'opioids',
  'paediatric weights',
  'pregnancy',
  'merged',
  'several sources',
  'visits of the coming week',
] as const;

export type Stratum = (typeof strata)[number];

/** The names drugs are sold and coded under: codes differ by site, what a clinician reads does not. */
const drugs: readonly [Stratum, RegExp][] = [
  [
    'anticoagulants',
    /warfarin|heparin|enoxaparin|dalteparin|fondaparinux|apixaban|rivaroxaban|dabigatran|edoxaban|phenprocoumon/i,
  ],
  ['insulin', /\binsulin\b/i],
  [
    'opioids',
    /morphine|oxycodone|hydrocodone|hydromorphone|oxymorphone|fentanyl|codeine|tramadol|tapentadol|methadone|buprenorphine|meperidine/i,
  ],
];

const pregnancyCodes = /^(O\d\d|Z33|Z34|Z3A)/;
const pregnancyConcepts = new Set(['77386006', '82810-3', '11449-6', '11778-8']);
const weightCodes = new Set(['29463-7', '3141-9', '8341-5']);
const adultYears = 18;
const weekMs = 7 * 86_400_000;

export interface ChartFacts {
  strata: Set<Stratum>;
  birthYear: number | undefined;
  hasWeight: boolean;
}

export function emptyChart(): ChartFacts {
  return { strata: new Set(), birthYear: undefined, hasWeight: false };
}

/** Add what one resource says to what is known of its patient's chart. `now`: the week counts from it. */
export function addToChart(chart: ChartFacts, resource: JsonObject, now: Date): void {
  const type = resource['resourceType'];
  if (type === 'Patient') addPatient(chart, resource);
  if (type === 'MedicationRequest' || type === 'MedicationStatement') addDrug(chart, resource);
  if (type === 'Condition' && isPregnancy(resource)) chart.strata.add('pregnancy');
  if (type === 'Observation') addObservation(chart, resource);
  if (type === 'Appointment' && isThisWeek(resource['start'], now)) {
    chart.strata.add('visits of the coming week');
  }
  const isChild =
    chart.birthYear !== undefined && now.getUTCFullYear() - chart.birthYear < adultYears;
  if (chart.hasWeight && isChild) chart.strata.add('paediatric weights');
}

function addPatient(chart: ChartFacts, { birthDate, link, identifier }: JsonObject): void {
  if (typeof birthDate === 'string') chart.birthYear = Number(birthDate.slice(0, 4));
  if (listOf(link).length > 0) chart.strata.add('merged');
  const systems = new Set(listOf(identifier).map((one) => one['system']));
  if (systems.size > 1) chart.strata.add('several sources');
}

function addDrug(chart: ChartFacts, { medicationCodeableConcept: concept }: JsonObject): void {
  const words = wordsOf(concept).join(' ');
  for (const [stratum, names] of drugs) if (names.test(words)) chart.strata.add(stratum);
}

function addObservation(chart: ChartFacts, { code }: JsonObject): void {
  const codes = codesOf(code);
  if (codes.some((one) => weightCodes.has(one))) chart.hasWeight = true;
  if (codes.some((one) => pregnancyConcepts.has(one))) chart.strata.add('pregnancy');
}

function isPregnancy({ code }: JsonObject): boolean {
  return codesOf(code).some((one) => pregnancyCodes.test(one) || pregnancyConcepts.has(one));
}

function isThisWeek(start: Json | undefined, now: Date): boolean {
  const afterMs = typeof start === 'string' ? Date.parse(start) - now.getTime() : Number.NaN;
  return afterMs >= 0 && afterMs < weekMs;
}

function codesOf(concept: Json | undefined): string[] {
  const coded = isJsonObject(concept) ? listOf(concept['coding']) : [];
  return coded.flatMap(({ code }) => (typeof code === 'string' ? [code] : []));
}

function wordsOf(concept: Json | undefined): string[] {
  if (!isJsonObject(concept)) return [];
  const said = [concept['text'], ...listOf(concept['coding']).map(({ display }) => display)];
  return said.filter((one): one is string => typeof one === 'string');
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
