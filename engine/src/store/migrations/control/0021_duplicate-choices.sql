-- Which of several records with one key stands, as somebody decided. It goes by what the records are
-- (their keyed digests) and not by where they were read, so that it holds for every later run that reads
-- just these records under the key; the newest decision of a set of records counts.
create table handover.duplicate_choice (
  id bigint generated always as identity primary key,
  stream text not null,
  token bytea not null,
  rivals bytea not null,                    -- digests of all records with the key, 32 bytes each, in order
  chosen bytea not null,                    -- digest of the one that stands
  run uuid not null references handover.run,
  decided_by text not null,
  decided_at timestamptz not null default now()
);
create index duplicate_choice_of on handover.duplicate_choice (stream, token);
create trigger duplicate_choice_append_only before update or delete on handover.duplicate_choice
  for each row execute function handover.refuse_change();

-- The record that stands in a run, by where it was staged first: entered before the stream is mapped, or
-- when it is decided, and never changed. Every other record with the key is set aside.
create table handover.standing_record (
  run uuid not null references handover.run,
  stream text not null,
  token bytea not null,
  slice text not null,
  number integer not null,
  ordinal integer not null,
  choice bigint not null references handover.duplicate_choice,
  primary key (run, stream, token)
);
create trigger standing_record_append_only before update or delete on handover.standing_record
  for each row execute function handover.refuse_change();
