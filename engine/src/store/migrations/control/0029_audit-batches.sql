-- What a batch of a run read, wrote or took away, as one event of the log and one leaf of its tree: the
-- items of each patient, packed. Committed with the batch's intent, or with the batch.
create table audit.batch (
  event bigint primary key,                 -- of audit.event
  run text not null,
  -- Name of the source or target in the plan.
  system text not null,
  slice text not null,
  number int not null,
  count int not null,                       -- items, those about no patient too
  root bytea not null,                      -- root of the batch's entries, where they are its items
  -- Tokens of the patients, 16 bytes each, and how many items each has (u32 LE).
  patients bytea not null,
  counts bytea not null,
  -- Items, patient by patient, those about none at the end: tokens of the ids, 16 bytes each, and types.
  ids bytea not null,
  types text[] not null,
  type_of bytea not null
);
-- Random bytes: compressing them costs and yields nothing.
alter table audit.batch alter column patients set storage external;
alter table audit.batch alter column ids set storage external;
create index batch_place on audit.batch (run, system, slice, number);

create trigger batch_append_only before update or delete or truncate on audit.batch
  for each statement execute function audit.refuse_change();
revoke all on audit.batch from public;
revoke update, delete, truncate on audit.batch from current_user;
