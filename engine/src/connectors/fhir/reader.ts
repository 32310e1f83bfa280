import { exitCodes, failureOf, HandoverError } from '../../base/errors.ts';
import type { JsonObject } from '../../base/json.ts';
import { isJsonObject } from '../../base/json.ts';
import type { Stored, TargetId } from '../../model/target.ts';
import { entryAnswers, plainAnswer, resourceIn, type EntryAnswer } from './answers.ts';
import { bundleText } from './bundleText.ts';
import type { ServerCapability } from './capability.ts';
import { denied, type FhirClient } from './client.ts';
import { storedText, type Tag } from './storedForm.ts';
import { versionInEtag, versionNumber } from './versions.ts';

/** A resource as the server has it, with the version id by which it is to be addressed. */
export type Seen = Stored & { versionId?: string };

export interface ReaderParts {
  client: FhirClient;
  capability: ServerCapability;
  /** Entries of one Bundle at most. */
  entries: number;
  tag: Tag | undefined;
  digest(data: Uint8Array): string;
}

/**
 * Reads by id, many at a time. Not by search: the index of a search may lag behind what was written,
 * and this is what an ambiguous write is settled by.
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
    const { capability } = this.#parts;
    const found = new Map<string, Seen>();
    let wanted = new Map<string, TargetId>();
    for (const { type, id } of ids) {
      if (capability.types.has(type)) wanted.set(`${type}/${id}`, { type, id });
      else found.set(`${type}/${id}`, { type, id, state: 'absent' });
    }
    for (let attempt = 1; wanted.size > 0; attempt++) {
      await this.#round([...wanted.values()], found, signal);
      wanted = new Map([...wanted].filter(([name]) => !found.has(name)));
      if (wanted.size > 0) await this.#parts.client.pause(attempt, undefined, signal);
    }
    return ids.map(({ type, id }) => found.get(`${type}/${id}`) as Seen);
  }

  async #round(
    ids: readonly TargetId[],
    found: Map<string, Seen>,
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
          const seen = await this.#seen(id, answer, signal);
          if (seen !== undefined) found.set(nameOf(id), seen);
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
  async #seen(
    { type, id }: TargetId,
    answer: EntryAnswer,
    signal: AbortSignal,
  ): Promise<Seen | undefined> {
    const { status, resource } = answer;
    if (status === 200) return resource && this.present({ type, id }, resource, answer.etag);
    if (status === 404) return { type, id, state: 'absent' };
    if (status === 410) {
      const versionId = versionInEtag(answer.etag) ?? (await this.#removal({ type, id }, signal));
      const version = versionId === undefined ? 0 : versionNumber(versionId);
      return { type, id, state: 'removed', version, ...(versionId && { versionId }) };
    }
    if (status === 401 || status === 403) throw denied();
    if (status >= 400 && status < 500 && status !== 408 && status !== 429)
      throw readRefused(status);
    return undefined;
  }

  /** What a resource that the server gave says of itself; undefined when it is another. */
  present(of: TargetId, resource: JsonObject, etag?: string): Seen | undefined {
    const { type, id } = of;
    if (!isOf(of, resource)) return undefined;
    const body = storedText(resource, this.#parts.tag);
    const { meta } = resource;
    const told = isJsonObject(meta) ? meta['versionId'] : undefined;
    const versionId = typeof told === 'string' ? told : versionInEtag(etag);
    // A server that keeps no versions has one of everything.
    const version = versionNumber(versionId ?? '1');
    const digest = this.#parts.digest(body);
    return { type, id, state: 'present', version, digest, body, ...(versionId && { versionId }) };
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
function isOf({ type, id }: TargetId, resource: JsonObject | undefined): boolean {
  return resource?.['resourceType'] === type && resource['id'] === id;
}

function nameOf({ type, id }: TargetId): string {
  return `${type}/${id}`;
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
