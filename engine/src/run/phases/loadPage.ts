import type { Random } from '../../base/random.ts';
import type { ExceptionRow } from '../../ledger/batches.ts';
import { deliveryCodes } from '../../model/delivery.ts';
import { emptyPage, packTypes, type EntryPage } from '../../ledger/entries.ts';
import type { DraftColumns, PackedDrafts } from '../drafts.ts';
import { idToken, idTokens } from '../idToken.ts';
import type { Delivery } from './deliver.ts';
import type { Written } from './writeDrafts.ts';

/** An entry page of `load` in which nothing is delivered yet. */
export function emptyLoadPage(drafts: DraftColumns, random: Random): EntryPage {
  const count = drafts.ids.length;
  return {
    ...emptyPage,
    count,
    tokens: idTokens(drafts.ids),
    ...packTypes(drafts.types),
    digests: Buffer.alloc(count * 32),
    salts: random.bytes(count * 16),
    states: Buffer.alloc(count),
    versions: Buffer.alloc(count * 4),
  };
}

/** Enter drafts that are at the target as their first version, with the digests they brought. */
export function enterCreated(
  page: EntryPage,
  { digests }: PackedDrafts,
  ordinals: readonly number[],
): void {
  if (ordinals.length === 0) return;
  if (digests === undefined) throw new Error('what was created has no digests');
  for (const at of ordinals) {
    page.states[at] = deliveryCodes.created;
    page.versions.writeUInt32LE(1, at * 4);
  }
  if (ordinals.length === page.count) digests.copy(page.digests);
  else for (const at of ordinals) digests.copy(page.digests, at * 32, at * 32, at * 32 + 32);
}

/** Enter one delivery: its state, and the version and digest as the target stored them. */
export function enterDelivery(
  page: EntryPage,
  at: number,
  delivery: Delivery | undefined,
  before: number,
): void {
  if (delivery?.state !== 'delivered') {
    page.states[at] = deliveryCodes.refused;
    return;
  }
  const { version, digest } = delivery;
  const written = version === before ? deliveryCodes.unchanged : deliveryCodes.updated;
  page.states[at] = before === 0 ? deliveryCodes.created : written;
  page.versions.writeUInt32LE(version, at * 4);
  page.digests.write(digest, at * 32, 32, 'hex');
}

/** Exceptions for what the target refused. */
export function refusals(drafts: PackedDrafts, { deliveries }: Written): ExceptionRow[] {
  return [...deliveries].flatMap(([ordinal, delivery]): ExceptionRow[] => {
    if (delivery.state !== 'refused') return [];
    const path = drafts.types[ordinal] as string;
    const token = idToken(drafts.ids[ordinal] as string);
    return [{ ordinal, kind: 'quarantined', code: delivery.code, path, token }];
  });
}
