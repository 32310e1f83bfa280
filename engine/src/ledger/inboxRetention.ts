import type { Queries, Transaction } from '../store/session.ts';
import { stands } from './exceptions.ts';
import type { InboxParcel } from './inbox.ts';

/** A parcel of an inbox without its bytes. */
export interface ParcelCounts {
  first: number;
  count: number;
  /** By stream. */
  counts: Readonly<Record<string, number>>;
  /** Its bytes and their key are gone. */
  isPurged: boolean;
}

/** The parcels of an inbox, in order. */
export async function inboxParcels(reader: Queries, inbox: string): Promise<ParcelCounts[]> {
  const { rows } = await reader.query<Omit<ParcelCounts, 'first'> & { first: string }>(
    `select first, count, counts, octet_length(sealed) = 0 as "isPurged"
       from handover.inbox_parcel where inbox = $1 order by first`,
    [inbox],
  );
  return rows.map((row) => ({ ...row, first: Number(row.first) }));
}

/** How far the newest finished run over a stream has read it. */
export interface FinishedReading {
  run: string;
  /** As the run has it: with its source. */
  stream: string;
  /** Sealed name of the snapshot it was read under. */
  snapshot: Buffer;
  /** The run ended at least so long ago as was asked for. */
  isAged: boolean;
}

/** By stream of the source; runs that were undone, or have not ended well, say nothing. */
export async function finishedReadings(
  reader: Queries,
  source: string,
  days: number,
): Promise<FinishedReading[]> {
  const { rows } = await reader.query<FinishedReading>(
    `select distinct on (s.name) s.run, s.name as stream, s.snapshot,
            r.ended_at <= now() - make_interval(days => $2) as "isAged"
       from handover.stream s join handover.run r on r.id = s.run
      where s.source = $1 and r.state = 'finished' and s.snapshot is not null
      order by s.name, r.ended_at desc`,
    [source, days],
  );
  return rows;
}

/** What a run holds of a stream: tokens of records, and how many drafts. */
export interface HeldOfStream {
  records: Buffer[];
  drafts: number;
}

export async function heldOfStream(
  reader: Queries,
  run: string,
  stream: string,
): Promise<HeldOfStream> {
  const { rows } = await reader.query<{ isRecord: boolean; tokens: Buffer[]; count: string }>(
    `select e.phase in ('extract', 'map') as "isRecord", count(*) as count,
            case when e.phase in ('extract', 'map') then array_agg(distinct e.token)
                 else '{}'::bytea[] end as tokens
       from handover.exception e
       left join handover.resolution r on r.run = e.run and r.exception = e.id
      where e.run = $1 and e.stream = $2 and ${stands}
        and (e.kind <> 'excluded' or r.outcome = 'quarantined')
      group by e.phase`,
    [run, stream],
  );
  return {
    records: rows.filter(({ isRecord }) => isRecord).flatMap(({ tokens }) => tokens),
    drafts: rows.reduce((sum, row) => sum + (row.isRecord ? 0 : Number(row.count)), 0),
  };
}

/** Runs that may still read an inbox; none can begin before this transaction has ended. */
export async function unfinishedRuns(transaction: Transaction): Promise<number> {
  await transaction.query('lock table handover.run in share mode');
  const { rows } = await transaction.query<{ count: string }>(
    "select count(*) from handover.run where state in ('running', 'paused')",
  );
  return Number(rows[0]?.count ?? 0);
}

/** Destroy the bytes of parcels and their keys; what makes their messages known again stays. */
export async function purgeParcels(
  transaction: Transaction,
  inbox: string,
  firsts: readonly number[],
): Promise<void> {
  await transaction.query(
    `update handover.inbox_parcel set sealed = '', wrapped_key = ''
      where inbox = $1 and first = any($2::bigint[])`,
    [inbox, firsts],
  );
}

/** One parcel with its bytes. */
export async function inboxParcelAt(
  reader: Queries,
  inbox: string,
  first: number,
): Promise<InboxParcel | undefined> {
  const { rows } = await reader.query<
    Omit<InboxParcel, 'streams'> & { names: string[]; of: Buffer }
  >(
    `select first::int as first, streams as names, stream_of as of, wrapped_key as "wrappedKey",
            manifest, sealed
       from handover.inbox_parcel where inbox = $1 and first = $2`,
    [inbox, first],
  );
  return (
    rows[0] && { ...rows[0], streams: Array.from(rows[0].of, (at) => rows[0]?.names[at] ?? '') }
  );
}
