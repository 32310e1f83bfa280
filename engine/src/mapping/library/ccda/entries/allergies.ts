import type { XmlElement } from '../../../../formats/xml/element.ts';
import type { Element, Resource } from '../../resource.ts';
import { add, fill } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import { concept, inWords, plain, startOf, timeSpan, words } from '../values.ts';
import { actOf, addNotes, begin, isNegated, related, settle, statusOf } from './entry.ts';
import type { EntryRule } from './entry.ts';
import { concernOf, fillAuthor } from './problems.ts';

const clinical = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical';
const verification = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification';
const snomed = 'http://snomed.info/sct';

/** Allergy Concern Act: each observation in it is an allergy of its own. */
export const allergyConcern: EntryRule = (entry, section, conversion) =>
  entry
    .all('entryRelationship')
    .map(actOf)
    .filter((each) => each?.name === 'observation')
    .flatMap((each) => allergyObservation(each as XmlElement, section, conversion));

/** Allergy – Intolerance Observation (2.16.840.1.113883.10.20.22.4.7). */
export const allergyObservation: EntryRule = (entry, _section, conversion) => {
  const made = begin('AllergyIntolerance', entry, conversion);
  const negated = isNegated(entry);
  const kind = entry.child('value')?.attribute('code') ?? '';
  const none = negated ? noneKnown(entry, kind, conversion) : undefined;
  fill(made, 'clinicalStatus', status(clinical, clinicalStatus(entry)));
  if (negated && none === undefined) {
    fill(made, 'verificationStatus', status(verification, 'refuted'));
  }
  fill(made, 'type', types[kind]);
  const category = categories[kind];
  fill(made, 'category', category && [category]);
  fillCriticality(made, entry, conversion);
  fill(made, 'code', none ?? agent(entry, conversion));
  settle(entry);
  fillOnset(made, entry, conversion);
  fillAuthor(made, entry, conversion);
  for (const reaction of reactions(entry, conversion)) add(made, 'reaction', reaction);
  addNotes(made, entry, conversion);
  return [made];
};

function status(system: string, code: string): Element {
  return { coding: [{ system, code }] };
}

/** Kinds of Allergy and Intolerance Type (2.16.840.1.113883.3.88.12.3221.6.2). */
const types: Readonly<Record<string, string>> = {
  '419199007': 'allergy',
  '416098002': 'allergy',
  '414285001': 'allergy',
  '426232007': 'allergy',
  '59037007': 'intolerance',
  '235719002': 'intolerance',
};

const categories: Readonly<Record<string, string>> = {
  '416098002': 'medication',
  '419511003': 'medication',
  '59037007': 'medication',
  '414285001': 'food',
  '418471000': 'food',
  '235719002': 'food',
  '426232007': 'environment',
};

/** Nothing known, told as a negated allergy to nothing in particular. */
function noneKnown(entry: XmlElement, kind: string, conversion: Conversion): Element | undefined {
  const substance = substanceOf(entry);
  const told = concept(substance?.child('code'), conversion);
  const named = plain(substance?.child('name')?.text ?? '');
  const codes = (told?.coding as Element[] | undefined) ?? [];
  const particular = codes.length > 0 || named !== undefined;
  if (particular && !codes.every((each) => general.has(each.code as string))) return undefined;
  const { code, display } = noneKnownOf[categories[kind] ?? ''] ?? anyAllergy;
  return { coding: [{ system: snomed, code, display }] };
}

/** Substances that stand for every one. */
const general = new Set(['105590001', '410942007', '762766007']);
const anyAllergy = { code: '716186003', display: 'No known allergy' };
/** What is said where nothing is known of a kind, by the category. */
export const noneKnownOf: Readonly<Record<string, { code: string; display: string }>> = {
  medication: { code: '409137002', display: 'No known drug allergy' },
  food: { code: '429625007', display: 'No known food allergy' },
  environment: { code: '428607008', display: 'No known environmental allergy' },
};

function substanceOf(entry: XmlElement): XmlElement | undefined {
  return entry
    .all('participant')
    .filter((each) => ['CSM', undefined].includes(each.attribute('typeCode')))
    .map((each) => each.at('participantRole', 'playingEntity'))
    .find((each) => each !== undefined);
}

