import { durableOperation } from '../../base/durableOperation.ts';
import { HandoverError } from '../../base/errors.ts';
import { Addressing, callName, noLinks, type AddressingParts, type Links } from './addressing.ts';
import { plainAnswer } from './answers.ts';
import { TargetResting } from './breaker.ts';
import { bundleText } from './bundleText.ts';
import type { ServerCapability } from './capability.ts';
import type { FhirClient, FhirReply } from './client.ts';
import { fateOf, type Fate } from './fate.ts';
import { nameOf, referencesIn } from './linking.ts';
import { isThere, type Order } from './orders.ts';
import { levelsOf } from './ordering.ts';
import type { Suspects } from './suspects.ts';
import {
  createdIds,
  entryVerdicts,
  verdictOf,
  versionTold,
  type Ready,
  type Verdict,
} from './verdicts.ts';

export interface SenderParts extends AddressingParts {
  client: FhirClient;
  capability: ServerCapability;
  bundles: 'transaction' | 'batch' | 'none';
  entries: number;
  /** Bytes of one Bundle at most. */
  bundleBytes: number;
  /** Sent with every write. */
  headers: Readonly<Record<string, string>>;
  suspects: Suspects;
}

/** One call of {@link Sender.carryOut}: what became of each order so far, by name. */
interface Sending {
  fates: Map<string, Fate>;
  signal: AbortSignal;
}

/**
 * Sends orders, referents first; what does not depend on each other goes at once. Resources that refer
 * to each other in a circle go as one transaction, or else in two passes: without the links that lead
 * ahead, and then with them.
 */
export class Sender {
  readonly #parts: SenderParts;
  readonly #addressing: Addressing;

  constructor(parts: SenderParts) {
    this.#parts = parts;
    this.#addressing = new Addressing(parts);
  }

