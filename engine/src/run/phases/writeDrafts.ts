import { uuid7 } from '../../base/id.ts';
import type { RetryPolicy } from '../../base/retry.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import type { ParcelRow } from '../../ledger/batches.ts';
import { packTypes, typeAt } from '../../ledger/entries.ts';
import { commitIntent, intendedIds, type Intent, type IntentState } from '../../ledger/intents.ts';
import { isReplay } from '../../ledger/rounds.ts';
import { claimStands, type Claim } from '../../ledger/slices.ts';
import type { BatchKey, SliceKey } from '../../ledger/workUnit.ts';
import type { Stored, Target, TargetId, Write } from '../../model/target.ts';
import type { Database } from '../../store/database.ts';
import { byObjectBytes, type PackedDrafts } from '../drafts.ts';
import { TheirChanges, type TheirChange } from '../existing/theirChanges.ts';
import { idAt, idTokens } from '../idToken.ts';
import { splitHeader, withHeader } from '../packed.ts';
import { itemAt, packItems } from '../../staging/packedItems.ts';
import { objectFiller, type ObjectFiller } from '../objects.ts';
import type { Parcels } from '../parcels.ts';
import type { Barrier } from '../plan/barrier.ts';
import { intendedBatch, type Recording } from './auditedBatch.ts';
import { createDrafts } from './createDrafts.ts';
import { deliver, DeliveryLost, type DeliverServices, type Delivery } from './deliver.ts';
import { writeLevels } from './references.ts';
import type { Attempts, BatchLimits } from './work.ts';

export interface LoadServices extends Attempts, Recording {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
  targets: ReadonlyMap<string, Target>;
  revision: string;
  policy: RetryPolicy;
  limits: BatchLimits;
  /** The phase that has to be done first: `link`, where the plan links. */
  before: 'check' | 'link';
  same(body: Buffer, stored: Stored): boolean;
  /** What a target may not hold. */
  barrier: Barrier;
  /** Names of targets in use, which had something of their own: what users change there is not written over. */
  existing: ReadonlySet<string>;
  /** Of a slice that is written to such a target; see {@link heedingChanges}. */
  changes?: TheirChanges | undefined;
  /** Whether the batch before it was committed, where that may not have happened yet: its intent waits. */
  previous?: Promise<boolean>;
  /** Told when the target holds a batch in place: the next one can be put beside it. */
  inPlace?(): void;
}

/** The services of a slice of `load`, heeding what users of its target have changed, where it has any. */
export function heedingChanges(services: LoadServices, place: SliceKey): LoadServices {
  if (!services.existing.has(place.target)) return services;
  return { ...services, changes: new TheirChanges(services, place) };
}

/** What one attempt wrote, by ordinal. */
export interface Written {
  attempt: string;
  /** Ordinals of drafts that are at the target as their first version, with their own digests. */
  created: readonly number[];
  /** The others that were written. A draft in neither was not, because a referent of its was refused. */
  deliveries: ReadonlyMap<number, Delivery>;
  /** Version that was there before the first attempt at this batch; absent: none was present. */
  before: ReadonlyMap<number, number>;
}

/**
 * Commit the intent with the before-images, then deliver, referents before what refers to them. Where
 * nothing stands yet, the target itself says so while it holds everything ready. An intent that an
 * earlier attempt committed stands, and what it names is written: a draft whose referent has come since
 * is left out.
 */
