import type { XmlElement } from '../../../formats/xml/element.ts';
import type { Element, Resource } from '../resource.ts';
import { fill } from '../resource.ts';
import { Conversion } from './conversion.ts';
import type { CdaIssue, CdaSettings } from './conversion.ts';
import { attachmentOf } from './entries/care.ts';
import { actOf, asReferences, isAct } from './entries/entry.ts';
import type { Section } from './entries/entry.ts';
import { mapHeader, mapPatient } from './header.ts';
import { orNone, party } from './parties.ts';
import { sectionCode, unreadOf } from './place.ts';
import { ruleFor } from './templates.ts';
import { xhtml } from './narrative.ts';
import { concept, plain } from './values.ts';

/** What became of one document, or of a fragment of one. */
export interface ConvertedCda {
  /** LOINC code of the document; of the first section in a fragment. */
  type: string | undefined;
  /** References are `Type/id` among them. */
  resources: Resource[];
  /** Places of populated input that no rule touched. */
  unread: string[];
  issues: CdaIssue[];
  /** Why nothing was made of it. */
  refused?: 'cda-no-patient' | 'cda-nothing-clinical';
}

/** The file as it came, to be kept beside what was made of it. */
export interface OriginalFile {
  bytes: Uint8Array;
}

/**
 * Convert a clinical document by the C-CDA on FHIR guide, and by our own rules where it has none.
 * Nothing is thrown for what it holds: what no rule understands is in `unread`, what could not be
 * carried as it stands in `issues`. The header's words and every section's narrative are kept in a
 * Composition, the file itself in a DocumentReference.
 */
export function convertCda(
  roots: readonly XmlElement[],
  original: OriginalFile | undefined,
  settings: CdaSettings,
): ConvertedCda {
  const conversion = new Conversion(roots, settings);
  const [root] = roots as [XmlElement];
  const nothing = { type: undefined, resources: [], unread: [], issues: [] };
  const isDocument = root.name === 'ClinicalDocument';
  if (isDocument ? !mapPatient(root, conversion) : settings.subject === undefined) {
    return { ...nothing, refused: 'cda-no-patient' };
  }
  if (isDocument) mapDocument(root, original, conversion);
  else for (const each of roots) mapFragment(each, conversion);
  if (conversion.resources.length === 0) return { ...nothing, refused: 'cda-nothing-clinical' };
  return {
    type: isDocument ? root.child('code')?.peek('code') : undefined,
    resources: conversion.resources,
    unread: unreadOf(roots),
    issues: conversion.issues,
  };
}

function mapDocument(
  document: XmlElement,
  original: OriginalFile | undefined,
  conversion: Conversion,
): void {
  const { composition, reference } = mapHeader(document, conversion);
  const body = document.at('component', 'structuredBody');
  const sections = (body?.all('component') ?? [])
    .map((each) => each.child('section'))
    .filter((each) => each !== undefined)
    .map((each) => mapSection(each, conversion));
  fill(composition, 'section', orNone(sections));
  const bare = document.at('component', 'nonXMLBody', 'text');
  const content = bare === undefined ? [] : [{ attachment: attachmentOf(bare, conversion) }];
  if (original !== undefined) {
    const data = Buffer.from(original.bytes).toString('base64');
    content.push({ attachment: { contentType: 'text/xml', data } });
  }
  fill(reference, 'content', orNone(content) ?? [{ attachment: { contentType: 'text/xml' } }]);
}

/** A section with its narrative, its entries and the sections inside it, as one of a Composition. */
function mapSection(section: XmlElement, conversion: Conversion): Element {
  const text = section.child('text');
  const title = section.child('title');
  const entries = section.all('entry').flatMap((entry) => mapEntry(entry, section, conversion));
  const inner = section
    .all('component')
    .map((each) => each.child('section'))
    .filter((each) => each !== undefined)
    .map((each) => mapSection(each, conversion));
  for (const author of section.all('author')) party(author.child('assignedAuthor'), conversion);
  const made: Element = {};
  fill(made, 'title', title && plain(title.text));
  fill(made, 'code', concept(section.child('code'), conversion));
  const absent = section.attribute('nullFlavor');
  if (text !== undefined) {
    fill(made, 'text', { status: 'generated', div: xhtml(text) });
    text.readWhole();
  }
  fill(made, 'entry', orNone(asReferences(entries)));
  if (entries.length === 0 && absent !== undefined) fill(made, 'emptyReason', emptyReason(absent));
  fill(made, 'section', orNone(inner));
  section.all('id').forEach((id) => id.readWhole());
  return made;
}

function emptyReason(nullFlavor: string): Element {
  const system = 'http://terminology.hl7.org/CodeSystem/list-empty-reason';
  const code = { NASK: 'notasked', MSK: 'withheld', NAV: 'unavailable' }[nullFlavor];
  return { coding: [{ system, code: code ?? 'unavailable' }] };
}

function mapEntry(
  wrapper: XmlElement,
  section: XmlElement | undefined,
  conversion: Conversion,
): readonly Resource[] {
  const act = actOf(wrapper);
  return act === undefined
    ? []
    : mapAct(act, { code: section && sectionCode(section) }, conversion);
}

function mapAct(act: XmlElement, section: Section, conversion: Conversion): readonly Resource[] {
  const chosen = ruleFor(act, section);
  if (chosen === undefined || !chosen.byTemplate) conversion.issue('template-unknown', act);
  // Somebody else's than the patient's: family history has its own rule, and asks for it itself.
  const other = act.at('subject', 'relatedSubject');
  if (other !== undefined && act.name !== 'organizer') {
    conversion.issue('subject-other', act);
    return [];
  }
  return chosen?.rule(act, section, conversion) ?? [];
}

/** A part of a document that was cut out of it: sections, entries and acts wherever they stand. */
function mapFragment(element: XmlElement, conversion: Conversion): void {
  if (element.name === 'section') {
    const composition = conversion.make('Composition', element);
    fill(composition, 'status', 'final');
    fill(composition, 'type', { text: 'Part of a clinical document' });
    fill(composition, 'subject', conversion.subject);
    fill(composition, 'title', 'Part of a clinical document');
    fill(composition, 'section', [mapSection(element, conversion)]);
  } else if (isAct(element)) mapAct(element, { code: undefined }, conversion);
  else for (const each of element.elements()) mapFragment(each, conversion);
}
