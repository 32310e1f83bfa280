import { durableOperation } from '../../base/durableOperation.ts';
import { failureOf, HandoverError } from '../../base/errors.ts';
import { isJsonObject, JsonSyntaxError, parseJson } from '../../base/json.ts';
import type { JsonObject } from '../../base/json.ts';
import type { Receipt, Write } from '../../model/target.ts';
import { roundsOf } from '../embedded/writePlan.ts';
import { entryAnswers, plainAnswer, type EntryAnswer } from './answers.ts';
import { TargetResting } from './breaker.ts';
import { bundleText, type BundleEntry } from './bundleText.ts';
import type { ServerCapability } from './capability.ts';
import type { FhirClient, FhirReply } from './client.ts';
import { fateOf, refusalCode, type Fate } from './fate.ts';
import type { Lately } from './lately.ts';
import { levelsOf } from './ordering.ts';
import type { Reader, Seen } from './reader.ts';
import { taggedText, type Tag } from './storedForm.ts';
import { Suspects } from './suspects.ts';
import { etagOf, versionInEtag, versionInLocation, versionNumber } from './versions.ts';

export interface WriterParts {
  client: FhirClient;
  reader: Reader;
  lately: Lately;
  capability: ServerCapability;
  bundles: 'transaction' | 'batch' | 'none';
  entries: number;
  /** Bytes of one Bundle at most, unless one knot of resources alone is larger. */
  bundleBytes: number;
  tag: Tag | undefined;
  digest(data: Uint8Array): string;
}

/** What a FHIR server can be asked to do. */
export type PlainWrite = Write & { kind: 'put' | 'remove' };

/** A write that is to be sent. */
interface Order {
  place: number;
  write: PlainWrite;
  entry: BundleEntry;
  /** What we saw there when it was decided. */
  before: Seen;
}

interface Verdict {
  order: Order;
  fate: Fate;
  /** The answer was to this write alone, not to a Bundle as a whole. */
  alone?: boolean;
  answer?: EntryAnswer;
  askedMs?: number | undefined;
}

/** Times that a write is decided anew because somebody else was quicker. */
const mostLooks = 3;

/**
 * Writes as the Target seam says: look at what is there, decide, and send what is left to do under
 * the condition that it is still there. Every entry of an answer is looked into; where a server's
 * deed is not certain, the receipt says *ambiguous*.
 */
export class Writer {
  readonly #parts: WriterParts;
  readonly #suspects = new Suspects();

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /**
   * One receipt per write, in the same order.
   * @throws HandoverError when nothing was tried and trying again will not help.
   */
  async write(batch: readonly PlainWrite[], signal: AbortSignal): Promise<Receipt[]> {
    signal.throwIfAborted();
    const receipts: Receipt[] = Array.from({ length: batch.length });
    let tried = false;
    for (const round of roundsOf(batch)) {
      let left = round;
      for (let look = 1; left.length > 0; look++) {
        const orders = await this.#decide(batch, left, receipts, tried, signal);
        tried ||= orders.length > 0;
        const verdicts = await this.#carryOut(orders, signal);
        left = [];
        for (const verdict of verdicts) {
          const { place } = verdict.order;
          if (verdict.fate.state === 'overtaken' && look < mostLooks) left.push(place);
          else receipts[place] = this.#receipt(await this.#judge(verdict, signal));
        }
      }
    }
    return receipts;
  }

