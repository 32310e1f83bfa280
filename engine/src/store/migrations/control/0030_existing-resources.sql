-- Resources that a target had of its own when a run read them, under the stable id that stands for each
-- (made of the target, its type and its id there). Not of a run: it keeps it from run to run.
create table handover.existing_resource (
  target text not null,
  type text not null,
  token bytea not null,                     -- stable id, 16 bytes
  given bytea not null,                     -- sealed: a system's own ids may be numbers of patients
  run uuid not null references handover.run,
  found_at timestamptz not null default now(),
  primary key (target, type, token)
);

create trigger existing_resource_append_only before update or delete or truncate
  on handover.existing_resource for each statement execute function handover.refuse_decision_change();
