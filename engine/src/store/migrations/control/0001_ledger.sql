-- The control database of one project: plan revisions, runs, and the ledger.
-- What stands here in clear: names from the plan and the source's schema, counts, codes, instants,
-- keyed digests and tokens. Source keys, cursors and key ranges are sealed under the project key.
create schema if not exists handover;

create table handover.revision (
  digest text primary key,
  plan bytea not null,                      -- sealed: canonical JSON of plan, mappings, code maps
  recorded_at timestamptz not null default now()
);

create table handover.run (
  id uuid primary key,
  revision text not null references handover.revision,
  strategy text not null,
  protocol integer not null,                -- durable-protocol number of the binary that began it
  state text not null default 'running'
    check (state in ('running', 'paused', 'cancelled', 'failed', 'finished', 'undone')),
  code text,                                -- why it paused or failed
  resumes integer not null default 0,
  verifications integer not null default 1, -- how often what was written has been read back
  replays integer not null default 0,
  started_at timestamptz not null default now(),
  ended_at timestamptz
);

-- A run is pinned to one revision; a replay under a corrected mapping adds the revision it used.
create table handover.run_revision (
  run uuid not null references handover.run,
  revision text not null references handover.revision,
  reason text not null,
  recorded_at timestamptz not null default now(),
  primary key (run, revision)
);

create table handover.stream (
  run uuid not null references handover.run,
  name text not null,
  source text not null,
  position integer not null,                -- the order in which streams are loaded
  keyed boolean not null,
  generation integer not null default 1,    -- rises when a lost snapshot starts the stream again
  snapshot bytea,                           -- sealed name of the snapshot it is read under
  schema jsonb not null,                    -- columns and types as found by assess
  schema_digest text not null,
  source_count bigint,
  primary key (run, name)
);

-- Where a slice stands in a phase. The row is the lease: `fence` rises with every claim, and a
-- commit names the fence it was claimed under.
create table handover.slice (
  run uuid not null references handover.run,
  phase text not null,
  target text not null default '',
  stream text not null,
  slice text not null,
  position integer not null default 0,      -- number of the next batch
  cursor bytea,                             -- sealed
  range bytea,                              -- sealed
  fence bigint not null default 0,
  holder text,
  lease_until timestamptz,
  done boolean not null default false,
  primary key (run, phase, target, stream, slice)
);

create table handover.batch (
  run uuid not null,
  phase text not null,
  target text not null default '',
  stream text not null,
  slice text not null,
  number integer not null,
  attempt uuid not null,
  fence bigint not null,
  revision text not null,
  counts jsonb not null,
  root bytea not null,                      -- Merkle root of the batch's salted leaves
  committed_at timestamptz not null default now(),
  primary key (run, stream, phase, target, slice, number)
) partition by list (run);

create table handover.parcel (
  run uuid not null,
  phase text not null,
  target text not null default '',
  stream text not null,
  slice text not null,
  number integer not null,
  role text not null check (role in ('records', 'drafts', 'before')),
  name text not null,
  wrapped_key bytea not null,
  manifest jsonb not null,
  primary key (run, stream, phase, target, slice, number, role)
);
create unique index parcel_name on handover.parcel (name);

-- The entries of a batch, packed: value i of every column belongs to ordinal i.
create table handover.entry (
  run uuid not null,
  stream text not null,
  phase text not null,
  target text not null default '',
  slice text not null,
  number integer not null,
  count integer not null,
  tokens bytea not null,                    -- 16 bytes each: key tokens (extract) or draft ids (map)
  types text[] not null,                    -- resource types that occur (map, load)
  type_of bytea not null,                   -- one byte each: place in types
  subjects bytea not null,                  -- 16 bytes each: subject tokens; zero: about no patient
  digests bytea not null,                   -- 32 bytes each: keyed digests of record or draft
  salts bytea not null,                     -- 16 bytes each, sealed
  contributions bytea not null,             -- map: for each draft, count (u16) then ordinals (u32)
  states bytea not null,                    -- load: one byte each; else empty
  versions bytea not null,                  -- load: target's version, u32 each; else empty
  mapping_digest text,
  primary key (run, stream, phase, target, slice, number)
) partition by list (run);
alter table handover.entry alter column tokens set storage external;
alter table handover.entry alter column digests set storage external;

-- What did not go the common way; one row per record or draft. Never changed: a resolution is added.
create table handover.exception (
  id bigint generated always as identity,
  run uuid not null,
  phase text not null,
  target text not null default '',
  stream text not null,
  slice text not null,
  number integer not null,
  ordinal integer not null,
  kind text not null check (kind in ('quarantined', 'excluded', 'waiting')),
  code text not null,
  path text not null default '',
  token bytea not null,
  subject bytea,                            -- token of the patient, where the facts name one
  raised_at timestamptz not null default now(),
  primary key (run, id)
) partition by list (run);

