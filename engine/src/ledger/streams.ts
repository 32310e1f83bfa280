import type { Column, Stream } from '../model/stream.ts';
import type { Queries, Transaction } from '../store/session.ts';
import { openBalances } from './balances.ts';

/** A stream as a run found it. */
export interface RunStream {
  name: string;
  /** Name of its source in the plan. */
  source: string;
  position: number;
  keyed: boolean;
  generation: number;
  /** Sealed name of the snapshot that the present generation is read under. */
  snapshot?: Buffer;
  columns: readonly Column[];
  key: readonly string[];
  schemaDigest: string;
  sourceCount?: number;
}

/** What became of a stream or a column, by whose decision (R26). */
export interface Disposition {
  stream: string;
  /** Column; empty for the stream as a whole. */
  item: string;
  fate: 'moved' | 'archived' | 'not moved' | 'undecided';
  reason: string;
  owner: string;
  approver: string;
  populated?: number;
}

/** Enter a stream into a run with empty balances for its targets; once. */
export async function enterStream(
  transaction: Transaction,
  run: string,
  stream: Stream & { source: string; position: number; schemaDigest: string },
  targets: readonly string[],
): Promise<void> {
  await transaction.query(
    `insert into handover.stream
       (run, name, source, position, keyed, schema, schema_digest, source_count)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing`,
    [
      run,
      stream.name,
      stream.source,
      stream.position,
      stream.key.length > 0,
      JSON.stringify({ columns: stream.columns, key: stream.key }),
      stream.schemaDigest,
      stream.count ?? null,
    ],
  );
  await openBalances(transaction, run, stream.name, targets);
}

export async function streamsOf(reader: Queries, run: string): Promise<RunStream[]> {
  const { rows } = await reader.query<StreamRow>(
    `select name, source, position, keyed, generation, snapshot, schema, schema_digest,
            source_count
       from handover.stream where run = $1 order by position`,
    [run],
  );
  return rows.map(toStream);
}

interface StreamRow {
  name: string;
  source: string;
  position: number;
  keyed: boolean;
  generation: number;
  snapshot: Buffer | null;
  schema: { columns: Column[]; key: string[] };
  schema_digest: string;
  source_count: string | null;
}

function toStream(row: StreamRow): RunStream {
  return {
    name: row.name,
    source: row.source,
    position: row.position,
    keyed: row.keyed,
    generation: row.generation,
    ...(row.snapshot && { snapshot: row.snapshot }),
    columns: row.schema.columns,
    key: row.schema.key,
    schemaDigest: row.schema_digest,
    ...(row.source_count !== null && { sourceCount: Number(row.source_count) }),
  };
}

export async function setSnapshot(
  transaction: Transaction,
  run: string,
  stream: string,
  sealed: Buffer,
): Promise<void> {
  await transaction.query('update handover.stream set snapshot = $3 where run = $1 and name = $2', [
    run,
    stream,
    sealed,
  ]);
}

/**
 * Start a stream again under another snapshot: its slices of the old generation are given up and
 * what they read leaves the balance. The batches stay in the ledger, and the restart is recorded.
 * Returns the new generation.
 */
export async function restartStream(
  transaction: Transaction,
  run: string,
  stream: string,
  snapshot: Buffer,
): Promise<number> {
  const { rows } = await transaction.query<{ generation: number }>(
    `update handover.stream set generation = generation + 1, snapshot = $3
      where run = $1 and name = $2 returning generation`,
    [run, stream, snapshot],
  );
  const generation = rows[0]?.generation ?? 1;
  // First, and in the order of a batch's commit: one that is under way is counted or lost, not both.
  await transaction.query(
    `delete from handover.slice where run = $1 and phase = 'extract' and stream = $2`,
    [run, stream],
  );
  await transaction.query(
    `insert into handover.stream_restart (run, stream, generation, read)
     select $1, $2, $3, read from handover.record_balance where run = $1 and stream = $2`,
    [run, stream, generation - 1],
  );
  await transaction.query(
    `update handover.record_balance set read = read - waiting, waiting = 0
      where run = $1 and stream = $2`,
    [run, stream],
  );
  return generation;
}

