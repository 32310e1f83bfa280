-- Inboxes of live feeds: what was acknowledged to its sender and waits for a run, and what was
-- refused. Nothing is acknowledged before the transaction that holds it has been committed.
create table handover.inbox (
  name text primary key,                    -- the source, as the plan names it
  arrivals bigint not null default 0,       -- number of the last arrival; commits compare and set it
  repeats bigint not null default 0         -- sent again, acknowledged again, not kept again
);

-- What one commit kept, sealed together. As in handover.entry, value i belongs to ordinal i; the
-- arrival with number n is ordinal n - first.
create table handover.inbox_parcel (
  inbox text not null references handover.inbox,
  first bigint not null,
  count integer not null,
  streams text[] not null,                  -- message types that occur
  stream_of bytea not null,                 -- one byte each: place in streams
  counts jsonb not null,                    -- by stream
  wrapped_key bytea not null,
  manifest jsonb not null,
  sealed bytea not null,                    -- a parcel: compressed, then encrypted
  received_at timestamptz not null default now(),
  primary key (inbox, first)
);
alter table handover.inbox_parcel alter column sealed set storage external;

-- By which a message that comes again is known.
create table handover.inbox_seen (
  inbox text not null,
  token bytea not null,                     -- 16 bytes: of sender and control id
  digest bytea not null,                    -- 32 bytes: keyed digest of the bytes
  number bigint not null,
  primary key (inbox, token, digest)
);

-- Arrivals with something to look at: refused ones, and those under the control id of another.
create table handover.inbox_issue (
  inbox text not null,
  number bigint not null,
  code text not null,
  refused boolean not null,
  primary key (inbox, number)
);

create trigger inbox_seen_append_only before update or delete on handover.inbox_seen
  for each row execute function handover.refuse_change();
create trigger inbox_issue_append_only before update or delete on handover.inbox_issue
  for each row execute function handover.refuse_change();
