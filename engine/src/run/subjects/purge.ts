import { destroyParcelKeys } from '../../ledger/batches.ts';
import { destroyJoined } from '../../ledger/joined.ts';
import { forgetTellings } from '../../ledger/tellings.ts';
import { parcelsOfRun } from '../../staging/parcelName.ts';
import type { EraseServices } from './erase.ts';

/** What was erased of a run. */
export interface PurgedRun {
  run: string;
  /** Parcels whose data keys were destroyed. */
  parcels: number;
  /** Blobs that were removed, orphans among them. */
  blobs: number;
  joined: number;
  tellings: number;
}

/**
 * Erase all working copies of a run: the data keys first, in one commit, then what they sealed. Done
 * again after a crash it removes what is left.
 */
export async function purgeRun(
  { database, blobs }: Pick<EraseServices, 'database' | 'blobs'>,
  run: string,
): Promise<PurgedRun> {
  const keys = await database.transaction(async (transaction) => ({
    parcels: await destroyParcelKeys(transaction, run),
    joined: await destroyJoined(transaction, run),
    tellings: await forgetTellings(transaction, run),
  }));
  const names: string[] = [];
  for await (const { name } of blobs.list(parcelsOfRun(run))) names.push(name);
  for (const name of names) await blobs.remove(name);
  return { run, ...keys, blobs: names.length };
}
