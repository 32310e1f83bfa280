import { commitBatchAlone } from '../../ledger/commitBatch.ts';
import { remapRounds } from '../../ledger/remaps.ts';
import { retiredDrafts } from '../../ledger/retired.ts';
import { roundOf } from '../../ledger/rounds.ts';
import { claimStands, type Claim } from '../../ledger/slices.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import { uuid7 } from '../../base/id.ts';
import { deliveryCodes } from '../../model/delivery.ts';
import type { Stored, Target, Write } from '../../model/target.ts';
import { itemAt, packItems } from '../../staging/packedItems.ts';
import { unpackDrafts, type PackedDrafts } from '../drafts.ts';
import { readLinkedDrafts } from '../linkedDrafts.ts';
import { deliver, type Delivery } from './deliver.ts';
import { formerImages } from './formerImages.ts';
import { emptyLoadPage, enterDelivery } from './loadPage.ts';
import { writeLevels } from './references.ts';
import type { StopSignal, WorkEnd } from './work.ts';
import {
  beforeImages,
  commitRecorded,
  intendedOrdinals,
  intentOf,
  keepBefore,
  unlessLost,
  versionsOf,
  type LoadServices,
} from './writeDrafts.ts';

/**
 * The slice of a stream in which the last step of a re-map takes out of the target what no draft
 * stands for any more.
 */
export function retireName(round: number): string {
  return `${retirePrefix}${round}`;
}

export function isRetire(slice: string): boolean {
  return slice.startsWith(retirePrefix);
}

const retirePrefix = 'retire-';

/**
 * Take out of the target what this run has put there and nothing stands for any more, what refers to
 * others before them; where something stood before the run wrote over it, that is put back. Before the
 * first write of a batch its intent and what stands there are committed, so that an undo brings it
 * back. What somebody else has changed since is left where it is: the closing scan finds it.
 */
export async function retireSlice(
  services: LoadServices,
  claim: Claim,
  stop: StopSignal,
): Promise<WorkEnd> {
  const newest = (await remapRounds(services.database, claim.key.run)).at(-1);
  // Where records were recalled before anything was taken out, the later round takes out all.
  const overtaken = newest !== undefined && roundOf(claim.key.slice) < newest;
  for (let position = claim.position; ; position++) {
    const drafts = overtaken ? noDrafts : await gatherRetired(services, claim.key);
    const last = drafts.ids.length < services.limits.records;
    const place = { ...claim, position };
    if (!(await retireBatch(services, place, drafts, last, stop.abort))) return 'lost';
    if (last) return 'done';
    if (stop.stopped()) return 'stopped';
  }
}

const noDrafts: PackedDrafts = {
  types: [],
  ids: [],
  from: [],
  references: [],
  bodies: packItems([]),
};

/** As many as a batch holds; what an earlier batch dealt with is not among them. */
async function gatherRetired(
  { database, parcels, limits }: LoadServices,
  { run, target, stream }: Claim['key'],
): Promise<PackedDrafts> {
  const [types, ids, references, bodies] = [[], [], [], []] as [
    string[],
    string[],
    (readonly string[])[],
    Buffer[],
  ];
  for await (const { key, ordinals } of retiredDrafts(database, run, target, {
    stream,
    left: true,
  })) {
    const items = await readLinkedDrafts(parcels, key);
    if (items === undefined) throw new RangeError('a batch with drafts has no parcel of them');
    const drafts = unpackDrafts(items);
    for (const at of ordinals.slice(0, limits.records - ids.length)) {
      types.push(drafts.types[at] as string);
      ids.push(drafts.ids[at] as string);
      references.push(drafts.references[at] ?? []);
      // A copy: a view would keep its whole parcel in memory.
      bodies.push(Buffer.from(itemAt(drafts.bodies, at)));
    }
    if (ids.length >= limits.records) break;
  }
  return { types, ids, references, from: ids.map(() => []), bodies: packItems(bodies) };
}

