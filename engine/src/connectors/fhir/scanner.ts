import { decodeBase32 } from '../../base/base32.ts';
import { exitCodes, HandoverError } from '../../base/errors.ts';
import { isJsonObject } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Stored, StoredBatch } from '../../model/target.ts';
import { resourceIn, unreadable } from './answers.ts';
import type { ServerCapability } from './capability.ts';
import type { FhirClient } from './client.ts';
import type { FhirConfiguration } from './configuration.ts';
import type { Reader } from './reader.ts';

export interface ScannerParts {
  client: FhirClient;
  reader: Reader;
  capability: ServerCapability;
  ours: FhirConfiguration['ours'];
  /** Resources of one page at most. */
  entries: number;
}

/** A page of a search and where the next one is. */
interface Page {
  resources: Stored[];
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
  const types = scannedTypes(parts.capability);
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

/** Types that can have been written, in order. What cannot be searched cannot be scanned. */
function scannedTypes({ types }: ServerCapability): string[] {
  return [...types]
    .filter(([, { takesIds, search }]) => takesIds && search)
    .map(([type]) => type)
    .toSorted();
}

function cursorOf(after: string | undefined): { type: string; next: string } {
  const space = after?.indexOf(' ') ?? -1;
  if (after === undefined || space === -1) return { type: '', next: '' };
  return { type: after.slice(0, space), next: after.slice(space + 1) };
}

function firstPage({ ours, entries }: ScannerParts, type: string): string {
  const count = `${type}?_count=${entries}`;
  return typeof ours === 'string' ? count : `${count}&_tag=${encodeURIComponent(ours.tag)}`;
}

async function readPage(
  { client, reader, ours }: ScannerParts,
  type: string,
  at: string,
  signal: AbortSignal,
): Promise<Page> {
  const reply = await client.ask({ method: 'GET', at }, signal);
  if (reply.status >= 400) throw scanRefused(type, reply.status);
  const bundle = resourceIn(reply, 'Bundle');
  if (bundle?.['type'] !== 'searchset') throw unreadable('search');
  const entries = Array.isArray(bundle['entry']) ? bundle['entry'] : [];
  const resources = entries.flatMap((entry): Stored[] => {
    const resource = matchIn(entry, type);
    const id = resource?.['id'];
    if (resource === undefined || typeof id !== 'string') return [];
    if (ours === 'ids' && !isStableId(id)) return [];
    const seen = reader.present({ type, id }, resource);
    return seen?.state === 'present' ? [headOf(seen)] : [];
  });
  return { resources, next: nextIn(bundle) };
}

function headOf({ type, id, version, digest }: Stored & { state: 'present' }): Stored {
  return { type, id, state: 'present', version, digest };
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

/** The form of the ids that Handover gives: 16 bytes in 26 characters of base32. */
function isStableId(id: string): boolean {
  return id.length === 26 && decodeBase32(id) !== undefined;
}

function scanRefused(type: string, status: number): HandoverError {
  return new HandoverError('scan-refused', `The target refused to search ${type} (${status}).`, {
    exitCode: exitCodes.unavailable,
    next: 'Allow Handover to search every type it writes, or set `ours` to a tag it can search by.',
  });
}