  async carryOut(orders: readonly Order[], signal: AbortSignal): Promise<Verdict[]> {
    if (orders.length === 0) return [];
    const sending: Sending = { fates: new Map(), signal };
    const verdicts: Verdict[] = [];
    const referring = orders.map(({ write }) => ({
      name: nameOf(write),
      body: write.kind === 'put' ? write.body : undefined,
    }));
    for (const level of levelsOf(referring)) {
      const knots = level.map((knot) => knot.map((at) => orders[at] as Order));
      const loose = knots.filter((knot) => !this.#isTied(knot)).flat();
      const tied = knots.filter((knot) => this.#isTied(knot));
      const done = await Promise.all([
        ...this.#groups(loose).map((group) => this.#sendGroup(group, sending)),
        ...tied.map((knot) => this.#sendKnot(knot, sending)),
      ]);
      for (const verdict of done.flat()) {
        verdicts.push(verdict);
        sending.fates.set(nameOf(verdict.order.write), verdict.fate);
      }
    }
    return verdicts;
  }

  /** What refers to itself cannot say so before the server has given it an id. */
  #isTied(knot: readonly Order[]): boolean {
    const [{ write, resource, before }] = knot as [Order];
    if (knot.length > 1) return true;
    if (this.#parts.serverIds === undefined || before.state === 'present') return false;
    return resource !== undefined && referencesIn(resource).has(nameOf(write));
  }

  /** Cut a level into Bundles of bounded size. */
  #groups(orders: readonly Order[]): Order[][] {
    const { entries, bundleBytes, bundles, suspects } = this.#parts;
    const groups: Order[][] = [];
    let [bytes, limit] = [0, 0];
    for (const order of orders) {
      const most = bundles === 'none' ? 1 : suspects.bundleSize(nameOf(order.write), entries);
      const size = sizeOf(order);
      const current = most === limit ? groups.at(-1) : undefined;
      if (current && current.length < most && bytes + size <= bundleBytes) {
        current.push(order);
        bytes += size;
      } else {
        groups.push([order]);
        [bytes, limit] = [size, most];
      }
    }
    return groups;
  }

  async #sendGroup(group: readonly Order[], sending: Sending): Promise<Verdict[]> {
    const { ready, verdicts } = await this.#prepare(group, noLinks, sending);
    return [...verdicts, ...(await this.#sendReady(ready, sending))];
  }

  async #sendReady(ready: readonly Ready[], sending: Sending): Promise<Verdict[]> {
    const { bundles } = this.#parts;
    const single = ready.length <= 1 || bundles === 'none';
    const verdicts = single
      ? await this.#sendEach(ready, sending)
      : await this.#sendBundle(ready, bundles, sending);
    await this.#parts.serverIds?.learn(createdIds(verdicts));
    return verdicts;
  }

  /** Put orders in the server's words; what refers to nothing has its verdict. */
  async #prepare(
    orders: readonly Order[],
    links: Links,
    { fates, signal }: Sending,
  ): Promise<{ ready: Ready[]; verdicts: Verdict[] }> {
    const ready: Ready[] = [];
    const verdicts: Verdict[] = [];
    const addressed = await this.#addressing.entries(orders, links, signal);
    for (const [at, one] of addressed.entries()) {
      const order = orders[at] as Order;
      if ('entry' in one) ready.push({ order, entry: one.entry });
      else if (one.lacks === 'reference-unresolved')
        verdicts.push({ order, fate: fateWithout(order, fates) });
      else verdicts.push({ order, fate: { state: 'refused', code: one.lacks } });
    }
    return { ready, verdicts };
  }

  /**
   * Send a Bundle. One that is refused as a whole did nothing: a transaction is tried as a batch, in
   * which each entry stands for itself; a batch is cut in halves, down to the entry that spoils it.
   */
  async #sendBundle(
    group: readonly Ready[],
    kind: 'transaction' | 'batch',
    sending: Sending,
  ): Promise<Verdict[]> {
    const sent = await this.#sendWhole(group, kind, sending);
    if ('verdicts' in sent) return sent.verdicts;
    const { status } = sent.refusal;
    if (kind === 'transaction' && status !== 413 && this.#parts.capability.batch) {
      return this.#sendBundle(group, 'batch', sending);
    }
    if (status === 403) return group.map(({ order }) => ({ order, fate: notAllowed }));
    const middle = group.length >> 1;
    const first = await this.#sendReady(group.slice(0, middle), sending);
    return [...first, ...(await this.#sendReady(group.slice(middle), sending))];
  }

  /** `refusal`: nothing of it was done. */
  async #sendWhole(
    group: readonly Ready[],
    kind: 'transaction' | 'batch',
    { signal }: Sending,
  ): Promise<{ verdicts: Verdict[] } | { refusal: FhirReply }> {
    const body = bundleText(
      kind,
      group.map(({ entry }) => entry),
    );
    const headers = { ...this.#parts.headers, ...minimal };
    const sent = await this.#send({ method: 'POST', at: '', headers, body }, signal);
    if ('fate' in sent) return { verdicts: group.map(({ order }) => ({ order, ...sent })) };
    const { reply } = sent;
    const whole = fateOf(reply.status, undefined, reply.askedMs !== undefined);
    if (whole.state === 'done') return { verdicts: entryVerdicts(group, kind, reply) };
    if (whole.state !== 'transient' && whole.state !== 'ambiguous') return { refusal: reply };
    const verdict = { fate: whole, askedMs: reply.askedMs, answer: plainAnswer(reply) };
    return { verdicts: group.map(({ order }) => ({ order, ...verdict })) };
  }

  async #sendEach(group: readonly Ready[], { signal }: Sending): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const ready of group) {
      const { method, url: at, body, ifMatch, ifNoneMatch, ifNoneExist } = ready.entry;
      const headers = {
        ...this.#parts.headers,
        ...minimal,
        ...(ifMatch !== undefined && { 'if-match': ifMatch }),
        ...(ifNoneMatch !== undefined && { 'if-none-match': ifNoneMatch }),
        ...(ifNoneExist !== undefined && { 'if-none-exist': ifNoneExist }),
      };
      const sent = await this.#send({ method, at, headers, ...(body && { body }) }, signal);
      if ('fate' in sent) verdicts.push({ order: ready.order, ...sent });
      else verdicts.push(verdictOf(ready, plainAnswer(sent.reply), sent.reply.askedMs));
    }
    return verdicts;
  }

