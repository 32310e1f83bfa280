import { exitCodes, failureOf, HandoverError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { canonicalJson, isJsonObject } from '../../base/json.ts';
import type { Stored, TargetId } from '../../model/target.ts';
import { entryAnswers, plainAnswer, resourceIn, unreadable, type EntryAnswer } from './answers.ts';
import { bundleText } from './bundleText.ts';
import type { ServerCapability } from './capability.ts';
import { denied, type FhirClient } from './client.ts';
import { nameOf, partsOf, referencesIn, relinked } from './linking.ts';
import type { OwnMark } from './ownMark.ts';
import type { ServerIds } from './serverIds.ts';
import { storedForm, withoutSource, type Tag } from './storedForm.ts';
import { versionInEtag, versionNumber } from './versions.ts';

/** A resource as the server has it, with the version id by which it is to be addressed. */
export type Seen = Stored & {
  versionId?: string;
  /** It stands there without some of its links, from a write that was not finished. */
  unlinked?: boolean;
  /** Digest without the `meta.source` that it has. */
  bareDigest?: string;
};

/** A resource as the server gave it, and whose it is. */
export interface Given {
  of: TargetId;
  resource: JsonObject;
  etag?: string | undefined;
}

/** What the server said of one id of its own. */
type Told =
  | { state: 'present'; resource: JsonObject; etag: string | undefined }
  | { state: 'removed'; versionId: string | undefined }
  | { state: 'absent' };

export interface ReaderParts {
  client: FhirClient;
  capability: ServerCapability;
  /** Entries of one Bundle at most. */
  entries: number;
  /** Put on every resource that is written, and taken off what is read. */
  tags: readonly Tag[];
  mark: OwnMark;
  /** Present when the server gives ids of its own. */
  serverIds: ServerIds | undefined;
  digest(data: Uint8Array): string;
}

/** Resources that one search by our mark asks for. */
const mostMarks = 40;

const absent: Told = { state: 'absent' };

/**
 * Reads by id, many at a time. Not by search, where it can be helped: the index of a search may lag
 * behind what was written, and this is what an ambiguous write is settled by. At a server that gives
 * ids of its own, what has none yet, or is no longer ours under the one it had, is searched by our mark.
 */
export class Reader {
  readonly #parts: ReaderParts;
  /** The server turned out to have no batches: one by one, then. */
  #single = false;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /**
   * One answer per id, in the same order.
   * @throws HandoverError `target-unavailable` (transient) when the tries are used up; `target-denied`;
   * `target-read-refused`.
   */
  async read(ids: readonly TargetId[], signal: AbortSignal): Promise<Seen[]> {
    const { serverIds } = this.#parts;
    const told = serverIds
      ? await this.#readGiven(serverIds, ids, signal)
      : await this.#readAt(ids, signal);
    const present = ids.flatMap((of, at): Given[] => {
      const one = told[at] ?? absent;
      return one.state === 'present' ? [{ of, resource: one.resource, etag: one.etag }] : [];
    });
    const seen = (await this.seen(present)).values();
    return ids.map(({ type, id }, at): Seen => {
      const one = told[at] ?? absent;
      if (one.state === 'present') return seen.next().value as Seen;
      if (one.state === 'absent') return { type, id, state: 'absent' };
      const { versionId } = one;
      const version = versionId === undefined ? 0 : versionNumber(versionId);
      return { type, id, state: 'removed', version, ...(versionId && { versionId }) };
    });
  }

  /** What resources that the server gave say of themselves, under our ids and as we wrote them. */
  async seen(all: readonly Given[]): Promise<Seen[]> {
    const { serverIds, mark } = this.#parts;
    if (serverIds === undefined) return all.map((one) => this.#asSeen(one, one.resource));
    const names = new Set<string>();
    for (const { resource } of all) referencesIn(resource, names);
    const ours = await serverIds.ours(names);
    return all.map((one) => {
      const plain = mark.plain({ ...one.resource, id: one.of.id });
      const ownName = (name: string): string => {
        const id = ours.get(name);
        return id === undefined ? name : nameOf({ ...partsOf(name), id });
      };
      const back = relinked(plain, {
        reference: (reference, name) => ({ ...reference, reference: ownName(name) }),
        address: ownName,
      });
      return this.#asSeen(one, back);
    });
  }

  #asSeen({ of: { type, id }, resource, etag }: Given, back: JsonObject): Seen {
    const { meta } = resource;
    const told = isJsonObject(meta) ? meta['versionId'] : undefined;
    const versionId = typeof told === 'string' ? told : versionInEtag(etag);
    const known = versionId && { versionId };
    if (this.#parts.mark.isUnlinked(resource)) {
      return { type, id, state: 'absent', unlinked: true, ...known };
    }
    const form = storedForm(back, this.#parts.tags);
    const body = Buffer.from(canonicalJson(form));
    const bare = withoutSource(form);
    const bareDigest = bare && this.#parts.digest(Buffer.from(canonicalJson(bare)));
    // A server that keeps no versions has one of everything.
    const version = versionNumber(versionId ?? '1');
    const digest = this.#parts.digest(body);
    const more = { ...(bareDigest && { bareDigest }), ...known };
    return { type, id, state: 'present', version, digest, body, ...more };
  }

  /** By the ids that the server gave; what has none, or is another's, is searched by our mark. */
  async #readGiven(
    serverIds: ServerIds,
    ids: readonly TargetId[],
    signal: AbortSignal,
  ): Promise<Told[]> {
    const { mark } = this.#parts;
    const given = await serverIds.given(ids.map(nameOf));
    const known = ids.filter((id) => given.has(nameOf(id)));
    const answers = await this.#readAt(
      known.map(({ type, id }) => ({ type, id: given.get(nameOf({ type, id })) as string })),
      signal,
    );
    const told = new Map<string, Told>();
    for (const [at, id] of known.entries()) {
      const answer = answers[at] ?? absent;
      const ours = answer.state === 'present' && mark.idOf(answer.resource) === id.id;
      if (ours || answer.state === 'removed') told.set(nameOf(id), answer);
    }
    const unknown = ids.filter((id) => !told.has(nameOf(id)));
    for (const { of, resource } of await this.#search(serverIds, unknown, signal)) {
      told.set(nameOf(of), { state: 'present', resource, etag: undefined });
    }
    return ids.map((id) => told.get(nameOf(id)) ?? absent);
  }

  /** Those of our resources that the server has under ids we do not know; they are known then. */
  async #search(
    serverIds: ServerIds,
    ids: readonly TargetId[],
    signal: AbortSignal,
  ): Promise<Given[]> {
    const found = new Map<string, Given>();
    const groups = [...Map.groupBy(ids, ({ type }) => type)].flatMap(([type, all]) => {
      const searched = this.#parts.capability.types.get(type)?.search === true ? all : [];
      const count = Math.ceil(searched.length / mostMarks);
      return Array.from({ length: count }, (_, at) => ({
        type,
        wanted: searched.slice(at * mostMarks, (at + 1) * mostMarks).map(({ id }) => id),
      }));
    });
    await allSettledOrThrow(
      groups.map(async ({ type, wanted }) => {
        for (const one of await this.#searchOnce(type, wanted, signal))
          found.set(nameOf(one.of), one);
      }),
    );
    const pairs = [...found.values()].map(({ of, resource }) => ({
      ...of,
      given: resource['id'] as string,
    }));
    await serverIds.learn(pairs);
    return [...found.values()];
  }

  /** Of two with the same mark the first is taken; the scan shows the other. */
  async #searchOnce(type: string, ids: readonly string[], signal: AbortSignal): Promise<Given[]> {
    const { client, mark } = this.#parts;
    const at = `${type}?${mark.criteria(type, ids)}&_count=${2 * mostMarks}`;
    const reply = await client.ask({ method: 'GET', at }, signal);
    if (reply.status >= 400) throw readRefused(reply.status);
    const bundle = resourceIn(reply, 'Bundle');
    if (bundle?.['type'] !== 'searchset') throw unreadable('search');
    const entries = Array.isArray(bundle['entry']) ? bundle['entry'] : [];
    const wanted = new Set(ids);
    const found = new Map<string, Given>();
    for (const entry of entries) {
      const resource = isJsonObject(entry) ? entry['resource'] : undefined;
      if (!isJsonObject(resource) || resource['resourceType'] !== type) continue;
      const id = mark.idOf(resource);
      if (id === undefined || !wanted.has(id) || found.has(id)) continue;
      if (typeof resource['id'] === 'string') found.set(id, { of: { type, id }, resource });
    }
    return [...found.values()];
  }

  /** Read by the server's own ids. */
  async #readAt(ids: readonly TargetId[], signal: AbortSignal): Promise<Told[]> {
    const { capability, client } = this.#parts;
    const found = new Map<string, Told>();
    let wanted = new Map<string, TargetId>();
    for (const { type, id } of ids) {
      if (capability.types.has(type)) wanted.set(nameOf({ type, id }), { type, id });
      else found.set(nameOf({ type, id }), absent);
    }
    for (let attempt = 1; wanted.size > 0; attempt++) {
      await this.#round([...wanted.values()], found, signal);
      wanted = new Map([...wanted].filter(([name]) => !found.has(name)));
      if (wanted.size > 0) await client.pause(attempt, undefined, signal);
    }
    return ids.map((id) => found.get(nameOf(id)) as Told);
  }

  async #round(
    ids: readonly TargetId[],
    found: Map<string, Told>,
    signal: AbortSignal,
  ): Promise<void> {
    const size = this.#parts.capability.batch && !this.#single ? this.#parts.entries : 1;
    const groups: TargetId[][] = [];
    for (let at = 0; at < ids.length; at += size) groups.push(ids.slice(at, at + size));
    await allSettledOrThrow(
      groups.map(async (group) => {
        const answers = await this.#answers(group, signal);
        for (const [at, answer] of (answers ?? []).entries()) {
          const id = group[at] as TargetId;
          const told = await this.#told(id, answer, signal);
          if (told !== undefined) found.set(nameOf(id), told);
        }
      }),
    );
  }

  /** Undefined when the answer could not be read as a whole: ask again. */
  async #answers(
    group: readonly TargetId[],
    signal: AbortSignal,
  ): Promise<EntryAnswer[] | undefined> {
    const { client } = this.#parts;
    const [first] = group as [TargetId];
    if (group.length === 1) {
      return [plainAnswer(await client.ask({ method: 'GET', at: nameOf(first) }, signal))];
    }
    const entries = group.map((id) => ({ method: 'GET', url: nameOf(id) }) as const);
    const body = bundleText('batch', entries);
    const reply = await client.ask({ method: 'POST', at: '', body }, signal);
    if (reply.status === 401 || reply.status === 403) throw denied();
    if (reply.status >= 400) {
      this.#single = true;
      return undefined;
    }
    const answers = entryAnswers(reply, 'batch', group.length);
    const mistaken = answers?.some(({ status, resource }, at) =>
      status === 200 ? !isOf(group[at] as TargetId, resource) : false,
    );
    return mistaken === true ? undefined : answers;
  }

  /** Undefined when the answer says nothing of the resource: ask again. */
  async #told(
    id: TargetId,
    { status, resource, etag }: EntryAnswer,
    signal: AbortSignal,
  ): Promise<Told | undefined> {
    if (status === 200)
      return isOf(id, resource) ? { state: 'present', resource, etag } : undefined;
    if (status === 404) return absent;
    if (status === 410) {
      const versionId = versionInEtag(etag) ?? (await this.#removal(id, signal));
      return { state: 'removed', versionId };
    }
    if (status === 401 || status === 403) throw denied();
    if (status >= 400 && status < 500 && status !== 408 && status !== 429)
      throw readRefused(status);
    return undefined;
  }

  /** Version id of a removal whose answer did not tell, from the history; undefined without one. */
  async #removal(id: TargetId, signal: AbortSignal): Promise<string | undefined> {
    const at = `${nameOf(id)}/_history?_count=1`;
    const reply = await this.#parts.client.ask({ method: 'GET', at }, signal);
    const entries = resourceIn(reply, 'Bundle')?.['entry'];
    const newest = Array.isArray(entries) ? entries[0] : undefined;
    const response = isJsonObject(newest) ? newest['response'] : undefined;
    const etag = isJsonObject(response) ? response['etag'] : undefined;
    return typeof etag === 'string' ? versionInEtag(etag) : undefined;
  }
}

/** An answer that holds another resource than the one asked for spoils all answers beside it. */
function isOf({ type, id }: TargetId, resource: JsonObject | undefined): resource is JsonObject {
  return resource?.['resourceType'] === type && resource['id'] === id;
}

/** All of them, and then the first failure: nothing goes on unseen behind a throw. */
export async function allSettledOrThrow(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failures = results.flatMap((one) =>
    one.status === 'rejected' ? [one.reason as unknown] : [],
  );
  if (failures.length === 0) return;
  throw failures.find((error) => failureOf(error) === 'permanent') ?? failures[0];
}

function readRefused(status: number): HandoverError {
  return new HandoverError('target-read-refused', `The target refused to read (${status}).`, {
    exitCode: exitCodes.unavailable,
    next: 'Check what its token allows: everything that is written must be read back.',
  });
}
