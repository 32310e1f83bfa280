-- The audit log as a Merkle tree (RFC 6962): every event has a place and a salted leaf in it, and the
-- tree's head is signed from time to time. What was recorded before this has no place.
alter table audit.event
  add column place bigint,                  -- from 0, without a gap
  add column salt bytea,                    -- 16 random bytes: a leaf that is shown gives nothing away
  add column leaf bytea,                    -- 32 bytes, and stays when an erasure takes the rest
  add constraint event_in_tree check (num_nulls(place, salt, leaf) in (0, 3));
create unique index event_place on audit.event (place);

-- How far the tree has grown, as the roots of its perfect subtrees; whoever appends holds this row.
create table audit.tree (
  one boolean primary key default true check (one),
  size bigint not null,
  roots bytea not null
);
insert into audit.tree (size, roots) values (0, '');

create table audit.checkpoint (
  size bigint primary key,
  note text not null,                       -- C2SP tlog-checkpoint, signed
  signed_at timestamptz not null default now()
);
