import type { Transaction } from '../store/session.ts';
import type { ParcelRow } from './batches.ts';
import type { BatchKey } from './workUnit.ts';

/** Which batch as read; the parcel stands with it. */
const parcelPlace = `run = $1 and phase = 'extract' and target = '' and stream = $2 and slice = $3
  and number = $4 and role = 'mapped'`;

const placeOf = ({ run, stream, slice, number }: BatchKey): unknown[] => [
  run,
  stream,
  slice,
  number,
];

/** Enter what a mapping made of a batch as read, unless its drafts are there already. */
export async function enterMapped(
  transaction: Transaction,
  key: BatchKey,
  { name, wrappedKey, manifest }: ParcelRow,
): Promise<void> {
  await transaction.query(
    `insert into handover.parcel
       (run, phase, target, stream, slice, number, role, name, wrapped_key, manifest)
     select $1, 'extract', '', $2, $3, $4, 'mapped', $5, $6, $7
      where not exists (
        select 1 from handover.batch b
         where b.run = $1 and b.stream = $2 and b.phase = 'map' and b.target = '' and b.slice = $3
           and b.number = $4)
     on conflict (run, stream, phase, target, slice, number, role) do update
       set name = excluded.name, wrapped_key = excluded.wrapped_key, manifest = excluded.manifest`,
    [...placeOf(key), name, wrappedKey, JSON.stringify(manifest)],
  );
}

/** Its drafts are there: let go of it, and with its key of what it sealed. */
export async function dropMapped(transaction: Transaction, key: BatchKey): Promise<void> {
  await transaction.query(`delete from handover.parcel where ${parcelPlace}`, placeOf(key));
}
