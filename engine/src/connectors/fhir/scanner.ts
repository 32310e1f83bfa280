import { exitCodes, HandoverError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Stored, StoredBatch } from '../../model/target.ts';
import { resourceIn, unreadable } from './answers.ts';
import type { ServerCapability } from './capability.ts';
import type { FhirClient } from './client.ts';
import type { FhirConfiguration } from './configuration.ts';
import { isStableId, nameOf } from './linking.ts';
import type { OwnMark } from './ownMark.ts';
import type { Given, Reader, Seen } from './reader.ts';
import type { ServerIds } from './serverIds.ts';
import { versionNumber } from './versions.ts';

export interface ScannerParts {
  client: FhirClient;
  reader: Reader;
  capability: ServerCapability;
  ours: FhirConfiguration['ours'];
  mark: OwnMark;
  /** Present when the server gives ids of its own. */
  serverIds: ServerIds | undefined;
  /** Resources of one page at most. */
  entries: number;
}

/** A page of a search and where the next one is. */
interface Page<One = Stored> {
  resources: One[];
  next: string | undefined;
}

/**
 * Everything of ours on the server, type by type, in the pages and the order of its search. The
 * cursor names the type and the page that follows; it lasts as long as the server keeps its pages.
 * A page that repeats what the one before held, as servers do that count pages while others write,
 * gives it once.
 * @throws HandoverError `scan-refused` when a type cannot be searched; and as `FhirClient.ask`.
 */
