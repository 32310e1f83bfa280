-- Contributions across batches: records (children, rows of a group) that took part in what was made of
-- a record of another batch, packed by pair of batches. Entered with the batch that made it; what
-- became of that record is what becomes of them.
create table handover.folded (
  run uuid not null references handover.run,
  stream text not null,
  slice text not null,
  number integer not null,
  into_stream text not null,
  into_slice text not null,
  into_number integer not null,
  ordinals bytea not null,                  -- u32 LE each: records that took part
  into_ordinals bytea not null,             -- u32 LE each: the record that each took part in
  primary key (run, stream, slice, number, into_stream, into_slice, into_number)
);
create index folded_into on handover.folded (run, into_stream, into_slice, into_number);
create trigger folded_append_only before update or delete on handover.folded
  for each row execute function handover.refuse_change();
