import { hash } from 'node:crypto';
import {
  canonicalJson,
  isJsonObject,
  parseJson,
  toJson,
  type JsonObject,
} from '../../base/json.ts';
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
  { title, records }: { title: string; records: number },
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
  const counted = `${records} source ${records === 1 ? 'item' : 'items'}`;
  const page = documentPage(title, `${counted}, the newest first.`, listed);
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
  const type = { text: title };
  const period = periodOf(listed);
  const document = {
    status: 'current',
    type,
    subject: { reference: subject },
    description: `${title}: ${counted}`,
    content,
    ...(period && { context: { period } }),
  };
  return {
    drafts: [
      draft('DocumentReference', id, document, subject),
      binary(pageId, pageType, page),
      binary(itemsId, itemsType, bundle),
    ],
  };
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
