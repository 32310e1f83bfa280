import type { Queries, Transaction } from '../store/session.ts';
import type { BatchKey } from './workUnit.ts';

/** Draft ordinals of a mapped batch whose records have been mapped again since. */
export async function supersededOf(reader: Queries, key: BatchKey): Promise<number[]> {
  const { rows } = await reader.query<{ ordinal: number }>(
    `select ordinal from handover.superseded
      where run = $1 and stream = $2 and slice = $3 and number = $4`,
    [key.run, key.stream, key.slice, key.number],
  );
  return rows.map(({ ordinal }) => ordinal);
}

/** Note that drafts of a mapped batch no longer stand. Returns how many stood until now. */
export async function supersede(
  transaction: Transaction,
  key: BatchKey,
  ordinals: readonly number[],
): Promise<number> {
  const added = await transaction.query(
    `insert into handover.superseded (run, stream, slice, number, ordinal)
     select $1, $2, $3, $4, unnest($5::int[]) on conflict do nothing`,
    [key.run, key.stream, key.slice, key.number, ordinals],
  );
  return added.count;
}
