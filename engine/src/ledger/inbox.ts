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

/** What has arrived under these tokens. */
export async function seenUnder(
  reader: Queries,
  inbox: string,
  tokens: readonly Buffer[],
): Promise<SeenMessage[]> {
  const { rows } = await reader.query<{ token: Buffer; digest: Buffer }>(
    'select token, digest from handover.inbox_seen where inbox = $1 and token = any($2::bytea[])',
    [inbox, tokens],
  );
  return rows;
}

/**
 * Keep arrivals: the parcel, what makes them known again, and their issues, if the inbox still
 * stands where `after` says. Returns false, having written nothing, when it does not: another
 * listener was there, or an earlier attempt of ours whose answer was lost.
 */
export async function commitArrivals(
  transaction: Transaction,
  commit: ArrivalCommit,
): Promise<boolean> {
  const { inbox, after, seen, issues } = commit;
  const streams = [...new Set(commit.streams)];
  const counts = Object.fromEntries(
    streams.map((name) => [name, commit.streams.filter((each) => each === name).length]),
  );
  const { rows } = await transaction.query<{ moved: string }>(keep, [
    inbox,
    after,
    seen.length,
    commit.repeats,
    streams,
    Buffer.from(commit.streams.map((name) => streams.indexOf(name))),
    JSON.stringify(counts),
    commit.wrappedKey,
    JSON.stringify(commit.manifest),
    commit.sealed,
    seen.map(({ token }) => token),
    seen.map(({ digest }) => digest),
    issues.map(({ number }) => number),
    issues.map(({ code }) => code),
    issues.map(({ refused }) => refused),
  ]);
  return rows[0]?.moved === '1';
}

const keep = `
  with moved as (
    update handover.inbox set arrivals = arrivals + $3::int, repeats = repeats + $4::int
     where name = $1 and arrivals = $2::bigint
    returning 1
  ), parcel as (
    insert into handover.inbox_parcel
      (inbox, first, count, streams, stream_of, counts, wrapped_key, manifest, sealed)
    select $1, $2::bigint + 1, $3::int, $5::text[], $6::bytea, $7::jsonb, $8::bytea, $9::jsonb,
           $10::bytea
      from moved where $3::int > 0
  ), seen as (
    insert into handover.inbox_seen (inbox, token, digest, number)
    select $1, token, digest, $2::bigint + place
      from moved, unnest($11::bytea[], $12::bytea[]) with ordinality as each(token, digest, place)
  ), issue as (
    insert into handover.inbox_issue (inbox, number, code, refused)
    select $1, each.* from moved, unnest($13::bigint[], $14::text[], $15::boolean[]) as each
  )
  select count(*) as moved from moved`;

/** How many arrivals of each stream stand among the first `upTo`. */
export async function inboxStreams(
  reader: Queries,
  inbox: string,
  upTo: number,
): Promise<Map<string, number>> {
  const { rows } = await reader.query<{ stream: string; count: string }>(
    `select each.key as stream, sum(each.value::bigint) as count
       from handover.inbox_parcel, jsonb_each_text(counts) as each
      where inbox = $1 and first <= $2
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
      where inbox = $1 and first <= $4 and $2 = any(streams) and first + count > $3::bigint + 1
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
