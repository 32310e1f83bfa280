import { hash } from 'node:crypto';
import {
  canonicalJson,
  isJsonObject,
  parseJson,
  toJson,
  type JsonObject,
} from '../../base/json.ts';
import type { DocumentsBy } from '../shape.ts';
import { listedItem, type ListedItem } from './listedItem.ts';
import { documentPage } from './page.ts';

/** What a record would have become by itself. */
export interface DocumentItem {
  type: string;
  id: string;
  /** Canonical JSON. */
  body: string;
}

export interface DocumentDraft {
  type: string;
  id: string;
  body: string;
  references: readonly string[];
}

/** What documents of a mapping are of. */
export interface DocumentOf {
  /** The domain, as a title. */
  title: string;
  by: DocumentsBy;
}

export interface DocumentAbout extends DocumentOf {
  /** Which of its patient's documents it is, where there are several: see `part.ts`. */
  part?: string | undefined;
  /** How many records are in it, and how many belong to it and are held for review. */
  records: number;
  held?: number;
}

/** Names of the three resources of a document, which no mapping can give. */
export const landedNames = {
  reference: 'DocumentReference#landed',
  page: 'Binary#landed-page',
  items: 'Binary#landed-items',
} as const;

/**
 * The document that stands for a patient's items of one domain: a page to be read, the same items for
 * machines (a Bundle of the type `collection`, each resource as it would have been written by itself), and the
 * DocumentReference that leads to both. `problem`: nothing can be made, with the code of why.
 */
export function documentDrafts(
  about: DocumentAbout,
  items: readonly DocumentItem[],
  idOf: (name: string) => string,
): { drafts: readonly DocumentDraft[] } | { problem: string } {
  const read = items.map(({ type, id, body }) => {
    const resource = parseJson(body) as JsonObject;
    return { name: `${type}/${id}`, body, resource, listed: listedItem(resource) };
  });
  const subjects = new Set(read.flatMap(({ resource }) => patientOf(resource) ?? []));
  const [subject] = subjects;
  if (subjects.size !== 1 || subject === undefined) return { problem: 'landing-subject' };
  const listed = read
    .filter(({ resource }) => resource['resourceType'] !== 'Provenance')
    .toSorted(newestFirst)
    .map((one) => one.listed);
  const { held = 0 } = about;
  const title = titleOf(about);
  const counted = `${countOf(about.records)}${held === 0 ? '' : `; ${countOf(held)} held for review, not in here`}`;
  const page = documentPage(title, `${counted}. The newest first.`, listed);
  const bundle = bundleOf(read.toSorted((one, other) => (one.name < other.name ? -1 : 1)));
  if (bundle.length > largest) return { problem: 'landing-too-large' };
  const pageId = idOf(landedNames.page);
  const itemsId = idOf(landedNames.items);
  const binary = (id: string, contentType: string, text: string): DocumentDraft => {
    const data = Buffer.from(text).toString('base64');
    const securityContext = { reference: subject };
    return draft('Binary', id, { contentType, data, securityContext }, subject);
  };
  const attachment = (id: string, contentType: string, text: string): object => ({
    contentType,
    url: `Binary/${id}`,
    title,
    size: Buffer.byteLength(text),
    hash: hash('sha1', text, 'base64'),
  });
  const id = idOf(landedNames.reference);
  const content = [
    { attachment: attachment(pageId, pageType, page) },
    { attachment: attachment(itemsId, itemsType, bundle) },
  ];
  const type = { text: about.title };
  const period = periodOf(listed);
  const encounter = about.by === 'encounter' ? encounterOf(read) : undefined;
  const context = {
    ...(encounter !== undefined && { encounter: [{ reference: encounter }] }),
    ...(period && { period }),
  };
  const document = {
    status: 'current',
    // R4 DocumentReference.docStatus: it is to be completed.
    ...(held > 0 && { docStatus: 'preliminary' }),
    type,
    subject: { reference: subject },
    description: `${title}: ${counted}`,
    content,
    ...(Object.keys(context).length > 0 && { context }),
  };
  const referred = encounter === undefined ? [subject] : [subject, encounter];
  return {
    drafts: [
      { ...draft('DocumentReference', id, document, subject), references: referred },
      binary(pageId, pageType, page),
      binary(itemsId, itemsType, bundle),
    ],
  };
}

function countOf(records: number): string {
  return `${records} source ${records === 1 ? 'item' : 'items'}`;
}

/** `Results 2024`; without its patient's other documents just `Results`. */
function titleOf({ title, by, part }: DocumentAbout): string {
  if (part === undefined || (by === 'encounter' && part !== '')) return title;
  if (part !== '') return `${title} ${part}`;
  return `${title} ${by === 'year' ? 'without a date' : 'of no encounter'}`;
}

/** Characters of the items of one document: what is larger no server takes, and no one reads. */
const largest = 1 << 24;

const pageType = 'text/html';
const itemsType = 'application/fhir+json';

function draft(type: string, id: string, content: object, subject: string): DocumentDraft {
  const body = canonicalJson(toJson({ resourceType: type, id, ...content }));
  return { type, id, body, references: [subject] };
}

/** Bodies are canonical already, and so is what is put around them. */
function bundleOf(items: readonly { body: string }[]): string {
  const entries = items.map(({ body }) => `{"resource":${body}}`);
  return `{"entry":[${entries.join()}],"resourceType":"Bundle","type":"collection"}`;
}

/** R4 has the patient in one of these elements. */
function patientOf(resource: JsonObject): string | undefined {
  for (const element of ['subject', 'patient', 'beneficiary']) {
    const held = resource[element];
    const reference = isJsonObject(held) ? held['reference'] : undefined;
    if (typeof reference === 'string' && reference.startsWith('Patient/')) return reference;
  }
  return undefined;
}

/** The encounter that all items which name one are of. */
function encounterOf(items: readonly { resource: JsonObject }[]): string | undefined {
  const found = new Set<string>();
  for (const { resource } of items) {
    const { encounter } = resource;
    const reference = isJsonObject(encounter) ? encounter['reference'] : undefined;
    if (typeof reference === 'string') found.add(reference);
  }
  const [only] = found;
  return found.size === 1 ? only : undefined;
}

interface ReadItem {
  name: string;
  listed: ListedItem;
}

/** By the text of the date, items without any at the end; the name decides between equal ones. */
function newestFirst(one: ReadItem, other: ReadItem): number {
  const [a, b] = [one.listed.date, other.listed.date];
  if (a !== b) return a > b ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}

/** From the first day to the last, of those that have one. */
function periodOf(items: readonly ListedItem[]): { start: string; end: string } | undefined {
  const days = items.flatMap(({ date }) => /^\d{4}-\d\d-\d\d/.exec(date)?.[0] ?? []).toSorted();
  const [start, end] = [days[0], days.at(-1)];
  return start === undefined || end === undefined ? undefined : { start, end };
}
