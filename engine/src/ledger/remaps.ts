import type { Queries, Transaction } from '../store/session.ts';
import type { BatchPlace, StagedRecord } from './folded.ts';
import { packOrdinals, unpackOrdinals } from './ordinals.ts';

/** Enter a re-map: `round` is its number among the replays and re-maps of the run. */
export async function enterRemap(
  transaction: Transaction,
  run: string,
  round: number,
  revision: string,
): Promise<void> {
  await transaction.query('insert into handover.remap (run, round, revision) values ($1, $2, $3)', [
    run,
    round,
    revision,
  ]);
}

/** Numbers of the rounds of a run that are re-maps, rising. */
export async function remapRounds(reader: Queries, run: string): Promise<number[]> {
  const { rows } = await reader.query<{ round: number }>(
    'select round from handover.remap where run = $1 order by round',
    [run],
  );
  return rows.map(({ round }) => round);
}

/** Enter, with the batch that takes `by` back, records that go back because of it. */
export async function enterRefolds(
  transaction: Transaction,
  run: string,
  round: number,
  by: BatchPlace,
  records: readonly StagedRecord[],
): Promise<void> {
  const batches = [
    ...Map.groupBy(records, ({ stream, slice, number }) => [stream, slice, number].join('\n')),
  ].map(([, group]) => group as [StagedRecord]);
  if (batches.length === 0) return;
  await transaction.query(
    `insert into handover.refold
       (run, round, by_stream, by_slice, by_number, stream, slice, number, ordinals)
     select $1, $2, $3, $4, $5, *
       from unnest($6::text[], $7::text[], $8::int[], $9::bytea[])`,
    [
      run,
      round,
      by.stream,
      by.slice,
      by.number,
      batches.map(([{ stream }]) => stream),
      batches.map(([{ slice }]) => slice),
      batches.map(([{ number }]) => number),
      batches.map((group) => packOrdinals([...new Set(group.map(({ ordinal }) => ordinal))])),
    ],
  );
}

/** Ordinals of a batch, as it was staged first, that a re-map takes back because of others. */
export async function refoldsOf(
  reader: Queries,
  run: string,
  round: number,
  { stream, slice, number }: BatchPlace,
): Promise<Set<number>> {
  const { rows } = await reader.query<{ ordinals: Buffer }>(
    `select ordinals from handover.refold
      where run = $1 and round = $2 and stream = $3 and slice = $4 and number = $5`,
    [run, round, stream, slice, number],
  );
  return new Set(rows.flatMap(({ ordinals }) => unpackOrdinals(ordinals)));
}