create table handover.resolution (
  run uuid not null,
  exception bigint not null,
  outcome text not null check (outcome in ('loaded', 'quarantined', 'replayed')),
  code text not null default '',
  version integer,
  resolved_at timestamptz not null default now(),
  primary key (run, exception)
);

-- Running totals. The checks are promise 1: the database itself refuses a commit that does not
-- balance.
create table handover.record_balance (
  run uuid not null references handover.run,
  stream text not null,
  read bigint not null default 0,
  mapped bigint not null default 0,
  quarantined bigint not null default 0,
  excluded bigint not null default 0,
  waiting bigint not null default 0,
  primary key (run, stream),
  constraint records_balance check (read = mapped + quarantined + excluded + waiting),
  constraint records_not_negative check (least(read, mapped, quarantined, excluded, waiting) >= 0)
);

create table handover.draft_balance (
  run uuid not null references handover.run,
  stream text not null,
  target text not null,
  drafted bigint not null default 0,
  loaded bigint not null default 0,
  merged bigint not null default 0,
  superseded bigint not null default 0,
  removed bigint not null default 0,
  quarantined bigint not null default 0,
  excluded bigint not null default 0,
  waiting bigint not null default 0,
  primary key (run, stream, target),
  constraint drafts_balance check (
    drafted = loaded + merged + superseded + removed + quarantined + excluded + waiting),
  constraint drafts_not_negative check (
    least(drafted, loaded, merged, superseded, removed, quarantined, excluded, waiting) >= 0)
);

-- Before a write, intent: what will be written and what stood there. The first intent of a batch
-- stands: a second attempt finds the before-images of the first.
create table handover.intent (
  run uuid not null,
  target text not null,
  stream text not null,
  slice text not null,
  number integer not null,
  attempt uuid not null,
  writes integer not null,
  digest bytea not null,                    -- keyed, over ids and draft digests in order
  committed_at timestamptz not null default now(),
  primary key (run, target, stream, slice, number)
);

create table handover.finding (
  id bigint generated always as identity,
  run uuid not null,
  target text not null,
  stream text not null,
  slice text not null,
  number integer not null,
  ordinal integer not null,
  verifier text not null check (verifier in ('delivery', 'facts', 'scan')),
  kind text not null check (kind in ('missing', 'extra', 'different', 'unverifiable')),
  code text not null,
  type text not null,
  resource text not null,                   -- stable id
  path text not null,
  primary key (run, id)
) partition by list (run);

create table handover.disposition (
  run uuid not null references handover.run,
  stream text not null,
  item text not null default '',            -- '' is the whole stream, else a column
  fate text not null check (fate in ('moved', 'archived', 'not moved', 'undecided')),
  reason text not null default '',
  owner text not null default '',
  approver text not null default '',
  populated bigint,
  primary key (run, stream, item)
);

create table handover.unread (
  run uuid not null references handover.run,
  stream text not null,
  path text not null,
  populated bigint not null,
  primary key (run, stream, path)
);

-- From its opening on a target is a legal record: corrected, never undone.
create table handover.opening (
  target text primary key,
  opened_at timestamptz not null default now(),
  opened_by text not null
);

create table handover.undo (
  run uuid not null,
  target text not null,
  stream text not null,
  slice text not null,
  number integer not null,
  reverted integer not null,
  committed_at timestamptz not null default now(),
  primary key (run, target, stream, slice, number)
);

-- One partition per run and table: a run's ledger is read, kept or retired as one thing.
create function handover.open_ledger(run_id uuid) returns void language plpgsql as $$
declare
  parent text;
begin
  foreach parent in array array['batch', 'entry', 'exception', 'finding'] loop
    execute format(
      'create table if not exists handover.%I partition of handover.%I for values in (%L)',
      parent || '_' || replace(run_id::text, '-', ''), parent, run_id);
  end loop;
end
$$;

-- Append-only: what is written about a record is not rewritten.
create function handover.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is append-only' using errcode = 'HL001';
end
$$;
create trigger batch_append_only before update or delete on handover.batch
  for each row execute function handover.refuse_change();
create trigger entry_append_only before update or delete on handover.entry
  for each row execute function handover.refuse_change();
create trigger exception_append_only before update or delete on handover.exception
  for each row execute function handover.refuse_change();
create trigger resolution_append_only before update or delete on handover.resolution
  for each row execute function handover.refuse_change();
create trigger intent_append_only before update or delete on handover.intent
  for each row execute function handover.refuse_change();

-- A snapshot died before its stream was read whole: that stream was started again, and what had
-- been read under the old snapshot left the balance.
create table handover.stream_restart (
  run uuid not null,
  stream text not null,
  generation integer not null,              -- the generation given up
  read bigint not null,
  restarted_at timestamptz not null default now(),
  primary key (run, stream, generation)
);

-- Drafts whose record was mapped again (replay): the draft made then stands instead of them.
create table handover.superseded (
  run uuid not null,
  stream text not null,
  slice text not null,
  number integer not null,
  ordinal integer not null,
  primary key (run, stream, slice, number, ordinal)
);