async function retireBatch(
  services: LoadServices,
  claim: Claim,
  drafts: PackedDrafts,
  last: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const { database } = services;
  const key: BatchKey = { ...claim.key, number: claim.position };
  const removed = await removeDrafts(services, claim, key, drafts, signal);
  if (removed === 'lost') return false;
  const page = emptyLoadPage(drafts, services.random);
  page.states.fill(deliveryCodes.refused);
  let count = 0;
  for (const [at, delivery] of removed.deliveries) {
    enterDelivery(page, at, delivery, removed.versions.get(nameOf(drafts, at)) ?? 0);
    if (delivery.state !== 'delivered') continue;
    if (!removed.images.has(nameOf(drafts, at))) page.states[at] = deliveryCodes.removed;
    count++;
  }
  return commitBatchAlone(database, {
    key,
    attempt: removed.attempt,
    fence: claim.fence,
    revision: services.revision,
    counts: { removed: count, kept: drafts.ids.length - count },
    ...(drafts.ids.length > 0 && { entries: page }),
    parcels: [],
    exceptions: [],
    balance: [
      { stream: key.stream, target: key.target, drafts: { superseded: -count, removed: count } },
    ],
    last,
  });
}

interface Removed {
  attempt: string;
  deliveries: ReadonlyMap<number, Delivery>;
  /** What stood there when the intent was committed, by `Type/id`: its version. */
  versions: ReadonlyMap<string, number>;
  /** What is put back instead of removing, by `Type/id`. */
  images: ReadonlyMap<string, Buffer>;
}

const nothing: Omit<Removed, 'attempt'> = {
  deliveries: new Map(),
  versions: new Map(),
  images: new Map(),
};

async function removeDrafts(
  services: LoadServices,
  claim: Claim,
  key: BatchKey,
  drafts: PackedDrafts,
  signal: AbortSignal,
): Promise<Removed | 'lost'> {
  const { database, parcels } = services;
  const attempt = uuid7(services.clock, services.random);
  if (drafts.ids.length === 0) return { attempt, ...nothing };
  const target = services.targets.get(key.target) as Target;
  const named = drafts.ids.map((id, at) => ({ type: drafts.types[at] as string, id }));
  const stored = await target.fetch(named, 'body', signal);
  const ours = [...stored.keys()].filter((at) => isOurs(services, drafts, at, stored[at]));
  const parcel = await keepBefore(
    services,
    key,
    attempt,
    ours.map((at) => stored[at] as Stored),
  );
  const intent = intentOf(services, attempt, drafts, ours);
  const intending = { action: 'delete', intent, drafts, ordinals: ours, before: parcel } as const;
  const state = await commitRecorded(services, claim, intending);
  if (state === 'lost') return 'lost';
  const intended = state === 'first' ? ours : await intendedOrdinals(services, key, drafts, ours);
  const versions = versionsOf(await beforeImages(parcels, key));
  const images = await formerImages(services, key, named);
  const mayWrite = (): Promise<boolean> => claimStands(database, claim);
  const removing = { ...services, target, mayWrite };
  const deliveries = await unlessLost(
    removeInOrder(removing, drafts, { intended, versions, images }, signal),
  );
  return deliveries === 'lost' ? 'lost' : { attempt, deliveries, versions, images };
}

function isOurs(
  services: LoadServices,
  drafts: PackedDrafts,
  at: number,
  stored: Stored | undefined,
): boolean {
  return stored?.state === 'present' && services.same(itemAt(drafts.bodies, at), stored);
}

interface Removing extends Pick<Removed, 'versions' | 'images'> {
  intended: readonly number[];
}

async function removeInOrder(
  services: Parameters<typeof deliver>[0],
  drafts: PackedDrafts,
  { intended, versions, images }: Removing,
  signal: AbortSignal,
): Promise<Map<number, Delivery>> {
  const deliveries = new Map<number, Delivery>();
  for (const level of writeLevels(drafts, intended).toReversed()) {
    const writes = level.map((at): Write => {
      const [type, id] = [drafts.types[at] as string, drafts.ids[at] as string];
      const ifVersion = versions.get(nameOf(drafts, at)) ?? 0;
      const body = images.get(nameOf(drafts, at));
      return body
        ? { kind: 'put', type, id, body, ifVersion }
        : { kind: 'remove', type, id, ifVersion };
    });
    // Asked first: an earlier attempt may have done it, and what is put back may never have changed.
    const done = await deliver(services, writes, true, signal);
    for (const [index, at] of level.entries()) deliveries.set(at, done[index] as Delivery);
  }
  return deliveries;
}

function nameOf({ types, ids }: PackedDrafts, at: number): string {
  return `${types[at]}/${ids[at]}`;
}
