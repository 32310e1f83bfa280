-- The generation of the project key that this database is sealed under: one row. Programs that hold
-- another one are refused when they connect.
create table handover.sealing (
  place boolean primary key default true check (place), -- there is one
  generation text not null
);

-- Rotations of the project key: asked for by one, approved by another, done once.
create table handover.key_rotation_request (
  id bigint generated always as identity primary key,
  reason bytea not null,                    -- sealed
  author text not null references access.account,
  requested_at timestamptz not null,
  unique (id, author)
);

create table handover.key_rotation_approval (
  request bigint not null,
  author text not null,
  approver text not null references access.account,
  approved_at timestamptz not null,
  primary key (request, approver),
  foreign key (request, author) references handover.key_rotation_request (id, author),
  check (approver <> author)
);

-- Written with what was sealed again, in one transaction.
create table handover.key_rotation (
  request bigint primary key references handover.key_rotation_request,
  former text not null,                     -- generations of the key
  current text not null,
  resealed bigint not null,                 -- values that were sealed again
  rewrapped bigint not null,                -- data keys that were wrapped again
  rotated_at timestamptz not null
);

create trigger key_rotation_request_append_only before update or delete or truncate
  on handover.key_rotation_request for each statement execute function handover.refuse_decision_change();
create trigger key_rotation_approval_append_only before update or delete or truncate
  on handover.key_rotation_approval for each statement execute function handover.refuse_decision_change();
create trigger key_rotation_append_only before update or delete or truncate
  on handover.key_rotation for each statement execute function handover.refuse_decision_change();
