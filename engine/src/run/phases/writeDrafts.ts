import { uuid7 } from '../../base/id.ts';
import type { RetryPolicy } from '../../base/retry.ts';
import type { ProjectKey } from '../../keys/projectKey.ts';
import type { ParcelRow } from '../../ledger/batches.ts';
import { packTypes } from '../../ledger/entries.ts';
import { commitIntent } from '../../ledger/intents.ts';
import type { Claim } from '../../ledger/slices.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import type { Stored, Target, Write } from '../../model/target.ts';
import type { Database } from '../../store/database.ts';
import type { PackedDrafts } from '../drafts.ts';
import { idTokens } from '../idToken.ts';
import { splitHeader, withHeader } from '../packed.ts';
import { itemAt, packItems } from '../../staging/packedItems.ts';
import type { Parcels } from '../parcels.ts';
import { deliver, type Delivery } from './deliver.ts';
import type { Attempts, BatchLimits } from './work.ts';

export interface LoadServices extends Attempts {
  database: Database;
  parcels: Parcels;
  key: ProjectKey;
  targets: ReadonlyMap<string, Target>;
  revision: string;
  policy: RetryPolicy;
  limits: BatchLimits;
  same(body: Buffer, stored: Stored): boolean;
}

/** What one attempt wrote. */
export interface Written {
  attempt: string;
  deliveries: readonly Delivery[];
  /** Version that was there before the first attempt at this batch; 0: none was present. */
  before: readonly number[];
}

/** Commit the intent with the before-images, then deliver. */
export async function writeDrafts(
  services: LoadServices,
  claim: Claim,
  key: BatchKey,
  drafts: PackedDrafts,
  ordinals: readonly number[],
  signal: AbortSignal,
): Promise<Written | 'lost'> {
  const target = services.targets.get(key.target) as Target;
  const attempt = uuid7(services.clock, services.random);
  const writes = ordinals.map((at): Write => ({
    kind: 'put',
    type: drafts.types[at] as string,
    id: drafts.ids[at] as string,
    body: itemAt(drafts.bodies, at),
  }));
  const stored = await target.fetch(writes, 'body', signal);
  const before = await keepBefore(services, key, attempt, stored);
  const digest = services.key.digest(writes.map((write) => `${write.type}/${write.id}`).join());
  const ids = {
    tokens: idTokens(writes.map(({ id }) => id)),
    ...packTypes(writes.map(({ type }) => type)),
  };
  const intent = { key, attempt, writes: writes.length, digest, ids };
  const state = await services.database.transaction((transaction) =>
    commitIntent(transaction, claim, intent, before),
  );
  if (state === 'lost') return 'lost';
  const deliveries = await deliver({ ...services, target }, writes, state === 'repeated', signal);
  const images = state === 'first' ? presentVersions(stored) : await keptVersions(services, key);
  const versions = writes.map(({ type, id }) => images.get(`${type}/${id}`) ?? 0);
  return { attempt, deliveries, before: versions };
}

interface BeforeHeader {
  images: { type: string; id: string; version: number; state: 'present' | 'removed' }[];
}

/** Seal what stood at the target; nothing is kept when nothing did. */
async function keepBefore(
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

function presentVersions(images: readonly (Stored | Image)[]): Map<string, number> {
  const present = new Map<string, number>();
  for (const image of images) {
    if (image.state === 'present') present.set(`${image.type}/${image.id}`, image.version);
  }
  return present;
}

/** Versions in the before-images that the first attempt kept. */
async function keptVersions(
  { parcels }: LoadServices,
  key: BatchKey,
): Promise<Map<string, number>> {
  return presentVersions(await beforeImages(parcels, key));
}

/** What stood at the target before the first attempt at a batch; what was absent is left out. */
export async function beforeImages(parcels: Parcels, key: BatchKey): Promise<readonly Image[]> {
  const items = await parcels.read(key, 'before');
  return items ? splitHeader<BeforeHeader>(items).header.images : [];
}