  /** What is to be sent; all else has its receipt. */
  async #decide(
    batch: readonly PlainWrite[],
    places: readonly number[],
    receipts: Receipt[],
    tried: boolean,
    signal: AbortSignal,
  ): Promise<Order[]> {
    const writes = places.map((place) => batch[place] as PlainWrite);
    let seen: Seen[];
    try {
      seen = await this.#look(writes, signal);
    } catch (error) {
      if (!tried && (signal.aborted || failureOf(error) === 'permanent')) throw error;
      const code = error instanceof HandoverError ? error.code : 'aborted';
      for (const place of places) {
        const { type, id } = batch[place] as PlainWrite;
        receipts[place] = { type, id, state: 'transient', code };
      }
      return [];
    }
    return places.flatMap((place, at) => {
      const decision = this.#decideOne(batch[place] as PlainWrite, seen[at] as Seen, place);
      if (!('state' in decision)) return [decision];
      receipts[place] = decision;
      return [];
    });
  }

  /** What stands there: as seen just now, or else by looking. */
  async #look(writes: readonly PlainWrite[], signal: AbortSignal): Promise<Seen[]> {
    const seen = writes.map((write) => this.#parts.lately.take(write));
    const unseen = writes.filter((_, at) => seen[at] === undefined);
    const looked = (await this.#parts.reader.read(unseen, signal)).values();
    return seen.map((one) => one ?? (looked.next().value as Seen));
  }

  #decideOne(write: PlainWrite, before: Seen, place: number): Order | Receipt {
    const { capability } = this.#parts;
    const able = capability.types.get(write.type);
    const resource = write.kind === 'put' ? described(write) : undefined;
    if (write.kind === 'put') {
      if (resource === undefined) return refused(write, 'body-invalid');
      const same = this.#parts.digest(write.body);
      if (before.state === 'present' && before.digest === same) return unchanged(write, before);
      if (able === undefined) return refused(write, 'type-unsupported');
      if (!able.takesIds) return refused(write, 'type-assigns-ids');
    } else if (before.state !== 'present') return unchanged(write, before);
    const version = before.state === 'absent' ? 0 : before.version;
    if (write.ifVersion !== undefined && write.ifVersion !== version) {
      return refused(write, 'version-differs');
    }
    const entry = this.#entry(write, resource, before, able?.versions === true);
    return { place, write, entry, before };
  }

  #entry(
    write: Order['write'],
    resource: JsonObject | undefined,
    before: Seen,
    versioned: boolean,
  ): BundleEntry {
    const url = `${write.type}/${write.id}`;
    // What was removed may be put back without a condition: few servers keep its version.
    const conditional = before.state === 'present' || write.ifVersion !== undefined;
    const ifMatch =
      versioned && conditional && before.versionId !== undefined
        ? { ifMatch: etagOf(before.versionId) }
        : {};
    if (write.kind === 'remove') return { method: 'DELETE', url, ...ifMatch };
    const { tag } = this.#parts;
    const body = tag && resource ? taggedText(resource, tag) : write.body;
    const ifNoneMatch = before.state === 'absent' ? { ifNoneMatch: '*' } : {};
    return { method: 'PUT', url, body, ...ifMatch, ...ifNoneMatch };
  }

  /** Referents first; what does not depend on each other goes at once. */
  async #carryOut(orders: readonly Order[], signal: AbortSignal): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    const referring = orders.map(({ entry }) => ({ name: entry.url, body: entry.body }));
    for (const level of orders.length === 0 ? [] : levelsOf(referring)) {
      const groups = this.#groups(level.map((knot) => knot.map((at) => orders[at] as Order)));
      const done = await Promise.all(groups.map((group) => this.#sendGroup(group, signal)));
      verdicts.push(...done.flat());
    }
    return verdicts;
  }

  /** Cut a level into Bundles of bounded size; a knot is not cut unless it alone is too large. */
  #groups(knots: readonly (readonly Order[])[]): Order[][] {
    const { entries, bundleBytes, bundles } = this.#parts;
    const groups: Order[][] = [];
    let [bytes, limit] = [0, 0];
    for (const knot of knots) {
      const sizes = knot.map(({ entry }) => this.#suspects.bundleSize(entry.url, entries));
      const most = bundles === 'none' ? 1 : Math.min(...sizes);
      const size = knot.reduce((sum, { entry }) => sum + (entry.body?.length ?? 0), 0);
      const current = most === limit ? groups.at(-1) : undefined;
      const fits = current && current.length + knot.length <= most && bytes + size <= bundleBytes;
      if (fits) {
        current.push(...knot);
        bytes += size;
      } else {
        for (let at = 0; at < knot.length; at += most) groups.push(knot.slice(at, at + most));
        [bytes, limit] = [size, most];
      }
    }
    return groups;
  }

  #sendGroup(group: readonly Order[], signal: AbortSignal): Promise<Verdict[]> {
    const { bundles } = this.#parts;
    if (group.length === 1 || bundles === 'none') return this.#sendEach(group, signal);
    return this.#sendBundle(group, bundles, signal);
  }

  /**
   * Send a Bundle. One that is refused as a whole did nothing: a transaction is tried as a batch, in
   * which each entry stands for itself; a batch is cut in halves, down to the entry that spoils it.
   */
  async #sendBundle(
    group: readonly Order[],
    kind: 'transaction' | 'batch',
    signal: AbortSignal,
  ): Promise<Verdict[]> {
    const body = bundleText(
      kind,
      group.map(({ entry }) => entry),
    );
    const sent = await this.#send({ method: 'POST', at: '', headers: minimal, body }, signal);
    if ('fate' in sent) return group.map((order) => ({ order, ...sent }));
    const { reply } = sent;
    const whole = fateOf(reply.status, undefined, reply.askedMs !== undefined);
    if (whole.state === 'done') return entryVerdicts(group, kind, reply);
    if (whole.state === 'transient' || whole.state === 'ambiguous') {
      const verdict = { fate: whole, askedMs: reply.askedMs, answer: plainAnswer(reply) };
      return group.map((order) => ({ order, ...verdict }));
    }
    if (kind === 'transaction' && reply.status !== 413 && this.#parts.capability.batch) {
      return this.#sendBundle(group, 'batch', signal);
    }
    if (reply.status === 403) return group.map((order) => ({ order, fate: notAllowed }));
    const middle = group.length >> 1;
    const first = await this.#sendGroup(group.slice(0, middle), signal);
    return [...first, ...(await this.#sendGroup(group.slice(middle), signal))];
  }

  async #sendEach(group: readonly Order[], signal: AbortSignal): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const order of group) {
      const { method, url: at, body, ifMatch, ifNoneMatch } = order.entry;
      const headers = {
        ...minimal,
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
      };
      const sent = await this.#send({ method, at, headers, ...(body && { body }) }, signal);
      if ('fate' in sent) verdicts.push({ order, ...sent });
      else {
        const { askedMs } = sent.reply;
        verdicts.push(verdictOf(order, plainAnswer(sent.reply), askedMs));
      }
    }
    return verdicts;
  }

  async #send(
    request: Parameters<FhirClient['send']>[0],
    signal: AbortSignal,
  ): Promise<{ reply: FhirReply } | { fate: Fate; askedMs: number | undefined }> {
    try {
      const send = (): Promise<FhirReply> => this.#parts.client.send(request, signal);
      return { reply: await durableOperation('target.write', send) };
    } catch (error) {
      const code = error instanceof HandoverError ? error.code : 'aborted';
      // What is no answer and no known failure (an abort) leaves the question open.
      const known = error instanceof HandoverError && error.failure !== 'ambiguous';
      const askedMs = error instanceof TargetResting ? error.restMs : undefined;
      return { fate: { state: known ? 'transient' : 'ambiguous', code }, askedMs };
    }
  }

  /**
   * A server's own 500 for one resource alone, time and again while others succeed, is a refusal, if
   * a last look shows that nothing came of it.
   */
  async #judge(verdict: Verdict, signal: AbortSignal): Promise<Verdict> {
    const { order, fate, answer, alone = false } = verdict;
    const name = order.entry.url;
    if (fate.state === 'done') this.#suspects.succeeded(name);
    // Without an outcome it is a gateway that speaks.
    if (answer?.status !== 500 || answer.outcome === undefined) return verdict;
    if (!this.#suspects.failed(name, alone)) return verdict;
    const [now] = await this.#parts.reader.read([order.write], signal).catch(() => []);
    if (now === undefined || !isSame(now, order.before)) return verdict;
    this.#suspects.clear(name);
    return { ...verdict, fate: { state: 'refused', code: refusalCode(500, answer.outcome) } };
  }

  #receipt({ order, fate, answer, askedMs }: Verdict): Receipt {
    const { type, id } = order.write;
    switch (fate.state) {
      case 'done':
        return this.#delivered(order, answer as EntryAnswer);
      case 'transient':
        return {
          type,
          id,
          state: 'transient',
          code: fate.code,
          ...(askedMs !== undefined && { retryAfterMs: askedMs }),
        };
      case 'ambiguous':
        return { type, id, state: 'ambiguous', code: fate.code };
      case 'overtaken':
      case 'refused':
        return refused(order.write, fate.code);
    }
  }

  /**
   * The digest is that of what was sent: what the server made of it is for `verify` to say. A put
   * whose answer does not tell the version is asked about.
   */
  #delivered({ write, before }: Order, answer: EntryAnswer): Receipt {
    const { type, id } = write;
    const told = versionInEtag(answer.etag) ?? versionInLocation(answer.location);
    const was = before.state === 'absent' ? 0 : before.version;
    if (write.kind === 'remove') {
      const version = told === undefined ? was + 1 : versionNumber(told);
      return { type, id, state: 'delivered', version, digest: '', unchanged: false };
    }
    if (told === undefined) return { type, id, state: 'ambiguous', code: 'version-unknown' };
    const version = versionNumber(told);
    const digest = this.#parts.digest(write.body);
    return { type, id, state: 'delivered', version, digest, unchanged: version === was };
  }
}

