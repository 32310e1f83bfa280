import type { XmlElement } from '../../../../formats/xml/element.ts';
import type { Element, Reference, Resource } from '../../resource.ts';
import { add, fill, referenceTo } from '../../resource.ts';
import type { Conversion } from '../conversion.ts';
import { orNone } from '../parties.ts';
import { concept, entryText, identifiers, words } from '../values.ts';

/** Where an entry stands: the code of its section (LOINC), if it has one. */
export interface Section {
  code: string | undefined;
}

/** Makes what an entry says; the first resource is the one that the entry itself is. */
export type EntryRule = (
  entry: XmlElement,
  section: Section,
  conversion: Conversion,
) => readonly Resource[];

/** A resource of that entry, with its ids and the patient. */
export function begin(type: string, entry: XmlElement, conversion: Conversion): Resource {
  const made = conversion.make(type, entry);
  fill(made, 'identifier', orNone(identifiers(entry)));
  fill(made, patientTypes.has(type) ? 'patient' : 'subject', conversion.subject);
  return made;
}

const patientTypes = new Set([
  'AllergyIntolerance',
  'Immunization',
  'FamilyMemberHistory',
  'Consent',
  'Device',
]);

/** Whether the entry says that something is not so. */
export function isNegated(entry: XmlElement): boolean {
  return entry.attribute('negationInd') === 'true';
}

/** `EVN` is what happened; all others are wishes, orders and plans. */
export function isPlanned(entry: XmlElement): boolean {
  return (entry.attribute('moodCode') ?? 'EVN') !== 'EVN';
}

export function statusOf(entry: XmlElement): string {
  return entry.child('statusCode')?.attribute('code') ?? '';
}

/** Code and state of an entry whose template leaves no choice of them: nothing to carry. */
export function settle(entry: XmlElement | undefined): void {
  entry?.child('code')?.readWhole();
  entry?.child('statusCode')?.readWhole();
}

/** The status by a table; one that has no counterpart is told. */
export function mappedStatus(
  entry: XmlElement,
  table: Readonly<Record<string, string>>,
  otherwise: string,
  conversion: Conversion,
): string {
  const status = statusOf(entry);
  const mapped = table[status];
  if (mapped === undefined && status !== '') {
    conversion.issue('code-unmapped', entry.child('statusCode') as XmlElement);
  }
  return mapped ?? otherwise;
}

/** Entries inside an entry that are of one of these templates, or of one of these kinds of act. */
export function related(entry: XmlElement, ...templates: readonly string[]): XmlElement[] {
  return entry
    .all('entryRelationship')
    .map(actOf)
    .filter((each) => each !== undefined && templates.some((root) => hasTemplate(each, root)))
    .filter((each) => each !== undefined);
}

const acts = new Set([
  'act',
  'encounter',
  'observation',
  'observationMedia',
  'organizer',
  'procedure',
  'regionOfInterest',
  'substanceAdministration',
  'supply',
]);

/** The act in an entry, an entryRelationship or a component. */
export function actOf(wrapper: XmlElement): XmlElement | undefined {
  for (const each of wrapper.content) {
    if (typeof each !== 'string' && acts.has(each.name)) return each;
  }
  return undefined;
}

export function isAct(element: XmlElement): boolean {
  return acts.has(element.name);
}

/** Whether the element conforms to that template, in any of its versions. */
export function hasTemplate(element: XmlElement, root: string): boolean {
  return element.content.some(
    (each) => typeof each !== 'string' && each.name === 'templateId' && each.peek('root') === root,
  );
}

export function templatesOf(element: XmlElement): string[] {
  return element.all('templateId').map((each) => each.peek('root') ?? '');
}

/** Code of an act, in its own words where it has no code, else in those of the entry. */
export function codeOf(entry: XmlElement, conversion: Conversion): Element {
  return conceptOr(entry.child('code'), entry, conversion);
}

/** A concept, or the words of the entry where it is null: an entry without a code is kept as text. */
export function conceptOr(
  element: XmlElement | undefined,
  entry: XmlElement,
  conversion: Conversion,
): Element {
  const found = concept(element, conversion);
  if (found !== undefined) return found;
  return { text: entryText(entry, conversion) ?? 'unknown' };
}

/** Comments on an entry (Comment Activity, and IHE's and C32's of the same) as its notes. */
export function addNotes(made: Resource, entry: XmlElement, conversion: Conversion): void {
  for (const comment of related(entry, ...comments)) {
    settle(comment);
    const text = comment.child('text');
    const said = text === undefined ? undefined : words(text, conversion);
    if (said !== undefined) add(made, 'note', { text: said });
  }
}

const comments = [
  '2.16.840.1.113883.10.20.22.4.64',
  '2.16.840.1.113883.10.20.1.40',
  '1.3.6.1.4.1.19376.1.5.3.1.4.2',
];

/** What it was done for: Indication, and IHE's internal references are not followed. */
export function indications(entry: XmlElement, conversion: Conversion): Element[] {
  return related(entry, '2.16.840.1.113883.10.20.22.4.19').map((indication) => {
    settle(indication);
    return conceptOr(indication.child('value'), indication, conversion);
  });
}

export function inVisit(made: Resource, conversion: Conversion): void {
  fill(made, 'encounter', conversion.encounter);
}

export function asReferences(resources: readonly Resource[]): Reference[] {
  return resources.map(referenceTo);
}
