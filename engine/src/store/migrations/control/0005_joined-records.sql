-- Records that other streams reach (lookups, children, groups), found by the text of some of their
-- columns: once a stream has been read whole, one row for each key and batch, under a keyed token of
-- the key. The records are sealed under a data key of their batch, which stands here wrapped; to
-- destroy it, and the rows, is to erase them here.
create table handover.joined_batch (
  run uuid not null references handover.run,
  name text not null,                       -- stream and columns
  slice text not null,
  number integer not null,
  media_type text not null,
  wrapped_key bytea not null,
  primary key (run, name, slice, number)
);

create table handover.joined (
  run uuid not null references handover.run,
  name text not null,
  token bytea not null,                     -- keyed, of the joined columns' text
  slice text not null,
  number integer not null,
  records bytea not null,                   -- sealed: ordinal, key and bytes of each
  primary key (run, name, token, slice, number)
);
