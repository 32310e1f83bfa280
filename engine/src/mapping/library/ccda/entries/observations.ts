import type { XmlElement } from '../../../../formats/xml/element.ts';
import type { Element, Resource } from '../../resource.ts';
import { add, fill, referenceTo } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import { authorship, performers } from '../parties.ts';
import {
  concept,
  compact,
  entryText,
  identifiers,
  plain,
  quantityRange,
  timeSpan,
  words,
} from '../values.ts';
import {
  actOf,
  addNotes,
  asReferences,
  begin,
  codeOf,
  hasTemplate,
  inVisit,
  isNegated,
  mappedStatus,
} from './entry.ts';
import type { EntryRule, Section } from './entry.ts';
import { fillValue } from './observationValue.ts';

const categorySystem = 'http://terminology.hl7.org/CodeSystem/observation-category';

/** Kinds of observation, by the section they stand in. */
const categories: Readonly<Record<string, string>> = {
  '30954-2': 'laboratory',
  '8716-3': 'vital-signs',
  '29762-2': 'social-history',
  '10210-3': 'exam',
  '29545-1': 'exam',
  '47420-5': 'survey',
  '10190-7': 'survey',
};

/** ActStatus of an observation. */
export const observationStatuses: Readonly<Record<string, string>> = {
  completed: 'final',
  active: 'preliminary',
  held: 'registered',
  suspended: 'registered',
  new: 'registered',
  aborted: 'cancelled',
  cancelled: 'cancelled',
  nullified: 'entered-in-error',
};

/** Any observation that is not another resource: results, vital signs, social history, findings. */
export const observation: EntryRule = (entry, section, conversion) => {
  // FHIR has no place to say that an observation was not made: better absent, and told, than turned.
  if (isNegated(entry)) {
    conversion.issue('negation-kept-out', entry);
    return [];
  }
  const made = begin('Observation', entry, conversion);
  fillObservation(made, entry, section, conversion);
  const members = entry.all('entryRelationship').flatMap((wrapper) => {
    const act = actOf(wrapper);
    if (act?.name !== 'observation' || !isMember(act)) return [];
    return observation(act, section, conversion);
  });
  if (members.length > 0) fill(made, 'hasMember', asReferences(members));
  addNotes(made, entry, conversion);
  return [made, ...members];
};

/** An observation inside another is a part of its answer, unless it says something about it. */
function isMember(act: XmlElement): boolean {
  return !aboutTemplates.some((root) => hasTemplate(act, root));
}

/** Indication, Severity, Status, Age, Criticality, Priority Preference: about the entry around. */
const aboutTemplates = ['19', '8', '5', '6', '28', '31', '145', '143'].map(
  (last) => `2.16.840.1.113883.10.20.22.4.${last}`,
);

function fillObservation(
  made: Resource,
  entry: XmlElement,
  section: Section,
  conversion: Conversion,
): void {
  fill(made, 'category', categoryOf(section));
  fill(made, 'code', codeOf(entry, conversion));
  inVisit(made, conversion);
  const { point, period } = timeSpan(entry.child('effectiveTime'), conversion);
  if (period === undefined) fill(made, 'effectiveDateTime', point);
  else fill(made, 'effectivePeriod', period);
  const [value, ...more] = entry.all('value');
  if (value !== undefined) fillValue(made, value, conversion);
  for (const each of more) add(made, 'component', componentOf(entry, each, conversion));
  fill(made, 'status', observationStatus(made, entry, conversion));
  const text = entryText(entry, conversion);
  if (value === undefined && text !== undefined && hasWords(made)) add(made, 'note', { text });
  const meanings = entry.all('interpretationCode').map((each) => concept(each, conversion));
  for (const meaning of meanings) add(made, 'interpretation', meaning);
  fill(made, 'method', concept(entry.child('methodCode'), conversion));
  fill(made, 'bodySite', concept(entry.child('targetSiteCode'), conversion));
  fill(made, 'specimen', specimenOf(entry, conversion));
  for (const range of rangesOf(entry, conversion)) add(made, 'referenceRange', range);
  const { author, time } = authorship(entry, conversion);
  const who = performers(entry, conversion);
  const performer = who.length === 0 && author !== undefined ? [author] : who;
  if (performer.length > 0) fill(made, 'performer', performer);
  if (time?.includes('T') === true) fill(made, 'issued', time);
}

/** The words of an entry are in its code already where it has no other. */
function hasWords(made: Resource): boolean {
  return (made.code as Element).coding !== undefined;
}

/** A second value of one observation, beside the first. */
function componentOf(entry: XmlElement, value: XmlElement, conversion: Conversion): Element {
  const component: Element = { code: codeOf(entry, conversion) };
  fillValue(component, value, conversion);
  return component;
}

/** `active` with a value is a preliminary one, without it not yet a result. */
function observationStatus(made: Resource, entry: XmlElement, conversion: Conversion): string {
  const status = mappedStatus(entry, observationStatuses, 'unknown', conversion);
  const valued = Object.keys(made).some((name) => name.startsWith('value'));
  return status === 'preliminary' && !valued ? 'registered' : status;
}