export async function* scanServer(
  parts: ScannerParts,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<StoredBatch> {
  const types = scannedTypes(parts);
  const { type: first, next: from } = cursorOf(after);
  for (const type of types.filter((one) => one > first || (one === first && from !== ''))) {
    let at: string | undefined = type === first && from !== '' ? from : firstPage(parts, type);
    let former = new Set<string>();
    while (at !== undefined) {
      signal.throwIfAborted();
      const page: Page = await readPage(parts, type, at, signal);
      if (page.next === at) throw unreadable('paging');
      const resources = page.resources.filter(({ id }) => !former.has(id));
      former = new Set(page.resources.map(({ id }) => id));
      at = page.next;
      if (resources.length > 0) yield { resources, cursor: `${type} ${at ?? ''}` };
    }
  }
}

/** Behind the last page: nothing follows. */
const end = 'end';

/**
 * Everything of one type that the server has, whoever made it, with bodies and under its own ids. The cursor is
 * the page that follows; it lasts as long as the server keeps its pages.
 * @throws HandoverError as {@link scanServer}.
 */
export async function* readServerType(
  parts: ScannerParts,
  type: string,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<StoredBatch> {
  const all: ScannerParts = { ...parts, ours: 'everything', serverIds: undefined };
  // A server that does not know the type has nothing of it.
  if (!all.capability.types.has(type)) return;
  let at = after === end ? undefined : (after ?? firstPage(all, type));
  const former = new Set<string>();
  while (at !== undefined) {
    signal.throwIfAborted();
    const page: Page<Seen> = await readSeen(all, type, at, signal);
    if (page.next === at) throw unreadable('paging');
    at = page.next;
    const resources = page.resources.flatMap((seen) => wholeOf(seen) ?? []);
    const fresh = resources.filter(({ id }) => !former.has(id));
    former.clear();
    for (const { id } of resources) former.add(id);
    yield { resources: fresh, cursor: at ?? end };
  }
}

function wholeOf(seen: Seen): Stored | undefined {
  if (seen.state !== 'present' || seen.body === undefined) return undefined;
  const { type, id, version, digest, body } = seen;
  return { type, id, state: 'present', version, digest, body };
}

/** Types that can have been written, in order. What cannot be searched cannot be scanned. */
function scannedTypes({ capability: { types }, serverIds }: ScannerParts): string[] {
  return [...types]
    .filter(
      ([, { takesIds, createsOnce, search }]) => (serverIds ? createsOnce : takesIds) && search,
    )
    .map(([type]) => type)
    .toSorted();
}

function cursorOf(after: string | undefined): { type: string; next: string } {
  const space = after?.indexOf(' ') ?? -1;
  if (after === undefined || space === -1) return { type: '', next: '' };
  return { type: after.slice(0, space), next: after.slice(space + 1) };
}

function firstPage({ ours, entries, mark, serverIds }: ScannerParts, type: string): string {
  const count = `${type}?_count=${entries}`;
  const marked = serverIds && ours === 'ids' ? mark.everything(type) : undefined;
  if (marked !== undefined) return `${count}&${marked}`;
  return typeof ours === 'string' ? count : `${count}&_tag=${encodeURIComponent(ours.tag)}`;
}

async function readPage(
  parts: ScannerParts,
  type: string,
  at: string,
  signal: AbortSignal,
): Promise<Page> {
  const { resources, next } = await readSeen(parts, type, at, signal);
  return { resources: resources.flatMap((one) => headOf(one) ?? []), next };
}

async function readSeen(
  parts: ScannerParts,
  type: string,
  at: string,
  signal: AbortSignal,
): Promise<Page<Seen>> {
  const reply = await parts.client.ask({ method: 'GET', at }, signal);
  if (reply.status >= 400) throw scanRefused(type, reply.status);
  const bundle = resourceIn(reply, 'Bundle');
  if (bundle?.['type'] !== 'searchset') throw unreadable('search');
  const entries = Array.isArray(bundle['entry']) ? bundle['entry'] : [];
  const matches = entries.flatMap((entry): JsonObject[] => {
    const match = matchIn(entry, type);
    return match === undefined ? [] : [match];
  });
  const given = parts.serverIds
    ? await ownedAt(parts, parts.serverIds, type, matches)
    : owned(parts.ours, type, matches);
  return { resources: await parts.reader.seen(given), next: nextIn(bundle) };
}

function owned(ours: FhirConfiguration['ours'], type: string, matches: JsonObject[]): Given[] {
  return matches.flatMap((resource): Given[] => {
    const { id } = resource;
    if (typeof id !== 'string' || (ours === 'ids' && !isStableId(id))) return [];
    return [{ of: { type, id }, resource }];
  });
}

/**
 * Whose a resource is at a server that gives ids of its own: ours by the mark. A second one with the
 * same mark, and what is counted as ours without one, stand under the server's id, which is no draft's.
 */
async function ownedAt(
  { ours, mark }: ScannerParts,
  serverIds: ServerIds,
  type: string,
  matches: JsonObject[],
): Promise<Given[]> {
  const marks = matches.map((resource) => mark.idOf(resource));
  const names = marks.flatMap((id) => (id === undefined ? [] : [nameOf({ type, id })]));
  const known = await serverIds.given(names);
  return matches.flatMap((resource, at): Given[] => {
    const own = resource['id'];
    const id = marks[at];
    if (typeof own !== 'string' || (id === undefined && ours === 'ids')) return [];
    const first = id !== undefined && known.get(nameOf({ type, id })) === own;
    return [{ of: { type, id: first ? id : own }, resource }];
  });
}

/** What is there in part is there: nobody else would see it. */
function headOf({ type, id, versionId, ...seen }: Seen): Stored | undefined {
  if (seen.state === 'removed') return undefined;
  if (seen.state === 'present') {
    return { type, id, state: 'present', version: seen.version, digest: seen.digest };
  }
  const version = versionNumber(versionId ?? '1');
  return seen.unlinked ? { type, id, state: 'present', version, digest: '' } : undefined;
}

/** A match: what else a page holds (outcomes, included resources) is not asked for. */
function matchIn(entry: Json, type: string): JsonObject | undefined {
  const { resource, search } = isJsonObject(entry) ? entry : {};
  const mode = isJsonObject(search) ? search['mode'] : undefined;
  if (mode !== undefined && mode !== 'match') return undefined;
  return isJsonObject(resource) && resource['resourceType'] === type ? resource : undefined;
}

function nextIn(bundle: JsonObject): string | undefined {
  const links = Array.isArray(bundle['link']) ? bundle['link'].filter(isJsonObject) : [];
  const url = links.find(({ relation }) => relation === 'next')?.['url'];
  return typeof url === 'string' ? url : undefined;
}

function scanRefused(type: string, status: number): HandoverError {
  return new HandoverError('scan-refused', `The target refused to search ${type} (${status}).`, {
    exitCode: exitCodes.unavailable,
    next: 'Allow Handover to search every type it writes, or set `ours` to a tag it can search by.',
  });
}
