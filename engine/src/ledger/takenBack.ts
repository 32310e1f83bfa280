import type { Queries, Transaction } from '../store/session.ts';
import { recordName, type BatchPlace, type StagedRecord } from './folded.ts';
import { roundOf } from './rounds.ts';
import { packOrdinals, unpackOrdinals } from './ordinals.ts';
import type { BatchKey } from './workUnit.ts';

/** A batch and the records of it that are meant. */
export interface RecordsOf extends BatchPlace {
  ordinals: readonly number[];
}

/** Note that records of a batch go back to the mapping, in the extracted batch `into` of their stream. */
export async function enterTakenBack(
  transaction: Transaction,
  { stream, slice, number, ordinals }: RecordsOf,
  into: BatchKey,
): Promise<void> {
  await transaction.query(
    `insert into handover.taken_back
       (run, stream, slice, number, round, into_slice, into_number, ordinals)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      into.run,
      stream,
      slice,
      number,
      roundOf(into.slice),
      into.slice,
      into.number,
      packOrdinals(ordinals),
    ],
  );
}

/** Ordinals of a batch whose records have been taken back, by whatever round. */
export async function takenBackOf(
  reader: Queries,
  run: string,
  place: BatchPlace,
): Promise<Set<number>> {
  const { rows } = await reader.query<{ ordinals: Buffer }>(
    `select ordinals from handover.taken_back
      where run = $1 and stream = $2 and slice = $3 and number = $4`,
    [run, place.stream, place.slice, place.number],
  );
  return new Set(rows.flatMap(({ ordinals }) => unpackOrdinals(ordinals)));
}

/** Names of the records of these batches that were taken back before this round; absent: by any. */
export async function takenBackAmong(
  reader: Queries,
  run: string,
  batches: readonly BatchPlace[],
  before?: number,
): Promise<Set<string>> {
  if (batches.length === 0) return new Set();
  const { rows } = await reader.query<BatchPlace & { ordinals: Buffer }>(
    `select t.stream, t.slice, t.number, t.ordinals
       from handover.taken_back t
       join unnest($2::text[], $3::text[], $4::int[]) as b (stream, slice, number)
         on b.stream = t.stream and b.slice = t.slice and b.number = t.number
      where t.run = $1 and ($5::int is null or t.round < $5)`,
    [
      run,
      batches.map(({ stream }) => stream),
      batches.map(({ slice }) => slice),
      batches.map(({ number }) => number),
      before ?? null,
    ],
  );
  return new Set(
    rows.flatMap(({ ordinals, ...place }) =>
      unpackOrdinals(ordinals).map((ordinal): string =>
        recordName({ ...place, ordinal } satisfies StagedRecord),
      ),
    ),
  );
}
