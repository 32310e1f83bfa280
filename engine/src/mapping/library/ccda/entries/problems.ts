import type { XmlElement } from '../../../../formats/xml/element.ts';
import type { Element, Resource } from '../../resource.ts';
import { fill, referenceTo } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import { authorship, informantOf } from '../parties.ts';
import { concept, quantity, timeSpan, words } from '../values.ts';
import {
  actOf,
  addNotes,
  begin,
  hasTemplate,
  inVisit,
  isNegated,
  related,
  settle,
  statusOf,
} from './entry.ts';
import type { EntryRule, Section } from './entry.ts';

const clinical = 'http://terminology.hl7.org/CodeSystem/condition-clinical';
const verification = 'http://terminology.hl7.org/CodeSystem/condition-ver-status';
const category = 'http://terminology.hl7.org/CodeSystem/condition-category';
const snomed = 'http://snomed.info/sct';

/** Problem Concern Act, and the acts around a diagnosis: each observation in them is a condition. */
export const problemConcern: EntryRule = (entry, section, conversion) =>
  entry
    .all('entryRelationship')
    .map(actOf)
    .filter((each) => each !== undefined && isProblem(each))
    .flatMap((each) => problemObservation(each as XmlElement, section, conversion));

function isProblem(act: XmlElement): boolean {
  return act.name === 'observation' && problemTemplates.some((root) => hasTemplate(act, root));
}

const problemTemplates = [
  '2.16.840.1.113883.10.20.22.4.4',
  '2.16.840.1.113883.10.20.1.28',
  '1.3.6.1.4.1.19376.1.5.3.1.4.5',
];

/** Sections whose problems are not those of the problem list. */
const categories: Readonly<Record<string, string>> = {
  '11450-4': 'problem-list-item',
  '75310-3': 'health-concern',
};

/** Problem Observation (2.16.840.1.113883.10.20.22.4.4). */
export const problemObservation: EntryRule = (entry, section, conversion) => {
  const made = begin('Condition', entry, conversion);
  const negated = isNegated(entry);
  const none = negated ? noProblem(entry) : undefined;
  fill(made, 'clinicalStatus', { coding: [{ system: clinical, code: clinicalStatus(entry) }] });
  if (negated && none === undefined) {
    fill(made, 'verificationStatus', { coding: [{ system: verification, code: 'refuted' }] });
  }
  fill(made, 'category', categoryOf(none === undefined ? entry : undefined, section, conversion));
  fill(made, 'severity', severityOf(entry, conversion));
  fill(made, 'code', none ?? codeOfProblem(entry, conversion));
  const site = concept(entry.child('targetSiteCode'), conversion);
  fill(made, 'bodySite', site && [site]);
  if (categoryCode(section) !== 'problem-list-item') inVisit(made, conversion);
  fillCourse(made, entry, conversion);
  fillAuthor(made, entry, conversion);
  addNotes(made, entry, conversion);
  return [made];
};

/** Who recorded it and when: the observation says it, or the concern around it. */
export function fillAuthor(made: Resource, entry: XmlElement, conversion: Conversion): void {
  const concern = concernAct(entry);
  for (const each of concern === undefined ? [entry] : [entry, concern]) {
    const { author, time } = authorship(each, conversion);
    fill(made, 'recordedDate', time);
    fill(made, 'recorder', author);
    fill(made, 'asserter', informantOf(each, conversion));
  }
}

function concernAct(entry: XmlElement): XmlElement | undefined {
  const around = entry.parent?.parent;
  return around?.name === 'act' ? around : undefined;
}

/** A negated problem of no kind in particular: nothing is known to be wrong. */
function noProblem(entry: XmlElement): Element | undefined {
  const value = entry.child('value');
  const code = value?.attribute('code');
  if (code !== undefined && !general.has(code)) return undefined;
  if (code === undefined && value?.child('originalText') !== undefined) return undefined;
  const display = 'No current problems or disability';
  return { coding: [{ system: snomed, code: '160245001', display }] };
}

const general = new Set(['55607006', '404684003', '64572001']);

function codeOfProblem(entry: XmlElement, conversion: Conversion): Element {
  settle(entry);
  const told = concept(entry.child('value'), conversion);
  if (told !== undefined) return told;
  const text = entry.child('text');
  return { text: (text && words(text, conversion)) ?? 'unknown' };
}

function categoryCode({ code }: Section): string {
  return categories[code ?? ''] ?? 'encounter-diagnosis';
}

