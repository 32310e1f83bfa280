import { firstDeliveries } from '../../ledger/retired.ts';
import type { BatchKey } from '../../ledger/workUnit.ts';
import type { TargetId } from '../../model/target.ts';
import type { Queries } from '../../store/session.ts';
import { idToken } from '../idToken.ts';
import type { Parcels } from '../parcels.ts';
import { beforeBodies } from './writeDrafts.ts';

/**
 * What stood at a target before a run first wrote these resources of a stream, by `Type/id`. Absent:
 * nothing stood there, so that what the run no longer makes is removed; otherwise it is put back.
 */
export async function formerImages(
  { database, parcels }: { database: Queries; parcels: Parcels },
  place: Pick<BatchKey, 'run' | 'target' | 'stream'>,
  resources: readonly TargetId[],
): Promise<Map<string, Buffer>> {
  const tokens = resources.map(({ id }) => idToken(id).toString('hex'));
  const first = await firstDeliveries(database, place, new Set(tokens));
  const images = new Map<string, Buffer>();
  const opened = new Map<string, ReadonlyMap<string, Buffer | undefined>>();
  for (const [at, { type, id }] of resources.entries()) {
    const delivery = first.get(tokens[at] as string);
    if (delivery === undefined || delivery.created) continue;
    const { slice, number } = delivery.key;
    const before = opened.get(`${slice} ${number}`) ?? (await beforeBodies(parcels, delivery.key));
    opened.set(`${slice} ${number}`, before);
    const image = before.get(`${type}/${id}`);
    if (image !== undefined) images.set(`${type}/${id}`, Buffer.from(image));
  }
  return images;
}
