import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../base/json.ts';
import type { ItemType } from '../model/person.ts';

/**
 * When two resources of one person tell of one thing: the same allergy, problem, immunisation, result or
 * coverage that came by two roads. A lost allergy is the worst fault, so one stands for both only where it says
 * all that the other says.
 */

/** Leads the id of a record to that of whom or what it is of. */
export type Lead = (reference: string) => string;

/**
 * What a thing has in common with what may be the same: whose it is, what it is, and when. Several, where
 * several codes say what it is; none, where it does not say enough.
 */
export function itemKeys(type: ItemType, resource: JsonObject, lead: Lead): string[] {
  const whose = referenceIn(resource[type === 'Coverage' ? 'beneficiary' : subjectOf[type]], lead);
  if (whose === undefined) return [];
  const when = times[type].flatMap((name) => text(resource, name) ?? [])[0] ?? '';
  const what = type === 'Coverage' ? membersIn(resource, lead) : codesIn(resource[codeOf[type]]);
  if (when === '' && type !== 'AllergyIntolerance' && type !== 'Coverage') return [];
  return [...new Set(what.map((one) => canonicalJson([type, whose, one, when])))];
}

const subjectOf = {
  AllergyIntolerance: 'patient',
  Condition: 'subject',
  Immunization: 'patient',
  Observation: 'subject',
} as const;

const codeOf = {
  AllergyIntolerance: 'code',
  Condition: 'code',
  Immunization: 'vaccineCode',
  Observation: 'code',
} as const;

/** The first of these that a thing has says when; an allergy is the same whenever it was told of. */
const times: Readonly<Record<ItemType, readonly string[]>> = {
  AllergyIntolerance: [],
  Condition: ['onsetDateTime', 'recordedDate'],
  Immunization: ['occurrenceDateTime'],
  Observation: ['effectiveDateTime', 'effectiveInstant'],
  Coverage: [],
};

/** Codes of a CodeableConcept that a code system gives a meaning. */
function codesIn(concept: Json | undefined): string[] {
  return codings(concept).flatMap(({ system, code }) =>
    typeof system === 'string' && typeof code === 'string' ? [`${system}|${code}`] : [],
  );
}

/** The number of the insured with each payer. */
function membersIn(coverage: JsonObject, lead: Lead): string[] {
  const number = text(coverage, 'subscriberId') ?? memberNumber(coverage);
  const payers = items(coverage['payor']).flatMap((one) => referenceIn(one, lead) ?? []);
  return number === undefined ? [] : payers.map((payer) => `${payer} ${number}`);
}

function memberNumber(coverage: JsonObject): string | undefined {
  const numbers = items(coverage['identifier']).filter(({ type }) =>
    codings(type).some(({ code }) => code === 'MB'),
  );
  return numbers.flatMap((one) => text(one, 'value') ?? [])[0];
}

/** What turns the meaning of the rest (FHIR R4, 2.3.0.1 Is-Modifier): both say the same of it, or nothing. */
const modifiers = [
  'clinicalStatus',
  'implicitRules',
  'isSubpotent',
  'modifierExtension',
  'status',
  'verificationStatus',
];

/** What each resource has of its own, whatever it tells of. */
const ownElements: ReadonlySet<string> = new Set(['id', 'identifier', 'meta', 'resourceType']);

/**
 * What `chart` lacks of what `other` says of the same thing; undefined where it says something else, or says
 * less in an element that both have: then both stand.
 */
export function lackedBy(chart: JsonObject, other: JsonObject, lead: Lead): JsonObject | undefined {
  const lacked: JsonObject = {};
  if (modifiers.some((name) => (chart[name] === undefined) !== (other[name] === undefined))) {
    return undefined;
  }
  for (const [name, told] of Object.entries(other)) {
    if (ownElements.has(name) || told === undefined) continue;
    const known = chart[name];
    if (known !== undefined) {
      if (!says(known, told, lead)) return undefined;
    } else if (isChoice(name, chart)) {
      return undefined;
    } else {
      lacked[name] = told;
    }
  }
  return lacked;
}

/** Elements of which a resource has one of several types (FHIR R4, 2.6.4), and those that say that one is absent. */
const choices = [
  'onset',
  'abatement',
  'occurrence',
  'effective',
  'value',
  'statusReason',
  'dataAbsent',
];

/** Whether the resource says in another form what this element says. */
function isChoice(name: string, resource: JsonObject): boolean {
  const stem = choices.find((one) => name.startsWith(one));
  if (stem === undefined) return false;
  const also = stem === 'value' || stem === 'dataAbsent' ? ['value', 'dataAbsent'] : [stem];
  return Object.keys(resource).some((own) => also.some((one) => own.startsWith(one)));
}

/** Whether a value says all that another one does. */
function says(known: Json, told: Json, lead: Lead): boolean {
  if (isConcept(known) && isConcept(told)) {
    const own = new Set(codings(known).map(codingName));
    const all = codings(told).every((coding) => own.has(codingName(coding)));
    return all && saysText(text(known, 'text'), text(told, 'text'));
  }
  if (Array.isArray(known) && Array.isArray(told)) {
    return told.every((one) => known.some((own) => says(own, one, lead)));
  }
  if (isJsonObject(known) && isJsonObject(told)) {
    return Object.entries(told).every(([name, one]) => {
      const own = known[name];
      if (one === undefined || name === 'display') return true;
      if (own === undefined) return false;
      if (name === 'reference') return isText(own) && isText(one) && lead(own) === lead(one);
      return says(own, one, lead);
    });
  }
  return canonicalJson(known) === canonicalJson(told);
}

/** A text in other letters is the same text; where there is none, codes speak. */
function saysText(known: string | undefined, told: string | undefined): boolean {
  return told === undefined || (known !== undefined && folded(known) === folded(told));
}

const folded = (value: string): string => value.trim().replaceAll(/\s+/g, ' ').toLowerCase();

const isText = (value: Json): value is string => typeof value === 'string';

const isConcept = (value: Json): value is JsonObject =>
  isJsonObject(value) && Array.isArray(value['coding']);

const codingName = ({ system, code }: JsonObject): string =>
  canonicalJson([system ?? null, code ?? null]);

function codings(concept: Json | undefined): JsonObject[] {
  return isJsonObject(concept) ? items(concept['coding']) : [];
}

function referenceIn(value: Json | undefined, lead: Lead): string | undefined {
  const reference = isJsonObject(value) ? text(value, 'reference') : undefined;
  return reference === undefined || reference.startsWith('#') ? undefined : lead(reference);
}

function items(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter((one) => isJsonObject(one)) : [];
}

function text(of: JsonObject, name: string): string | undefined {
  const value = of[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
