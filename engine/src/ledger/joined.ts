import type { Queries, Transaction } from '../store/session.ts';
import type { BatchKey } from './workUnit.ts';

/** The records of one batch that a key of a join reaches, sealed. */
export interface JoinedRecords {
  token: Buffer;
  records: Buffer;
}

export interface JoinedBatch {
  run: string;
  /** Name of the join. */
  name: string;
  slice: string;
  number: number;
  mediaType: string;
  wrappedKey: Buffer;
}

/** Enter what one batch gives to a join. Entered once: a second attempt changes nothing. */
export async function enterJoined(
  transaction: Transaction,
  { run, name, slice, number, mediaType, wrappedKey }: JoinedBatch,
  records: readonly JoinedRecords[],
): Promise<void> {
  const { count } = await transaction.query(
    `insert into handover.joined_batch (run, name, slice, number, media_type, wrapped_key)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [run, name, slice, number, mediaType, wrappedKey],
  );
  if (count === 0 || records.length === 0) return;
  await transaction.query(
    `insert into handover.joined (run, name, slice, number, token, records)
     select $1, $2, $3, $4, * from unnest($5::bytea[], $6::bytea[])`,
    [
      run,
      name,
      slice,
      number,
      records.map(({ token }) => token),
      records.map((one) => one.records),
    ],
  );
}

/** Batches of the stream as read that this join does not have yet, in order. */
export async function batchesToJoin(
  reader: Queries,
  run: string,
  stream: string,
  name: string,
): Promise<{ slice: string; number: number }[]> {
  const { rows } = await reader.query<{ slice: string; number: number }>(
    `select l.slice, n.number
       from handover.slice l cross join lateral generate_series(0, l.position - 1) n (number)
      where l.run = $1 and l.phase = 'extract' and l.target = '' and l.stream = $2
        and l.slice not like 'replay-%'
        and not exists (
          select 1 from handover.joined_batch b
           where b.run = l.run and b.name = $3 and b.slice = l.slice and b.number = n.number)
      order by 1, 2`,
    [run, stream, name],
  );
  return rows;
}

export interface FoundJoined extends JoinedRecords, Omit<JoinedBatch, 'run' | 'name'> {}

/** Everything that a join has under these tokens, in the order in which it was read. */
export async function joinedUnder(
  reader: Queries,
  run: string,
  name: string,
  tokens: readonly Buffer[],
): Promise<FoundJoined[]> {
  const { rows } = await reader.query<{
    token: Buffer;
    records: Buffer;
    slice: string;
    number: number;
    media_type: string;
    wrapped_key: Buffer;
  }>(
    `select j.token, j.records, j.slice, j.number, b.media_type, b.wrapped_key
       from handover.joined j join handover.joined_batch b using (run, name, slice, number)
      where j.run = $1 and j.name = $2 and j.token = any($3::bytea[])
      order by j.slice, j.number`,
    [run, name, tokens],
  );
  return rows.map(({ media_type: mediaType, wrapped_key: wrappedKey, ...row }) => ({
    ...row,
    mediaType,
    wrappedKey,
  }));
}

/** What the records of one batch as read gave to joins. */
export async function joinedBatchesAt(
  reader: Queries,
  { run, stream, slice, number }: Pick<BatchKey, 'run' | 'stream' | 'slice' | 'number'>,
): Promise<JoinedBatch[]> {
  const { rows } = await reader.query<{ name: string; media_type: string; wrapped_key: Buffer }>(
    `select name, media_type, wrapped_key from handover.joined_batch
      where run = $1 and starts_with(name, $2) and slice = $3 and number = $4`,
    [run, `${stream} `, slice, number],
  );
  return rows.map(({ name, media_type: mediaType, wrapped_key: wrappedKey }) => ({
    run,
    name,
    slice,
    number,
    mediaType,
    wrappedKey,
  }));
}

/** Everything that one batch gave to a join. */
export async function joinedIn(
  reader: Queries,
  { run, name, slice, number }: JoinedBatch,
): Promise<JoinedRecords[]> {
  const { rows } = await reader.query<JoinedRecords>(
    `select token, records from handover.joined
      where run = $1 and name = $2 and slice = $3 and number = $4`,
    [run, name, slice, number],
  );
  return rows;
}

/** What a batch gives to a join from now on, all of it under another data key. */
export interface ReplacedJoined {
  batch: JoinedBatch;
  records: readonly JoinedRecords[];
  /** Tokens that nothing stands under any more. */
  gone: readonly Buffer[];
}

export async function replaceJoined(
  transaction: Transaction,
  { batch: { run, name, slice, number, wrappedKey }, records, gone }: ReplacedJoined,
): Promise<void> {
  const place = [run, name, slice, number];
  await transaction.query(
    `update handover.joined_batch set wrapped_key = $5
      where run = $1 and name = $2 and slice = $3 and number = $4`,
    [...place, wrappedKey],
  );
  await transaction.query(
    `delete from handover.joined
      where run = $1 and name = $2 and slice = $3 and number = $4 and token = any($5::bytea[])`,
    [...place, gone],
  );
  await transaction.query(
    `update handover.joined j set records = w.records
       from unnest($5::bytea[], $6::bytea[]) as w (token, records)
      where j.run = $1 and j.name = $2 and j.slice = $3 and j.number = $4 and j.token = w.token`,
    [...place, records.map(({ token }) => token), records.map((one) => one.records)],
  );
}

/** Destroy the keys, and the rows, of everything that a run gave to joins. */
export async function destroyJoined(transaction: Transaction, run: string): Promise<number> {
  await transaction.query('delete from handover.joined where run = $1', [run]);
  const { count } = await transaction.query('delete from handover.joined_batch where run = $1', [
    run,
  ]);
  return count;
}