/** Where it stands, and what kind of statement it is (Problem Type). */
/** Health concerns are a category of US Core, which R4's own code system does not have. */
function categoryCoding(code: string): Element {
  const own = 'http://hl7.org/fhir/us/core/CodeSystem/condition-category';
  return { system: code === 'health-concern' ? own : category, code };
}

function categoryOf(
  entry: XmlElement | undefined,
  section: Section,
  conversion: Conversion,
): Element[] {
  const kind = concept(entry?.child('code'), conversion);
  const codings = kind?.coding as Element[] | undefined;
  const own = { coding: [categoryCoding(categoryCode(section))] };
  const isAssertion = codings?.some(({ code }) => code === 'ASSERTION') ?? true;
  return kind === undefined || isAssertion ? [own] : [own, kind];
}

/** Values of Problem Status. */
export const problemStatuses: Readonly<Record<string, string>> = {
  '55561003': 'active',
  '73425007': 'inactive',
  '413322009': 'resolved',
  '246455001': 'recurrence',
  '263855007': 'relapse',
  '277022003': 'remission',
};

/**
 * Problem Status says it; else a problem with an end, even an unknown one, is over; else it is as
 * its concern is. Never more than is told: a concern that ended makes no problem active.
 */
function clinicalStatus(entry: XmlElement): string {
  const [told] = related(entry, '2.16.840.1.113883.10.20.22.4.6', '2.16.840.1.113883.10.20.1.50');
  settle(told);
  const stated = problemStatuses[told?.child('value')?.attribute('code') ?? ''];
  if (stated !== undefined) return stated;
  if (entry.at('effectiveTime', 'high') !== undefined) return 'resolved';
  return concernOf(entry) === 'active' ? 'active' : 'inactive';
}

/** State of the act around an observation; one without an act around it is as it says itself. */
export function concernOf(entry: XmlElement): string {
  const concern = concernAct(entry);
  concern?.child('code')?.readWhole();
  const status = concern === undefined ? '' : statusOf(concern);
  return status === '' ? 'active' : status;
}

function severityOf(entry: XmlElement, conversion: Conversion): Element | undefined {
  const [told] = related(entry, '2.16.840.1.113883.10.20.22.4.8', '2.16.840.1.113883.10.20.1.55');
  settle(told);
  return concept(told?.child('value'), conversion);
}

function fillCourse(made: Resource, entry: XmlElement, conversion: Conversion): void {
  statusOf(entry);
  const { point, period } = timeSpan(entry.child('effectiveTime'), conversion);
  fill(made, 'onsetDateTime', point ?? period?.start);
  fill(made, 'abatementDateTime', period?.end);
  const [age] = related(entry, '2.16.840.1.113883.10.20.22.4.31');
  const told = quantity(age?.child('value'), conversion);
  settle(age);
  if (made.onsetDateTime === undefined) fill(made, 'onsetAge', told);
}

/** Health Concern Act and Risk Concern Act: the problems in it, else the concern itself. */
export const healthConcern: EntryRule = (entry, section, conversion) => {
  // "No known health concerns" is in the narrative, and FHIR has no resource that says it.
  if (isNegated(entry)) {
    conversion.issue('negation-kept-out', entry);
    return [];
  }
  const problems = problemConcern(entry, section, conversion);
  if (problems.length > 0) return problems;
  const made = begin('Condition', entry, conversion);
  fill(made, 'clinicalStatus', {
    coding: [{ system: clinical, code: statusOf(entry) === 'active' ? 'active' : 'inactive' }],
  });
  fill(made, 'category', [{ coding: [categoryCoding('health-concern')] }]);
  const text = entry.child('text');
  const said = text && words(text, conversion);
  fill(
    made,
    'code',
    said === undefined ? concept(entry.child('code'), conversion) : { text: said },
  );
  fillCourse(made, entry, conversion);
  return [made];
};

/** Diagnoses of a visit, as its `diagnosis` entries. */
export function diagnosesOf(
  entry: XmlElement,
  section: Section,
  conversion: Conversion,
): { entries: Element[]; made: readonly Resource[] } {
  const made = related(
    entry,
    '2.16.840.1.113883.10.20.22.4.80',
    '2.16.840.1.113883.10.20.22.4.33',
    '2.16.840.1.113883.10.20.22.4.34',
  ).flatMap((act) => {
    settle(act);
    return problemConcern(act, section, conversion);
  });
  return { entries: made.map((each) => ({ condition: referenceTo(each) })), made };
}