export async function restartsOf(
  reader: Queries,
  run: string,
): Promise<{ stream: string; restarts: number; read: number }[]> {
  const { rows } = await reader.query<{ stream: string; restarts: string; read: string }>(
    `select stream, count(*) as restarts, sum(read) as read from handover.stream_restart
      where run = $1 group by stream order by stream`,
    [run],
  );
  return rows.map((row) => ({
    stream: row.stream,
    restarts: Number(row.restarts),
    read: Number(row.read),
  }));
}

export async function recordDispositions(
  transaction: Transaction,
  run: string,
  dispositions: readonly Disposition[],
): Promise<void> {
  await transaction.query(
    `insert into handover.disposition
       (run, stream, item, fate, reason, owner, approver, populated)
     select $1, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                              $7::text[], $8::bigint[])
     on conflict do nothing`,
    [
      run,
      dispositions.map((row) => row.stream),
      dispositions.map((row) => row.item),
      dispositions.map((row) => row.fate),
      dispositions.map((row) => row.reason),
      dispositions.map((row) => row.owner),
      dispositions.map((row) => row.approver),
      dispositions.map((row) => row.populated ?? null),
    ],
  );
}

export async function dispositionsOf(reader: Queries, run: string): Promise<Disposition[]> {
  const { rows } = await reader.query<
    Omit<Disposition, 'populated'> & { populated: string | null }
  >(
    `select stream, item, fate, reason, owner, approver, populated
       from handover.disposition where run = $1 order by stream, item`,
    [run],
  );
  return rows.map(({ populated, ...row }) => ({
    ...row,
    ...(populated !== null && { populated: Number(populated) }),
  }));
}

/** Add to the counts of populated values that no rule touched. */
export async function addUnread(
  transaction: Transaction,
  run: string,
  stream: string,
  unread: ReadonlyMap<string, number>,
): Promise<void> {
  if (unread.size === 0) return;
  await transaction.query(
    `insert into handover.unread (run, stream, path, populated)
     select $1, $2, * from unnest($3::text[], $4::bigint[])
     on conflict (run, stream, path)
     do update set populated = handover.unread.populated + excluded.populated`,
    [run, stream, [...unread.keys()], [...unread.values()]],
  );
}

/** The counts of a stream are made anew, under another mapping. */
export async function forgetUnread(
  transaction: Transaction,
  run: string,
  stream: string,
): Promise<void> {
  await transaction.query('delete from handover.unread where run = $1 and stream = $2', [
    run,
    stream,
  ]);
}

/** What the check phase asked for and is not loaded, and for how many drafts. */
export async function notLoadedOf(
  reader: Queries,
  run: string,
): Promise<{ code: string; canonical: string; drafts: number }[]> {
  const { rows } = await reader.query<{ name: string; drafts: string }>(
    `select counted.key as name, sum(counted.value::bigint) as drafts
       from handover.batch, jsonb_each_text(batch.counts) as counted
      where batch.run = $1 and batch.phase = 'check' and counted.key like '%-not-loaded %'
      group by counted.key order by counted.key`,
    [run],
  );
  return rows.map(({ name, drafts }) => {
    const [code = '', canonical = ''] = name.split(' ');
    return { code, canonical, drafts: Number(drafts) };
  });
}

export async function unreadOf(
  reader: Queries,
  run: string,
): Promise<{ stream: string; path: string; populated: number }[]> {
  const { rows } = await reader.query<{ stream: string; path: string; populated: string }>(
    `select stream, path, populated from handover.unread where run = $1 order by stream, path`,
    [run],
  );
  return rows.map((row) => ({ ...row, populated: Number(row.populated) }));
}
