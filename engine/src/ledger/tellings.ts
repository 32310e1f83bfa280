import type { Queries, Transaction } from '../store/session.ts';
import type { BatchPlace } from './folded.ts';

/**
 * Who tells: the mapping, the facts, the records themselves (of which some came twice), or what guards
 * others.
 */
export type TellingKind = 'draft' | 'fact' | 'record' | 'guard';

/** What was told of one thing, sealed under a context that names the run it stands in. */
export interface SealedTelling {
  token: Buffer;
  run: string;
  told: Buffer;
}

/**
 * Let a transaction be the only one that tells in this run, and begin anew where what was told before
 * came of another reading (`digest`).
 */
export async function beginTelling(
  transaction: Transaction,
  run: string,
  kind: TellingKind,
  digest: string,
): Promise<void> {
  await transaction.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [
    `telling ${run}`,
  ]);
  const { count } = await transaction.query(
    'delete from handover.telling_batch where run = $1 and kind = $2 and digest <> $3',
    [run, kind, digest],
  );
  if (count === 0) return;
  await transaction.query('delete from handover.telling where run = $1 and kind = $2', [run, kind]);
  await transaction.query('delete from handover.telling_batch where run = $1 and kind = $2', [
    run,
    kind,
  ]);
}

/** Batches as read, of these streams, that have not told yet; in order. */
export async function batchesToTell(
  reader: Queries,
  run: string,
  kind: TellingKind,
  streams: readonly string[],
): Promise<BatchPlace[]> {
  const { rows } = await reader.query<BatchPlace>(
    `select l.stream, l.slice, n.number
       from handover.slice l cross join lateral generate_series(0, l.position - 1) n (number)
      where l.run = $1 and l.phase = 'extract' and l.target = '' and l.stream = any($3::text[])
        and not exists (
          select 1 from handover.telling_batch b
           where b.run = l.run and b.kind = $2 and b.stream = l.stream and b.slice = l.slice
             and b.number = n.number)
      order by 1, 2, 3`,
    [run, kind, streams],
  );
  return rows;
}

/** Enter that a batch has told. Whether it had not before. */
export async function enterToldBatch(
  transaction: Transaction,
  run: string,
  kind: TellingKind,
  { stream, slice, number }: BatchPlace,
  digest: string,
): Promise<boolean> {
  const { count } = await transaction.query(
    `insert into handover.telling_batch (run, kind, stream, slice, number, digest)
     values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
    [run, kind, stream, slice, number, digest],
  );
  return count > 0;
}

/** What was told in the run. */
export async function tellingsOf(
  reader: Queries,
  run: string,
  kind: TellingKind,
  tokens: readonly Buffer[],
): Promise<SealedTelling[]> {
  const { rows } = await reader.query<SealedTelling>(
    `select run, token, told from handover.telling
      where run = $1 and kind = $2 and token = any($3::bytea[])`,
    [run, kind, tokens],
  );
  return rows;
}

/** What the last finished run before this one has of each: what was undone was never told. */
export async function tellingsBefore(
  reader: Queries,
  run: string,
  kind: TellingKind,
  tokens: readonly Buffer[],
): Promise<SealedTelling[]> {
  const { rows } = await reader.query<SealedTelling>(
    `select distinct on (t.token) t.run, t.token, t.told
       from handover.telling t join handover.run r on r.id = t.run
      where t.kind = $2 and t.token = any($3::bytea[]) and t.run < $1 and r.state = 'finished'
      order by t.token, t.run desc`,
    [run, kind, tokens],
  );
  return rows;
}

export async function enterTellings(
  transaction: Transaction,
  run: string,
  kind: TellingKind,
  tellings: readonly { token: Buffer; told: Buffer }[],
): Promise<void> {
  if (tellings.length === 0) return;
  await transaction.query(
    `insert into handover.telling (run, kind, token, told)
     select $1, $2, * from unnest($3::bytea[], $4::bytea[])
     on conflict (run, kind, token) do update set told = excluded.told`,
    [run, kind, tellings.map(({ token }) => token), tellings.map(({ told }) => told)],
  );
}

/** Take back what a run was told under some tokens, or at all; how many. */
export async function forgetTellings(
  transaction: Transaction,
  run: string,
  tokens?: readonly Buffer[],
): Promise<number> {
  const { count } = await transaction.query(
    `delete from handover.telling
      where run = $1 and ($2::bytea[] is null or token = any($2::bytea[]))`,
    [run, tokens ?? null],
  );
  return count;
}
