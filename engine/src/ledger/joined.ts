import type { Queries, Transaction } from '../store/session.ts';

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