export async function writeDrafts(
  services: LoadServices,
  claim: Claim,
  key: BatchKey,
  drafts: PackedDrafts,
  ordinals: readonly number[],
  signal: AbortSignal,
): Promise<Written | 'lost'> {
  const { database, parcels } = services;
  const target = services.targets.get(key.target) as Target;
  const attempt = uuid7(services.clock, services.random);
  const intent = intentOf(services, attempt, drafts, ordinals);
  const intend = async (): Promise<IntentState> => {
    services.inPlace?.();
    const lost = (await services.previous) === false;
    return lost ? 'lost' : commitRecorded(services, claim, { intent, drafts, ordinals });
  };
  // What was taken back is mostly there already, and what did not change is not written again.
  const created = isReplay(key.slice)
    ? 'nothing'
    : await createDrafts({ target, intend }, drafts, ordinals, signal);
  if (created === 'lost') return 'lost';
  if (created === 'all') {
    return { attempt, created: ordinals, deliveries: new Map(), before: new Map() };
  }
  const doubtful = created === 'doubtful';
  // What stands there is asked for when it is certain what the batch before it has written.
  if ((await services.previous) === false) return 'lost';
  const stored = doubtful ? [] : await target.fetch(toIds(drafts, ordinals), 'body', signal);
  const theirs =
    (await services.changes?.among(drafts, ordinals, stored, (body, now) =>
      services.same(body, now),
    )) ?? noChanges;
  const ours = theirs.size === 0 ? ordinals : ordinals.filter((at) => !theirs.has(at));
  const images = theirs.size === 0 ? stored : stored.filter((_, at) => !theirs.has(ordinals[at]!));
  const parcel = await keepBefore(services, key, attempt, images);
  const named = theirs.size === 0 ? intent : intentOf(services, attempt, drafts, ours);
  const intending = { intent: named, drafts, ordinals: ours, before: parcel };
  const state = doubtful ? 'first' : await commitRecorded(services, claim, intending);
  if (state === 'lost') return 'lost';
  const first = state === 'first';
  const intended = first ? ours : await intendedOrdinals(services, key, drafts, ordinals);
  const mayWrite = (): Promise<boolean> => claimStands(database, claim);
  const deliverServices = {
    ...services,
    target,
    mayWrite,
    objects: objectFiller(parcels, key.run),
  };
  const before = first ? images : await beforeImages(parcels, key);
  const guards = versionsOf(before.filter((image) => image.state !== 'absent'));
  const removed = [...theirs].filter(([, code]) => code === 'removed-at-target');
  const gone = new Set(removed.map(([at]) => nameOf(drafts, at)));
  const asked = doubtful || !first || isReplay(key.slice);
  const deliveries = await unlessLost(
    deliverInOrder(deliverServices, drafts, intended, { asked, guards, gone }, signal),
  );
  if (deliveries === 'lost') return 'lost';
  const present = versionsOf(before.filter((image) => image.state === 'present'));
  // Where an earlier attempt's intent stands, what it does not name waits and is looked at again.
  if (first) for (const [at, code] of theirs) deliveries.set(at, { state: 'refused', code });
  return {
    attempt,
    created: [],
    deliveries,
    before: versionsBefore(drafts, intended, present),
  };
}

/** What is about to be done to drafts at a target. */
export interface Intending {
  action?: 'load' | 'delete';
  intent: Intent;
  drafts: PackedDrafts;
  ordinals: readonly number[];
  before?: ParcelRow | undefined;
}

/** Commit an intent; whose charts it is about to change is on record with it, once. */
export async function commitRecorded(
  services: LoadServices,
  claim: Claim,
  { action = 'load', intent, drafts, ordinals, before }: Intending,
): Promise<IntentState> {
  const key: BatchKey = { ...claim.key, number: claim.position };
  const intended = { ordinals, ids: intent.ids };
  return commitIntent(services.database, claim, intent, before, async (transaction) => {
    if (ordinals.length === 0) return;
    const batch = intendedBatch(services, action, key, drafts, intended);
    await services.audit.record(transaction, batch);
  });
}

const noChanges: ReadonlyMap<number, TheirChange> = new Map();

/** What became of each draft, by ordinal, however it was written. */
export function deliveriesOf(
  { created, deliveries }: Written,
  { digests }: PackedDrafts,
): ReadonlyMap<number, Delivery> {
  if (digests === undefined || created.length === 0) return deliveries;
  const digestAt = (at: number): string => digests.toString('hex', at * 32, at * 32 + 32);
  return new Map(
    created.map((at) => [at, { state: 'delivered', version: 1, digest: digestAt(at) }]),
  );
}

/** By ordinal; a fresh target, where nothing was, costs nothing. */
function versionsBefore(
  drafts: PackedDrafts,
  ordinals: readonly number[],
  present: ReadonlyMap<string, number>,
): Map<number, number> {
  if (present.size === 0) return new Map();
  return new Map(ordinals.map((at) => [at, present.get(nameOf(drafts, at)) ?? 0]));
}

/** `lost` instead of what is thrown when another attempt has taken over. */
export async function unlessLost<T>(work: Promise<T>): Promise<T | 'lost'> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DeliveryLost) return 'lost';
    throw error;
  }
}

/** The intent to write, or to remove, these drafts. */
export function intentOf(
  { key: projectKey }: LoadServices,
  attempt: string,
  drafts: PackedDrafts,
  ordinals: readonly number[],
): Intent {
  const names = ordinals.map((at) => nameOf(drafts, at));
  const ids = {
    tokens: idTokens(ordinals.map((at) => drafts.ids[at] as string)),
    ...packTypes(ordinals.map((at) => drafts.types[at] as string)),
  };
  return { attempt, writes: names.length, digest: projectKey.digest(names.join()), ids };
}

/** The drafts that the intent of an earlier attempt names; `ordinals` where it names none. */
export async function intendedOrdinals(
  { database }: LoadServices,
  key: BatchKey,
  drafts: PackedDrafts,
  ordinals: readonly number[],
): Promise<readonly number[]> {
  const ids = await intendedIds(database, key);
  if (ids === undefined) return ordinals;
  const names = new Set<string>();
  for (let at = 0; at * 16 < ids.tokens.length; at++) {
    names.add(`${typeAt(ids, at)}/${idAt(ids.tokens, at)}`);
  }
  return [...drafts.ids.keys()].filter((at) => names.has(nameOf(drafts, at)));
}