/** What it is to: the substance, else what the observation's value says more than its kind. */
function agent(entry: XmlElement, conversion: Conversion): Element {
  const substance = substanceOf(entry);
  const told = concept(substance?.child('code'), conversion);
  const name = plain(substance?.child('name')?.text ?? '');
  if (told !== undefined) return told.text === undefined && name ? { ...told, text: name } : told;
  if (name !== undefined) return { text: name };
  const value = entry.child('value');
  const kind = concept(value, conversion);
  if (kind !== undefined) return kind;
  const text = entry.child('text');
  return { text: (text && words(text, conversion)) ?? 'unknown' };
}

const statuses: Readonly<Record<string, string>> = {
  '55561003': 'active',
  '73425007': 'inactive',
  '413322009': 'resolved',
};

/** Allergy Status Observation says it; else the end of the allergy, else the state of the concern. */
function clinicalStatus(entry: XmlElement): string {
  const [told] = related(entry, '2.16.840.1.113883.10.20.22.4.28', '2.16.840.1.113883.10.20.1.39');
  settle(told);
  const stated = statuses[told?.child('value')?.attribute('code') ?? ''];
  if (stated !== undefined) return stated;
  if (entry.at('effectiveTime', 'high') !== undefined) return 'resolved';
  return concernOf(entry) === 'active' ? 'active' : 'inactive';
}

function fillOnset(made: Resource, entry: XmlElement, conversion: Conversion): void {
  statusOf(entry);
  const span = timeSpan(entry.child('effectiveTime'), conversion);
  const { period } = span;
  if (period?.end === undefined) fill(made, 'onsetDateTime', startOf(span));
  else fill(made, 'onsetPeriod', period);
}

/** Values of Criticality Observation. */
export const criticalities: Readonly<Record<string, string>> = {
  CRITH: 'high',
  CRITL: 'low',
  CRITU: 'unable-to-assess',
};

function fillCriticality(made: Resource, entry: XmlElement, conversion: Conversion): void {
  const [told] = related(entry, '2.16.840.1.113883.10.20.22.4.145');
  settle(told);
  const value = told?.child('value');
  const code = value?.attribute('code');
  if (value === undefined || code === undefined) return;
  if (criticalities[code] === undefined) conversion.issue('code-unmapped', value);
  fill(made, 'criticality', criticalities[code]);
}

const severities: Readonly<Record<string, string>> = {
  '255604002': 'mild',
  '371923003': 'mild',
  '6736007': 'moderate',
  '371924009': 'severe',
  '24484000': 'severe',
  '399166001': 'severe',
};

const severityTemplates = ['2.16.840.1.113883.10.20.22.4.8', '2.16.840.1.113883.10.20.1.55'];
const reactionTemplates = ['2.16.840.1.113883.10.20.22.4.9', '2.16.840.1.113883.10.20.1.54'];

/**
 * Reaction Observations, each with its own severity. A severity of the allergy itself, as R1.1 has
 * it, is that of every reaction that says none; without a reaction it stands alone, as words.
 */
function reactions(entry: XmlElement, conversion: Conversion): Element[] {
  const whole = severityOf(entry, conversion);
  const told = related(entry, ...reactionTemplates).map((reaction) => {
    settle(reaction);
    const value = concept(reaction.child('value'), conversion);
    const text = reaction.child('text');
    const manifestation = value ?? { text: (text && words(text, conversion)) ?? 'unknown' };
    const onset = startOf(timeSpan(reaction.child('effectiveTime'), conversion));
    const { severity } = severityOf(reaction, conversion) ?? whole ?? {};
    return {
      manifestation: [manifestation],
      ...(onset && { onset }),
      ...(severity && { severity }),
    };
  });
  if (told.length > 0 || whole === undefined) return told;
  const { severity, words: said } = whole;
  return [{ manifestation: [{ text: said }], ...(severity && { severity }) }];
}

function severityOf(
  entry: XmlElement,
  conversion: Conversion,
): { severity: string | undefined; words: string } | undefined {
  const [told] = related(entry, ...severityTemplates);
  if (told === undefined) return undefined;
  settle(told);
  const value = told.child('value');
  const severity = severities[value?.attribute('code') ?? ''];
  const said = concept(value, conversion);
  if (value !== undefined && severity === undefined) conversion.issue('code-unmapped', value);
  return { severity, words: inWords(said) ?? 'reaction not stated' };
}
