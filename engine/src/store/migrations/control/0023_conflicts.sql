-- What somebody decided where users of a target in use had changed or removed what a draft would be written
-- over. The newest row of a resource stands, and holds while what was found there is found again; a
-- `keep` besides only for the same draft, since another one says something that nobody was asked about.
create table handover.conflict_decision (
  ordinal bigint generated always as identity primary key,
  target text not null,
  type text not null,
  token bytea not null,                     -- stable id, 16 bytes
  verdict text not null check (verdict in ('keep', 'take')),
  found bytea not null,                     -- keyed digest of what users left there; empty: they removed it
  draft bytea not null,                     -- keyed digest of the draft
  reason bytea not null,                    -- sealed: it may speak of a patient
  run uuid not null references handover.run,
  decided_by text not null,
  decided_at timestamptz not null default now()
);
create index conflict_decision_of on handover.conflict_decision (target, type, token, ordinal desc);

create trigger conflict_decision_append_only before update or delete or truncate
  on handover.conflict_decision for each statement execute function handover.refuse_decision_change();