interface Sending {
  /** The target is asked first: an earlier attempt may have written, or an earlier round. */
  asked: boolean;
  /** Version of each before-image: a write goes through only over what was sealed. */
  guards: ReadonlyMap<string, number>;
  /** Drafts that are not written because users have removed them: what refers to them is not either. */
  gone: ReadonlySet<string>;
}

async function deliverInOrder(
  services: DeliverServices & Pick<LoadServices, 'limits'> & { objects: ObjectFiller },
  drafts: PackedDrafts,
  ordinals: readonly number[],
  { asked, guards, gone }: Sending,
  signal: AbortSignal,
): Promise<Map<number, Delivery>> {
  const deliveries = new Map<number, Delivery>();
  const fallen = new Set(gone);
  for (const level of writeLevels(drafts, ordinals)) {
    const stands = (at: number): boolean => !drafts.references[at]?.some((one) => fallen.has(one));
    const ready = fallen.size === 0 ? level : level.filter(stands);
    for (const group of byObjectBytes(drafts, ready, services.limits.bytes)) {
      const writes = await toWrites(services.objects, drafts, group, guards);
      const written = await deliver(services, writes, asked, signal);
      for (const [index, at] of group.entries()) deliveries.set(at, written[index] as Delivery);
    }
    for (const at of level) {
      if (deliveries.get(at)?.state !== 'delivered') fallen.add(nameOf(drafts, at));
    }
  }
  return deliveries;
}

/** Puts over exactly what `guards` says is there; without it a write is over nothing. */
async function toWrites(
  objects: ObjectFiller,
  drafts: PackedDrafts,
  ordinals: readonly number[],
  guards: ReadonlyMap<string, number>,
): Promise<(Write & { kind: 'put' })[]> {
  const writes: (Write & { kind: 'put' })[] = [];
  for (const at of ordinals) {
    const hasObjects = drafts.objects?.[at]?.length;
    const digest = hasObjects ? undefined : drafts.digests?.toString('hex', at * 32, at * 32 + 32);
    writes.push({
      kind: 'put',
      type: drafts.types[at] as string,
      id: drafts.ids[at] as string,
      body: hasObjects ? await objects.bodyOf(drafts, at) : itemAt(drafts.bodies, at),
      ...(digest !== undefined && { digest }),
      ifVersion: guards.size === 0 ? 0 : (guards.get(nameOf(drafts, at)) ?? 0),
    });
  }
  return writes;
}

function toIds(drafts: PackedDrafts, ordinals: readonly number[]): TargetId[] {
  return ordinals.map((at) => ({
    type: drafts.types[at] as string,
    id: drafts.ids[at] as string,
  }));
}

function nameOf(drafts: PackedDrafts, at: number): string {
  return `${drafts.types[at]}/${drafts.ids[at]}`;
}

export interface BeforeHeader {
  images: { type: string; id: string; version: number; state: 'present' | 'removed' }[];
}

/** Seal what stood at the target; nothing is kept when nothing did. */
export async function keepBefore(
  { parcels }: LoadServices,
  key: BatchKey,
  attempt: string,
  stored: readonly Stored[],
): Promise<ParcelRow | undefined> {
  const there = stored.filter((one) => one.state !== 'absent');
  if (there.length === 0) return undefined;
  const images = there.map(({ type, id, version, state }) => ({ type, id, version, state }));
  const none = Buffer.alloc(0);
  const bodies = there.map((one) => (one.state === 'present' && one.body) || none);
  const items = withHeader({ images } satisfies BeforeHeader, packItems(bodies));
  return parcels.keep(key, attempt, 'before', items);
}

type Image = BeforeHeader['images'][number];

/** Version of everything that stands, or stood, there, by `Type/id`. */
export function versionsOf(images: readonly (Stored | Image)[]): Map<string, number> {
  const versions = new Map<string, number>();
  for (const image of images) {
    if (image.state !== 'absent') versions.set(`${image.type}/${image.id}`, image.version);
  }
  return versions;
}

/** Bodies of the before-images by `Type/id`; undefined where what stood there had been removed. */
export async function beforeBodies(
  parcels: Parcels,
  key: BatchKey,
): Promise<Map<string, Buffer | undefined>> {
  const packed = await parcels.read(key, 'before');
  if (packed === undefined) return new Map();
  const { header, items } = splitHeader<BeforeHeader>(packed);
  return new Map(
    header.images.map(({ type, id, state }, at) => [
      `${type}/${id}`,
      state === 'present' ? itemAt(items, at) : undefined,
    ]),
  );
}

/** What stood at the target before the first attempt at a batch; what was absent is left out. */
export async function beforeImages(parcels: Parcels, key: BatchKey): Promise<readonly Image[]> {
  const items = await parcels.read(key, 'before');
  return items ? splitHeader<BeforeHeader>(items).header.images : [];
}
