import { BundleIndex, listOf, restfulBase } from '../bundleIndex.ts';
import { isAbsolute } from '../primitives.ts';
import { isObject, type FhirJson, textOf } from '../fhirJson.ts';
import type { Walk } from '../walk.ts';

/** Bundles (R4 §2.36): the identity of each entry, and what a document or message must hold. */
export function bundleRule(bundle: FhirJson, walk: Walk): void {
  const entries = listOf(bundle['entry']);
  const type = textOf(bundle['type']);
  for (const [at, entry] of entries.entries()) {
    walk.enter('entry', at);
    identity(entry, type, walk);
    if (type === 'searchset') searchMode(entry, walk);
    walk.leave();
  }
  linksOnce(listOf(bundle['link']), walk);
  if (type === 'document') insideDocument(bundle, entries[0], walk);
  if (type === 'message') insideMessage(bundle, entries[0], walk);
}

/** The page itself and its neighbours (R4 §3.1.1.5): each is one page, so each is named once. */
const pageLinks = new Set(['self', 'first', 'previous', 'next', 'last']);

function linksOnce(links: readonly FhirJson[], walk: Walk): void {
  const told = new Set<unknown>();
  for (const [at, { relation }] of links.entries()) {
    if (told.has(relation) && pageLinks.has(textOf(relation))) {
      walk.enter('link', at);
      walk.error('bundle-link-repeated', 'relation');
      walk.leave();
    }
    told.add(relation);
  }
}

/** In these the server, or nobody, names what the entries are. */
const unnamed = new Set([
  'transaction',
  'batch',
  'transaction-response',
  'batch-response',
  'history',
]);

function identity({ fullUrl, resource, request }: FhirJson, type: string, walk: Walk): void {
  if (!isObject(resource)) return;
  const { id, resourceType } = resource;
  if (typeof fullUrl !== 'string') {
    const isNew = isObject(request) || unnamed.has(type);
    const isOutcome = resourceType === 'OperationOutcome' || resourceType === 'Parameters';
    if (!isNew && !isOutcome) walk.error('bundle-full-url', 'fullUrl');
    return;
  }
  if (!isAbsolute(fullUrl)) return walk.error('bundle-full-url-relative', 'fullUrl');
  if (!/^https?:/.test(fullUrl)) return;
  if (typeof id !== 'string') {
    const needsNone = unnamed.has(type) || resourceType === 'OperationOutcome';
    if (!needsNone) walk.error('bundle-entry-id', 'resource.id');
    return;
  }
  if (restfulBase(fullUrl) === undefined) return;
  const named = fullUrl.split('/').slice(-2).join('/');
  if (named !== `${textOf(resourceType)}/${id}`) walk.error('bundle-full-url-id', 'fullUrl');
}

/** R4 §3.1.1.3.1: outcomes are of the search, everything else of what was found. */
function searchMode({ search, resource }: FhirJson, walk: Walk): void {
  if (!isObject(search) || !isObject(resource) || search['mode'] === undefined) return;
  const isOutcome = resource['resourceType'] === 'OperationOutcome';
  if (isOutcome !== (search['mode'] === 'outcome')) walk.error('bundle-search-mode', 'search.mode');
}

/** What a composition speaks of stands in its document (R4 §3.3.1). */
function insideDocument(bundle: FhirJson, first: FhirJson | undefined, walk: Walk): void {
  const composition = first?.['resource'];
  if (!isObject(composition) || composition['resourceType'] !== 'Composition') {
    return walk.error('bundle-document', 'entry');
  }
  const paths = ['subject', 'encounter', 'author', 'attester.party', 'custodian', 'event.detail'];
  resolveAll(bundle, first, composition, paths, walk);
  for (const section of sectionsOf(composition, 0)) {
    resolveAll(bundle, first, section, ['author', 'focus', 'entry'], walk);
  }
}

function sectionsOf(holder: FhirJson, depth: number): FhirJson[] {
  if (depth > 50) return [];
  return listOf(holder['section']).flatMap((each) => [each, ...sectionsOf(each, depth + 1)]);
}

function insideMessage(bundle: FhirJson, first: FhirJson | undefined, walk: Walk): void {
  const header = first?.['resource'];
  if (!isObject(header) || header['resourceType'] !== 'MessageHeader') {
    return walk.error('bundle-message', 'entry');
  }
  resolveAll(bundle, first, header, ['focus'], walk);
}

function resolveAll(
  bundle: FhirJson,
  entry: FhirJson | undefined,
  holder: FhirJson,
  paths: readonly string[],
  walk: Walk,
): void {
  const index = new BundleIndex(bundle);
  const url = entry?.['fullUrl'];
  const fullUrl = typeof url === 'string' ? url : undefined;
  for (const path of paths) {
    for (const { reference } of referencesAt([holder], path.split('.'))) {
      if (typeof reference !== 'string' || reference.startsWith('#')) continue;
      if (index.resolve(reference, fullUrl) === undefined) {
        walk.enter('entry', 0);
        walk.error('bundle-reference', `resource.${path}`);
        walk.leave();
      }
    }
  }
}

function referencesAt(holders: readonly FhirJson[], path: readonly string[]): FhirJson[] {
  return path.reduce<readonly FhirJson[]>(
    (found, name) =>
      found.flatMap((each) =>
        Array.isArray(each[name]) ? listOf(each[name]) : listOf([each[name]]),
      ),
    holders,
  ) as FhirJson[];
}
