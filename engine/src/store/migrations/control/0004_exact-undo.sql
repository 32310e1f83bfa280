-- What an intent is about to write, so that a run that was killed before it could commit its batch is
-- undone as exactly as any other: ids of drafts as raw 16 bytes, and their types.
alter table handover.intent
  add column tokens bytea not null default '',
  add column types text[] not null default '{}',
  add column type_of bytea not null default '';

-- Key tokens that more than one record of a stream has, found once the stream has been read whole.
-- Such records are held: their resources would overwrite each other.
create table handover.repeated_key (
  run uuid not null,
  stream text not null,
  token bytea not null,
  primary key (run, stream, token)
);