const minimal = { prefer: 'return=minimal' };

/** The whole Bundle was forbidden: that is said of the token, not of any record. */
const notAllowed: Fate = { state: 'transient', code: 'target-denied' };

const cutShort: Fate = { state: 'ambiguous', code: 'answer-unreadable' };

function entryVerdicts(
  group: readonly Order[],
  kind: 'transaction' | 'batch',
  reply: FhirReply,
): Verdict[] {
  const answers = entryAnswers(reply, kind, group.length);
  return group.map((order, at) => {
    const answer = answers?.[at];
    return answer === undefined
      ? { order, fate: cutShort }
      : verdictOf(order, answer, reply.askedMs);
  });
}

function verdictOf(order: Order, answer: EntryAnswer, askedMs: number | undefined): Verdict {
  const { status, outcome, location } = answer;
  const fate = fateOf(status, outcome, askedMs !== undefined);
  // An answer about another resource is no answer about this one.
  if (fate.state === 'done' && !isAbout(location, order.entry.url))
    return { order, fate: cutShort };
  const gone = order.write.kind === 'remove' && (status === 404 || status === 410);
  return { order, fate: gone ? { state: 'done' } : fate, answer, askedMs, alone: true };
}

function isSame(one: Seen, other: Seen): boolean {
  if (one.state === 'absent' || other.state === 'absent') return one.state === other.state;
  return one.state === other.state && one.version === other.version;
}

function isAbout(location: string | undefined, name: string): boolean {
  if (location === undefined) return true;
  const plain = location.replace(/\/_history\/.*$/, '');
  return plain === name || plain.endsWith(`/${name}`);
}

/** The body, when it is the resource that the write names. */
function described({ type, id, body }: Write & { kind: 'put' }): JsonObject | undefined {
  try {
    const resource = parseJson(body.toString());
    if (!isJsonObject(resource)) return undefined;
    return resource['resourceType'] === type && resource['id'] === id ? resource : undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined;
    throw error;
  }
}

function unchanged({ type, id }: Write, seen: Seen): Receipt {
  const version = seen.state === 'absent' ? 0 : seen.version;
  const digest = seen.state === 'present' ? seen.digest : '';
  return { type, id, state: 'delivered', version, digest, unchanged: true };
}

function refused({ type, id }: Write, code: string): Receipt {
  return { type, id, state: 'refused', code };
}