function categoryOf(section: Section): Element[] | undefined {
  const code = categories[section.code ?? ''];
  return code === undefined ? undefined : [{ coding: [{ system: categorySystem, code }] }];
}

function specimenOf(entry: XmlElement, conversion: Conversion): Element | undefined {
  const role = entry.at('specimen', 'specimenRole');
  if (role === undefined) return undefined;
  const made = conversion.make('Specimen', role);
  const known = identifiers(role);
  if (known.length > 0) fill(made, 'identifier', known);
  fill(made, 'subject', conversion.subject);
  fill(made, 'type', concept(role.at('specimenPlayingEntity', 'code'), conversion));
  return referenceTo(made);
}

function rangesOf(entry: XmlElement, conversion: Conversion): Element[] {
  return entry.all('referenceRange').flatMap((wrapper) => {
    const range = wrapper.child('observationRange');
    if (range === undefined) return [];
    const value = range.child('value');
    value?.attribute('xsi:type');
    const span = value && quantityRange(value, conversion);
    const bounds = span === undefined ? {} : boundsOf(span);
    const text = range.child('text');
    const said = text && words(text, conversion);
    const told = value && said === undefined ? plain(value.text) : said;
    const meaning = concept(range.child('interpretationCode'), conversion);
    const found = compact({ ...bounds, text: told, type: meaning });
    return found === undefined ? [] : [found];
  });
}

function boundsOf(span: { quantity: Element } | { range: Element }): Element {
  if ('range' in span) return span.range;
  const { comparator, ...rest } = span.quantity;
  return String(comparator).startsWith('>') ? { low: rest } : { high: rest };
}

/** Observations of an organizer, also those of organizers inside it. */
function membersOf(entry: XmlElement, section: Section, conversion: Conversion): Resource[] {
  return entry.all('component').flatMap((component) => {
    const act = actOf(component);
    if (act?.name === 'observation') return [...observation(act, section, conversion)];
    return act?.name === 'organizer' ? membersOf(act, section, conversion) : [];
  });
}

/** ActStatus of a report. */
export const reportStatuses: Readonly<Record<string, string>> = {
  ...observationStatuses,
  active: 'partial',
};

/** Result Organizer (2.16.840.1.113883.10.20.22.4.1): a report, and its results. */
export const resultOrganizer: EntryRule = (entry, _section, conversion) => {
  const made = begin('DiagnosticReport', entry, conversion);
  const laboratory = { system: 'http://terminology.hl7.org/CodeSystem/v2-0074', code: 'LAB' };
  fill(made, 'category', [{ coding: [laboratory] }]);
  fill(made, 'status', mappedStatus(entry, reportStatuses, 'unknown', conversion));
  fill(made, 'code', codeOf(entry, conversion));
  inVisit(made, conversion);
  const { point, period } = timeSpan(entry.child('effectiveTime'), conversion);
  const { author, time } = authorship(entry, conversion);
  const results = membersOf(entry, { code: '30954-2' }, conversion);
  if (period === undefined) fill(made, 'effectiveDateTime', point ?? sharedTime(results));
  else fill(made, 'effectivePeriod', period);
  if (time?.includes('T') === true) fill(made, 'issued', time);
  const who = performers(entry, conversion);
  const performer = who.length === 0 && author !== undefined ? [author] : who;
  if (performer.length > 0) fill(made, 'performer', performer);
  const specimen = specimenOf(entry, conversion);
  fill(made, 'specimen', specimen && [specimen]);
  if (results.length > 0) fill(made, 'result', asReferences(results));
  return [made, ...results];
};

/** The time of a report that has none of its own: that of its results, if they agree. */
function sharedTime(results: readonly Resource[]): unknown {
  const times = new Set(results.map(({ effectiveDateTime }) => effectiveDateTime));
  return times.size === 1 ? [...times][0] : undefined;
}

/** Vital Signs Organizer and other panels: an observation that has the others as members. */
export const panel: EntryRule = (entry, section, conversion) => {
  const made = begin('Observation', entry, conversion);
  fill(made, 'category', categoryOf(section));
  fill(made, 'status', mappedStatus(entry, observationStatuses, 'unknown', conversion));
  fill(made, 'code', codeOf(entry, conversion));
  inVisit(made, conversion);
  const { point, period } = timeSpan(entry.child('effectiveTime'), conversion);
  const { author } = authorship(entry, conversion);
  const members = membersOf(entry, section, conversion);
  if (period === undefined) fill(made, 'effectiveDateTime', point ?? sharedTime(members));
  else fill(made, 'effectivePeriod', period);
  if (author !== undefined) fill(made, 'performer', [author]);
  if (members.length > 0) fill(made, 'hasMember', asReferences(members));
  return [made, ...members];
};

/** As {@link panel}, in the category of vital signs wherever it stands. */
export const vitalSigns: EntryRule = (entry, _section, conversion) =>
  panel(entry, { code: '8716-3' }, conversion);
