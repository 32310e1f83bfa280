import { knotsOf } from '../../base/knots.ts';
import type { BatchCommit } from '../../ledger/batches.ts';
import { commitBatchAlone } from '../../ledger/commitBatch.ts';
import {
  listExceptions,
  resolveExceptions,
  type Exception,
  type Resolution,
} from '../../ledger/exceptions.ts';
import { remapRounds } from '../../ledger/remaps.ts';
import type { Claim } from '../../ledger/slices.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import type { DraftObject } from '../../model/largeObject.ts';
import type { Target } from '../../model/target.ts';
import { unpackDrafts, unpackSome, type PackedDrafts } from '../drafts.ts';
import { idToken } from '../idToken.ts';
import { readLinkedDrafts } from '../linkedDrafts.ts';
import type { Parcels } from '../parcels.ts';
import { itemAt, packItems } from '../../staging/packedItems.ts';
import type { Delivery } from './deliver.ts';
import { Leaving } from './leaving.ts';
import { emptyLoadPage, enterCreated, enterDelivery } from './loadPage.ts';
import { presentAt } from './references.ts';
import { deliveryCodes } from '../../model/delivery.ts';
import type { EntryPage } from '../../ledger/entries.ts';
import type { StopSignal, WorkEnd } from './work.ts';
import {
  deliveriesOf,
  heedingChanges,
  writeDrafts,
  type LoadServices,
  type Written,
} from './writeDrafts.ts';

/**
 * The slice of a stream in which `load` settles the drafts that wait for a referent; after each
 * replay there is one more, for what the replay brought.
 */
export function settleName(replays: number): string {
  return replays === 0 ? firstSettle : `${firstSettle}-${replays}`;
}

export function isSettle(slice: string): boolean {
  return slice === firstSettle || slice.startsWith(`${firstSettle}-`);
}

const firstSettle = 'settle';

interface WaitingDraft {
  exception: Exception;
  type: string;
  id: string;
  references: readonly string[];
  objects: readonly DraftObject[];
  body: Buffer;
}

/**
 * Settle the drafts of one stream that wait for a referent, once every stream has been loaded: those
 * whose referents have come are written, cycles among them included; the others are held. What they
 * refer to and waits as well is settled with them, of whatever stream it is: a target may want
 * referents to be there, and a circle goes at once. After this nothing of the stream waits.
 */
export async function settleSlice(
  unaware: LoadServices,
  claim: Claim,
  stop: StopSignal,
): Promise<WorkEnd> {
  const services = heedingChanges(unaware, claim.key);
  const { run, target: name, stream } = claim.key;
  const target = services.targets.get(name) as Target;
  let left = await waitingDrafts(services, run, name, stream);
  const chunks = chunksOf(withReferents(left, stream), services.limits.records);
  const remapped = left.length > 0 && (await remapRounds(services.database, run)).length > 0;
  for (let at = 0, position = claim.position; ; at++, position++) {
    const chunk = chunks[at] ?? [];
    const last = at + 1 >= chunks.length;
    const place = { ...claim, position };
    // Anew for each chunk: what the target refused in the last one takes others with it.
    const leaving = remapped && (await Leaving.from(services.database, run, name));
    const resolved = await resolvable(target, left, stop.abort, leaving || undefined);
    if (!(await settleChunk(services, place, chunk, resolved, last, stop))) return 'lost';
    if (last) return 'done';
    if (stop.stopped()) return 'stopped';
    const settled = new Set(chunk);
    left = left.filter((draft) => !settled.has(draft));
  }
}

/**
 * Drafts of a run that wait for a referent at a target, referents first: of all streams, or those of one
 * with what they lead to. The order is that of all that ever waited, so that it is the same after a crash
 * in the middle.
 */
export async function waitingDrafts(
  services: Pick<LoadServices, 'database' | 'parcels'>,
  run: string,
  target: string,
  stream?: string,
): Promise<WaitingDraft[]> {
  const filter = { phase: 'load', kind: 'waiting', target } as const;
  const own = await listExceptions(services.database, run, {
    ...filter,
    ...(stream && { stream }),
  });
  // Most streams have none, and are settled unread.
  if (own.length === 0) return [];
  const all = stream ? await listExceptions(services.database, run, filter) : own;
  const drafts = await withAllTheyLeadTo(services.parcels, own, all);
  const waiting = all.flatMap((exception) => drafts.get(exception.id) ?? []);
  return knotsOf(edgesOf(waiting))
    .flat()
    .map((at) => waiting[at] as WaitingDraft)
    .filter(({ exception }) => exception.resolution === undefined);
}

