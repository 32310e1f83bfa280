-- Who is who. A record of a person is the Patient that a stream's record makes, under the token of its
-- stable id (made of the stream and the source's key); nothing here names anybody. Who is with whom
-- follows from links and decisions alone. A person goes by the id of its oldest record, so that an id
-- never leads to anybody else.
create table handover.person_record (
  token bytea primary key,                  -- stable id of the Patient, 16 bytes
  ordinal bigint generated always as identity unique, -- the order of arrival
  stream text not null,
  run uuid not null references handover.run,
  arrived_at timestamptz not null default now()
);

-- Models are estimated once and then frozen; the newest is the one that is pinned.
create table handover.linkage_model (
  ordinal bigint generated always as identity primary key,
  digest text not null,
  model jsonb not null,                     -- m and u by level; no value of any record
  pinned_at timestamptz not null default now()
);

-- What the machine says of a pair; the newest row of a pair stands.
create table handover.person_link (
  ordinal bigint generated always as identity primary key,
  one bytea not null references handover.person_record,
  other bytea not null references handover.person_record,
  weight double precision not null,         -- match weight
  reason text not null,
  stands boolean not null,                  -- false: what is known by now no longer says so
  model text not null,                      -- digest
  run uuid not null references handover.run,
  said_at timestamptz not null default now(),
  check (one < other)
);
create index person_link_pair on handover.person_link (one, other, ordinal desc);

-- What a human says of a pair, which outranks the machine; the newest row of a pair stands.
create table handover.person_decision (
  ordinal bigint generated always as identity primary key,
  one bytea not null references handover.person_record,
  other bytea not null references handover.person_record,
  verdict text not null check (verdict in ('same', 'differ', 'withdrawn')),
  reason bytea not null,                    -- sealed: it may speak of a patient
  decided_by text not null,
  decided_at timestamptz not null default now(),
  check (one < other)
);
create index person_decision_pair on handover.person_decision (one, other, ordinal desc);

-- The person that a record is in from then on; a record without a row is a person by itself.
create table handover.membership (
  ordinal bigint generated always as identity primary key,
  record bytea not null references handover.person_record,
  person bytea not null references handover.person_record,
  because text not null,                    -- linked, decided, parted
  since timestamptz not null default now()
);
create index membership_record on handover.membership (record, ordinal desc);

-- Each round of a run (its first, and every replay or re-map) is linked once, under one model.
create table handover.linkage_round (
  run uuid not null references handover.run,
  round integer not null,
  model text not null,
  counts jsonb not null,
  decided_at timestamptz not null default now(),
  primary key (run, round)
);

-- The records that a round leads to another one's chart, whole for each round.
create table handover.charted (
  run uuid not null,
  round integer not null,
  record bytea not null,
  chart bytea not null check (chart <> record),
  kept bytea not null,                      -- sealed: what the chart keeps of the record
  primary key (run, round, record),
  foreign key (run, round) references handover.linkage_round
);

-- What a human is asked: the questions of the newest round stand.
create table handover.person_question (
  run uuid not null,
  round integer not null,
  place integer not null,                   -- what an answer settles most comes first
  one bytea not null,
  other bytea not null,                     -- the same as `one`: a record overwritten by another person's
  weight double precision not null,
  settles integer not null,
  alarms text[] not null,
  primary key (run, round, place),
  foreign key (run, round) references handover.linkage_round
);

create trigger person_record_append_only before update or delete or truncate
  on handover.person_record for each statement execute function handover.refuse_decision_change();
create trigger linkage_model_append_only before update or delete or truncate
  on handover.linkage_model for each statement execute function handover.refuse_decision_change();
create trigger person_link_append_only before update or delete or truncate
  on handover.person_link for each statement execute function handover.refuse_decision_change();
create trigger person_decision_append_only before update or delete or truncate
  on handover.person_decision for each statement execute function handover.refuse_decision_change();
create trigger membership_append_only before update or delete or truncate
  on handover.membership for each statement execute function handover.refuse_decision_change();
create trigger linkage_round_append_only before update or delete or truncate
  on handover.linkage_round for each statement execute function handover.refuse_decision_change();
create trigger charted_append_only before update or delete or truncate
  on handover.charted for each statement execute function handover.refuse_decision_change();
create trigger person_question_append_only before update or delete or truncate
  on handover.person_question for each statement execute function handover.refuse_decision_change();
