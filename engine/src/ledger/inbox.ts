import type { Database } from '../store/database.ts';
import type { Queries, Transaction } from '../store/session.ts';

/** An inbox as it stands: counts of what came. */
export interface InboxState {
  /** Number of the last arrival; they are numbered from 1, without a gap. */
  arrivals: number;
  /** Sent again, acknowledged again and not kept again. */
  repeats: number;
}

/** A message as the inbox knows it again. */
export interface SeenMessage {
  /** 16 bytes: of sender and control id. */
  token: Buffer;
  /** 32 bytes: keyed digest of its bytes. */
  digest: Buffer;
}

/** What is to be looked at in an arrival. */
export interface ArrivalIssue {
  number: number;
  code: string;
  /** It was not acknowledged as taken: its bytes are kept to look at. */
  refused: boolean;
}

/** What one commit keeps; the arrivals behind `after`, in order. */
export interface ArrivalCommit {
  inbox: string;
  /** The last number before this commit; another one there means that somebody else committed. */
  after: number;
  seen: readonly SeenMessage[];
  /** The stream of each arrival. */
  streams: readonly string[];
  issues: readonly ArrivalIssue[];
  repeats: number;
  sealed: Buffer;
  wrappedKey: Buffer;
  manifest: object;
}

/** Make the inbox of a source, if there is none, and say where it stands. */
export async function openInbox(transaction: Transaction, inbox: string): Promise<InboxState> {
  await transaction.query(
    'insert into handover.inbox (name) values ($1) on conflict (name) do nothing',
    [inbox],
  );
  return inboxState(transaction, inbox);
}

/** All zero for a source that never listened. */
export async function inboxState(reader: Queries, inbox: string): Promise<InboxState> {
  const { rows } = await reader.query<{ arrivals: string; repeats: string }>(
    'select arrivals, repeats from handover.inbox where name = $1',
    [inbox],
  );
  return { arrivals: Number(rows[0]?.arrivals ?? 0), repeats: Number(rows[0]?.repeats ?? 0) };
}

/** What became of an attempt to keep arrivals. */
export type CommitOutcome =
  | { is: 'kept' }
  /** Nothing was written: of some tokens there are arrivals already, and these are all of them. */
  | { is: 'seen'; seen: SeenMessage[] }
  /** Nothing was written: the inbox does not stand where `after` says. */
  | { is: 'moved' };

/**
 * Keep arrivals, in one statement that is a transaction of its own: the parcel, what makes them known
 * again, and their issues; if the inbox still stands where `after` says, and if nothing has arrived
 * under their tokens, unless that `isKnown`. Another listener may have been there, or an earlier
 * attempt of ours whose answer was lost. What arrives moves the inbox, so what was seen where it
 * stands is all that there is.
 */