/** Drafts of `own`, and of those among `all` that they refer to, however far away; by exception. */
async function withAllTheyLeadTo(
  parcels: Parcels,
  own: readonly Exception[],
  all: readonly Exception[],
): Promise<Map<string, WaitingDraft>> {
  const byName = Map.groupBy(all, ({ path, token }) => `${path}/${token.toString('hex')}`);
  const drafts = new Map<string, WaitingDraft>();
  for (let open = own; open.length > 0;) {
    const referents = new Set<Exception>();
    // Of each batch in turn, so that no more than one parcel is open however many there are.
    for (const exceptions of Map.groupBy(open, placeOf).values()) {
      const [first] = exceptions as [Exception, ...Exception[]];
      for (const draft of await draftsThatWait(parcels, first.key, exceptions)) {
        drafts.set(draft.exception.id, draft);
        for (const one of draft.references) {
          for (const referent of byName.get(tokenName(one)) ?? []) referents.add(referent);
        }
      }
    }
    open = [...referents].filter(({ id }) => !drafts.has(id));
  }
  return drafts;
}

/** A reference (`Type/id`) as exceptions name what waits. */
function tokenName(reference: string): string {
  const slash = reference.indexOf('/');
  return `${reference.slice(0, slash)}/${idToken(reference.slice(slash + 1)).toString('hex')}`;
}

/** Of one batch: from the parcel of those that wait, or, where there is none, of all its drafts. */
async function draftsThatWait(
  parcels: Parcels,
  key: BatchKey,
  exceptions: readonly Exception[],
): Promise<WaitingDraft[]> {
  const few = await parcels.read(key, 'waiting');
  if (few !== undefined) {
    const drafts = unpackSome(few);
    const places = new Map(drafts.ordinals.map((ordinal, at) => [ordinal, at]));
    return exceptions.map((one) => waitingDraft(one, drafts, places.get(one.ordinal) as number));
  }
  const all = await readLinkedDrafts(parcels, key);
  if (all === undefined) return [];
  const drafts = unpackDrafts(all);
  return exceptions.map((one) => waitingDraft(one, drafts, one.ordinal));
}

/** Which of the drafts each of them refers to. */
function edgesOf(drafts: readonly WaitingDraft[]): number[][] {
  const places = new Map(drafts.map(({ type, id }, at) => [`${type}/${id}`, at]));
  return drafts.map(({ references }) => references.flatMap((name) => places.get(name) ?? []));
}

/** The drafts of a stream and all that they lead to, in the order in which they come. */
function withReferents(left: readonly WaitingDraft[], stream: string): WaitingDraft[] {
  const edges = edgesOf(left);
  const wanted = new Set<number>();
  const open = [...left.keys()].filter((at) => left[at]?.exception.key.stream === stream);
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (wanted.has(at)) continue;
    wanted.add(at);
    open.push(...(edges[at] ?? []));
  }
  return left.filter((_, at) => wanted.has(at));
}

/** Drafts in pieces of about `most`, referents first; a circle is never cut. */
function chunksOf(drafts: readonly WaitingDraft[], most: number): WaitingDraft[][] {
  const chunks: WaitingDraft[][] = [];
  for (const knot of knotsOf(edgesOf(drafts))) {
    const members = knot.map((at) => drafts[at] as WaitingDraft);
    const chunk = chunks.at(-1);
    if (chunk !== undefined && chunk.length + members.length <= most) chunk.push(...members);
    else chunks.push(members);
  }
  return chunks;
}

function placeOf({ key: { stream, slice, number } }: Exception): string {
  return `${stream} ${slice} ${number}`;
}

