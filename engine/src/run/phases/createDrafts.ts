import { failureOf, HandoverError } from '../../base/errors.ts';
import { packTypes } from '../../ledger/entries.ts';
import type { Creations, Target } from '../../model/target.ts';
import { gatherItems } from '../../staging/packedItems.ts';
import type { PackedDrafts } from '../drafts.ts';

/** `nothing`: they are to be written one by one. `unknown`: the target is to be asked first. */
export type CreateEnd = 'all' | 'nothing' | 'unknown' | 'lost';

/**
 * Create drafts where nothing stands, all in one go and column by column, where the target can: a
 * first load is nothing else, and an object for each draft would cost as much as its row.
 */
export async function createDrafts(
  { target, mayWrite }: { target: Target; mayWrite: () => Promise<boolean> },
  drafts: PackedDrafts,
  ordinals: readonly number[],
  signal: AbortSignal,
): Promise<CreateEnd> {
  const all = creationsOf(drafts, ordinals);
  if (target.create === undefined || all === undefined) return 'nothing';
  if (!(await mayWrite())) return 'lost';
  try {
    return (await target.create(all, signal)) ? 'all' : 'nothing';
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof HandoverError && failureOf(error) !== 'permanent') return 'unknown';
    throw error;
  }
}

/** Undefined where digests are not known beforehand, or objects are yet to be filled in. */
function creationsOf(drafts: PackedDrafts, ordinals: readonly number[]): Creations | undefined {
  const { digests, objects } = drafts;
  if (ordinals.length === 0 || digests === undefined) return undefined;
  if (objects !== undefined && ordinals.some((at) => objects[at]?.length)) return undefined;
  const { types, typeOf } = packTypes(ordinals.map((at) => drafts.types[at] as string));
  const isWhole = ordinals.length === drafts.ids.length;
  return {
    types,
    typeOf,
    ids: isWhole ? drafts.ids : ordinals.map((at) => drafts.ids[at] as string),
    digests: isWhole ? digests : gatherFixed(digests, ordinals, 32),
    ...(isWhole ? drafts.bodies : gatherItems(drafts.bodies, ordinals)),
  };
}

function gatherFixed(bytes: Buffer, places: readonly number[], width: number): Buffer {
  const gathered = Buffer.allocUnsafe(places.length * width);
  for (const [to, from] of places.entries()) {
    bytes.copy(gathered, to * width, from * width, (from + 1) * width);
  }
  return gathered;
}