  /** A circle: whole in one transaction, where the server has them and takes it. */
  async #sendKnot(knot: readonly Order[], sending: Sending): Promise<Verdict[]> {
    const { bundles, entries, bundleBytes, suspects } = this.#parts;
    const bytes = knot.reduce((sum, order) => sum + sizeOf(order), 0);
    const most = Math.min(...knot.map(({ write }) => suspects.bundleSize(nameOf(write), entries)));
    // What refers to itself alone is a case that servers stumble over.
    const fits = knot.length > 1 && knot.length <= most && bytes <= bundleBytes;
    if (bundles !== 'transaction' || !fits) {
      return this.#sendInTwo(knot, sending);
    }
    const created = knot.filter(({ before }) => before.state === 'absent');
    const mates = new Map(created.map((order) => [nameOf(order.write), callName(order)]));
    const { ready, verdicts } = await this.#prepare(knot, { ...noLinks, mates }, sending);
    if (verdicts.length > 0) return this.#sendInTwo(knot, sending);
    const sent = await this.#sendWhole(ready, 'transaction', sending);
    if ('refusal' in sent) return this.#sendInTwo(knot, sending);
    await this.#parts.serverIds?.learn(createdIds(sent.verdicts));
    return sent.verdicts;
  }

  /**
   * First all that is not there yet, one by one, each without its links to those still to come, and
   * with an extension that says so, by which the reader takes it for absent; then all of them whole.
   */
  async #sendInTwo(knot: readonly Order[], sending: Sending): Promise<Verdict[]> {
    const { fates } = sending;
    const verdicts: Verdict[] = [];
    const whole: Order[] = knot.filter(({ before }) => isThere(before));
    const first = knot.filter(({ before }) => !isThere(before));
    const later = new Set(first.map(({ write }) => nameOf(write)));
    for (const order of first) {
      const ahead = referencesAhead(order, later);
      const { ready, verdicts: unresolved } = await this.#prepare(
        [order],
        { ...noLinks, later: new Set(ahead) },
        sending,
      );
      const [verdict] = [...unresolved, ...(await this.#sendReady(ready, sending))] as [Verdict];
      const name = nameOf(order.write);
      fates.set(name, verdict.fate);
      if (verdict.fate.state === 'done') later.delete(name);
      const version = versionTold(verdict.answer);
      if (verdict.fate.state !== 'done' || ahead.length === 0) verdicts.push(verdict);
      else whole.push({ ...order, before: unlinkedAt(order, version) });
    }
    const stuck = whole.filter((order) => referencesAhead(order, later).length > 0);
    verdicts.push(...stuck.map((order) => ({ order, fate: fateWithout(order, fates) })));
    const linkable = whole.filter((order) => !stuck.includes(order));
    for (const group of this.#groups(linkable)) {
      verdicts.push(...(await this.#sendGroup(group, sending)));
    }
    if (verdicts.every(({ fate }) => fate.state !== 'refused')) return verdicts;
    return this.#withdraw(verdicts, new Set(first.map(({ place }) => place)), sending);
  }

  /**
   * One of a circle was refused: then nothing of it that is new stays, whole or in part, as all of it
   * leads to what is not there. What the server will not give up stays, and the scan finds a part.
   */
  async #withdraw(
    verdicts: readonly Verdict[],
    made: ReadonlySet<number>,
    sending: Sending,
  ): Promise<Verdict[]> {
    const removals = verdicts
      .filter(({ order, fate }) => made.has(order.place) && isKnown(fate))
      .flatMap((verdict) => removalOf(verdict) ?? []);
    const gone = new Set<number>();
    for (const group of this.#groups(removals)) {
      for (const { order, fate } of await this.#sendGroup(group, sending)) {
        if (fate.state === 'done') gone.add(order.place);
      }
    }
    return verdicts.map((verdict) =>
      verdict.fate.state === 'done' && gone.has(verdict.order.place)
        ? { order: verdict.order, fate: { state: 'refused', code: 'reference-unresolved' } }
        : verdict,
    );
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
}

const minimal = { prefer: 'return=minimal' };

/** The whole Bundle was forbidden: that is said of the token, not of any record. */
const notAllowed: Fate = { state: 'transient', code: 'target-denied' };

function sizeOf({ write }: Order): number {
  return write.kind === 'put' ? write.body.length : 0;
}

/** What refers to something that is not there waits for it, unless it was refused. */
function fateWithout({ resource }: Order, fates: ReadonlyMap<string, Fate>): Fate {
  const states = [...(resource ? referencesIn(resource) : [])].map(
    (name) => fates.get(name)?.state,
  );
  const waits = states.some((state) => state === 'transient' || state === 'ambiguous');
  return waits
    ? { state: 'transient', code: 'referent-unwritten' }
    : { state: 'refused', code: 'reference-unresolved' };
}

function isKnown({ state }: Fate): boolean {
  return state === 'done' || state === 'refused';
}

/** How to remove what a write has left there; undefined where it left nothing. */
function removalOf({ order, fate, answer }: Verdict): Order | undefined {
  const { write, before } = order;
  const { type, id } = write;
  const versionId = fate.state === 'done' ? versionTold(answer) : before.versionId;
  if (fate.state !== 'done' && before.unlinked !== true) return undefined;
  const removal = { kind: 'remove', type, id } as const;
  return { ...order, write: removal, resource: undefined, before: unlinkedAt(order, versionId) };
}

/** References to what is still to come, itself among it. */
function referencesAhead({ resource }: Order, later: ReadonlySet<string>): string[] {
  return resource ? [...referencesIn(resource)].filter((name) => later.has(name)) : [];
}

function unlinkedAt(
  { write: { type, id } }: Order,
  versionId: string | undefined,
): Order['before'] {
  return { type, id, state: 'absent', unlinked: true, ...(versionId && { versionId }) };
}