/** The body is a copy: a view would keep its whole parcel in memory. */
function waitingDraft(exception: Exception, drafts: PackedDrafts, at: number): WaitingDraft {
  return {
    exception,
    type: drafts.types[at] as string,
    id: drafts.ids[at] as string,
    references: drafts.references[at] ?? [],
    objects: drafts.objects?.[at] ?? [],
    body: Buffer.from(itemAt(drafts.bodies, at)),
  };
}

/**
 * The largest set of waiting drafts in which every reference leads to the target or to another draft
 * of the set: start with all of them, and take out what leads nowhere until nothing more falls.
 */
async function resolvable(
  target: Target,
  waiting: readonly WaitingDraft[],
  signal: AbortSignal,
  leaving?: Leaving,
): Promise<Set<string>> {
  const open = new Set(waiting.map(({ type, id }) => `${type}/${id}`));
  const outside = new Set(waiting.flatMap(({ references }) => references));
  const present = await presentAt(target, [...outside], signal, leaving);
  for (let fell = true; fell;) {
    fell = false;
    for (const { type, id, references } of waiting) {
      const name = `${type}/${id}`;
      const leads = references.every((one) => present.has(one) || open.has(one));
      if (leads || !open.delete(name)) continue;
      fell = true;
    }
  }
  return open;
}

async function settleChunk(
  services: LoadServices,
  claim: Claim,
  chunk: readonly WaitingDraft[],
  resolved: ReadonlySet<string>,
  last: boolean,
  stop: StopSignal,
): Promise<boolean> {
  const key: BatchKey = { ...claim.key, number: claim.position };
  const drafts = asDrafts(chunk);
  const ordinals = [...chunk.keys()].filter((at) =>
    resolved.has(`${drafts.types[at]}/${drafts.ids[at]}`),
  );
  const written = await writeDrafts(services, claim, key, drafts, ordinals, stop.abort);
  if (written === 'lost') return false;
  const page = settlePage(services, drafts, written);
  const deliveries = deliveriesOf(written, drafts);
  const resolutions = chunk.map((draft, at) => resolution(draft, deliveries.get(at)));
  const counts = countsOf(resolutions);
  const streams = Map.groupBy(chunk.keys(), (at) => chunk[at]?.exception.key.stream as string);
  const batch: BatchCommit = {
    key,
    attempt: written.attempt,
    fence: claim.fence,
    revision: services.revision,
    counts,
    entries: page,
    parcels: [],
    exceptions: [],
    balance: [...streams].map(([stream, places]) => ({
      stream,
      target: key.target,
      drafts: countsOf(places.map((at) => resolutions[at] as Resolution)),
    })),
    last,
  };
  return commitBatchAlone(
    services.database,
    batch,
    resolutions.length > 0
      ? (transaction) => resolveExceptions(transaction, key.run, resolutions)
      : undefined,
  );
}

function countsOf(resolutions: readonly Resolution[]): {
  loaded: number;
  quarantined: number;
  waiting: number;
} {
  const loaded = resolutions.filter((one) => one.outcome === 'loaded').length;
  const { length } = resolutions;
  return { loaded, quarantined: length - loaded, waiting: -length };
}

function asDrafts(chunk: readonly WaitingDraft[]): PackedDrafts {
  return {
    types: chunk.map((draft) => draft.type),
    ids: chunk.map((draft) => draft.id),
    from: chunk.map(() => []),
    references: chunk.map((draft) => draft.references),
    objects: chunk.map((draft) => draft.objects),
    bodies: packItems(chunk.map((draft) => draft.body)),
  };
}

function settlePage(
  services: LoadServices,
  drafts: PackedDrafts,
  { created, deliveries, before }: Written,
): EntryPage {
  const page = emptyLoadPage(drafts, services.random);
  page.states.fill(deliveryCodes.refused);
  enterCreated(page, drafts, created);
  for (const [at, delivery] of deliveries) enterDelivery(page, at, delivery, before.get(at) ?? 0);
  return page;
}

function resolution(draft: WaitingDraft, delivery: Delivery | undefined): Resolution {
  const exception = draft.exception.id;
  if (delivery?.state === 'delivered') {
    return { exception, outcome: 'loaded', code: '', version: delivery.version };
  }
  const code = delivery?.state === 'refused' ? delivery.code : 'reference-unresolved';
  return { exception, outcome: 'quarantined', code };
}
