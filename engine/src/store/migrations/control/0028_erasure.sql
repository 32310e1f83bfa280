-- Erasure of what Handover keeps of a person or of a run: who asked, who approved, what was done; and
-- legal holds, under which nothing is erased.
create table handover.erasure_request (
  id bigint generated always as identity primary key,
  scope text not null check (scope in ('patient', 'run')),
  run uuid references handover.run,         -- scope run: whose working copies go
  subjects bytea[] not null default '{}',   -- scope patient: tokens of the person's Patients, 16 bytes each
  reason bytea not null,                    -- sealed: it may speak of a patient
  author text not null references access.account,
  requested_at timestamptz not null,
  unique (id, author),
  check ((scope = 'run') = (run is not null)),
  check ((scope = 'patient') = (cardinality(subjects) > 0))
);

-- Whoever asks never approves: the database refuses it too, whatever asks.
create table handover.erasure_approval (
  request bigint not null,
  author text not null,
  approver text not null references access.account,
  approved_at timestamptz not null,
  primary key (request, approver),
  foreign key (request, author) references handover.erasure_request (id, author),
  check (approver <> author)
);

-- Runs of which something was erased, entered before the first byte goes: they are read, and never
-- worked on again.
create table handover.erased_run (
  run uuid not null references handover.run,
  request bigint not null references handover.erasure_request,
  primary key (run, request)
);

-- The sanitisation record of an erasure, signed; written once all of it is done.
create table handover.erasure (
  request bigint primary key references handover.erasure_request,
  erased_at timestamptz not null,
  record text not null
);

create table handover.legal_hold (
  id bigint generated always as identity primary key,
  scope text not null check (scope in ('project', 'run', 'patient')),
  run uuid references handover.run,
  subjects bytea[] not null default '{}',
  reason bytea not null,                    -- sealed
  placed_by text not null references access.account,
  placed_at timestamptz not null,
  check ((scope = 'run') = (run is not null)),
  check ((scope = 'patient') = (cardinality(subjects) > 0))
);

create table handover.legal_hold_release (
  hold bigint primary key references handover.legal_hold,
  released_by text not null references access.account,
  released_at timestamptz not null
);

create trigger erasure_request_append_only before update or delete or truncate
  on handover.erasure_request for each statement execute function handover.refuse_decision_change();
create trigger erasure_approval_append_only before update or delete or truncate
  on handover.erasure_approval for each statement execute function handover.refuse_decision_change();
create trigger erased_run_append_only before update or delete or truncate
  on handover.erased_run for each statement execute function handover.refuse_decision_change();
create trigger erasure_append_only before update or delete or truncate
  on handover.erasure for each statement execute function handover.refuse_decision_change();
create trigger legal_hold_append_only before update or delete or truncate
  on handover.legal_hold for each statement execute function handover.refuse_decision_change();
create trigger legal_hold_release_append_only before update or delete or truncate
  on handover.legal_hold_release for each statement execute function handover.refuse_decision_change();
