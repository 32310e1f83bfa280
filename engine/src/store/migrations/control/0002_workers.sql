-- Who works on this project's runs, and what people told those runs. The durable engine keeps its
-- own tables in schema dbos of this database; a `workflow` below is an id there (never a foreign
-- key: the two schemas migrate apart).

-- One row per living worker process. It also holds, for as long as its session lives, the advisory
-- lock of its id; a worker is dead when that lock is free or its beat is too old.
create table handover.worker (
  id uuid primary key,
  name text not null,                       -- chosen by the operator; never a host's name
  protocol integer not null,                -- durable-protocol number of its binary
  started_at timestamptz not null default clock_timestamp(),
  beat_at timestamptz not null default clock_timestamp(),
  draining boolean not null default false
);

-- A signal is a fact that is set once: the first value stands.
create table handover.signal (
  workflow text not null,
  name text not null,
  value jsonb not null,                     -- ids, counts and tokens only
  sent_at timestamptz not null default clock_timestamp(),
  primary key (workflow, name)
);

-- A workflow that was stopped by request, with all that it started: paused, or cancelled for good.
create table handover.halt (
  workflow text primary key,
  final boolean not null,
  halted_at timestamptz not null default clock_timestamp()
);