export async function commitArrivals(
  database: Database,
  commit: ArrivalCommit,
  isKnown: boolean,
): Promise<CommitOutcome> {
  const { inbox, after, seen, issues } = commit;
  const places = new Map<string, number>();
  const counts: Record<string, number> = {};
  const streamOf = Buffer.alloc(commit.streams.length);
  for (const [at, name] of commit.streams.entries()) {
    const place = places.get(name) ?? places.size;
    places.set(name, place);
    streamOf[at] = place;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  const { rows } = await database.commit<{ moved: boolean; tokens: Buffer[]; digests: Buffer[] }>({
    name: 'inbox.keep',
    sql: keep,
    parameters: [
      inbox,
      after,
      seen.length,
      commit.repeats,
      [...places.keys()],
      streamOf,
      JSON.stringify(counts),
      commit.wrappedKey,
      JSON.stringify(commit.manifest),
      commit.sealed,
      Buffer.concat(seen.map(({ token }) => token)),
      Buffer.concat(seen.map(({ digest }) => digest)),
      isKnown,
      issues.map(({ number }) => number),
      issues.map(({ code }) => code),
      issues.map(({ refused }) => refused),
    ],
  });
  const [{ moved, tokens, digests } = { moved: false, tokens: [], digests: [] }] = rows;
  if (moved) return { is: 'kept' };
  if (isKnown || tokens.length === 0) return { is: 'moved' };
  return {
    is: 'seen',
    seen: tokens.map((token, at) => ({ token, digest: digests[at] as Buffer })),
  };
}

const keep = `
  with arrived as materialized (
    select substr($11::bytea, 16 * place + 1, 16) as token,
           substr($12::bytea, 32 * place + 1, 32) as digest, place
      from generate_series(0, $3::int - 1) as place
  ), known as materialized (
    select token, digest from handover.inbox_seen
     where not $13::boolean and inbox = $1 and token = any(array(select token from arrived))
  ), moved as (
    update handover.inbox set arrivals = arrivals + $3::int, repeats = repeats + $4::int
     where name = $1 and arrivals = $2::bigint and not exists (select from known)
    returning 1
  ), parcel as (
    insert into handover.inbox_parcel
      (inbox, first, count, streams, stream_of, counts, wrapped_key, manifest, sealed)
    select $1, $2::bigint + 1, $3::int, $5::text[], $6::bytea, $7::jsonb, $8::bytea, $9::jsonb,
           $10::bytea
      from moved where $3::int > 0
  ), seen as (
    insert into handover.inbox_seen (inbox, token, digest, number)
    select $1, token, digest, $2::bigint + 1 + place from moved, arrived
  ), issue as (
    insert into handover.inbox_issue (inbox, number, code, refused)
    select $1, each.*
      from moved, unnest($14::bigint[], $15::text[], $16::boolean[]) as each
  )
  select exists (select from moved) as moved,
         array(select token from known) as tokens, array(select digest from known) as digests`;

/** How many arrivals of each stream stand among the first `upTo`, without those purged. */
export async function inboxStreams(
  reader: Queries,
  inbox: string,
  upTo: number,
): Promise<Map<string, number>> {
  const { rows } = await reader.query<{ stream: string; count: string }>(
    `select each.key as stream, sum(each.value::bigint) as count
       from handover.inbox_parcel, jsonb_each_text(counts) as each
      where inbox = $1 and first <= $2 and octet_length(sealed) > 0
      group by each.key order by each.key`,
    [inbox, upTo],
  );
  return new Map(rows.map(({ stream, count }) => [stream, Number(count)]));
}

/** A parcel of an inbox, as it is read again. */
export interface InboxParcel {
  /** Number of its first arrival. */
  first: number;
  /** The stream of each arrival. */
  streams: string[];
  wrappedKey: Buffer;
  manifest: unknown;
  sealed: Buffer;
}

/**
 * The next parcels that hold arrivals of `stream` with numbers above `after` and up to `upTo`, in
 * order, `limit` at most. Parcels are never cut by `upTo` when that is where an inbox stood.
 */
export async function nextInboxParcels(
  reader: Queries,
  wanted: { inbox: string; stream: string; after: number; upTo: number; limit: number },
): Promise<InboxParcel[]> {
  const { rows } = await reader.query<ParcelColumns>(
    `select first, streams, stream_of, wrapped_key, manifest, sealed
       from handover.inbox_parcel
      where inbox = $1 and first <= $4 and octet_length(sealed) > 0 and $2 = any(streams) and first + count > $3::bigint + 1
        and first >= coalesce((select max(first) from handover.inbox_parcel
                                where inbox = $1 and first <= $3::bigint + 1), 0)
      order by first limit $5`,
    [wanted.inbox, wanted.stream, wanted.after, wanted.upTo, wanted.limit],
  );
  return rows.map((row) => ({
    first: Number(row.first),
    streams: Array.from(row.stream_of, (place) => row.streams[place] ?? ''),
    wrappedKey: row.wrapped_key,
    manifest: row.manifest,
    sealed: row.sealed,
  }));
}

interface ParcelColumns {
  first: string;
  streams: string[];
  stream_of: Buffer;
  wrapped_key: Buffer;
  manifest: unknown;
  sealed: Buffer;
}

/** How many arrivals have which issue. */
export async function inboxIssues(
  reader: Queries,
  inbox: string,
): Promise<{ code: string; refused: boolean; count: number }[]> {
  const { rows } = await reader.query<{ code: string; refused: boolean; count: string }>(
    `select code, refused, count(*) as count from handover.inbox_issue
      where inbox = $1 group by code, refused order by code`,
    [inbox],
  );
  return rows.map((row) => ({ ...row, count: Number(row.count) }));
}
