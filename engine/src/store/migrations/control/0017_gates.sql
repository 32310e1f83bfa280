-- Who may do what, and what was decided: accounts, sessions, tokens of machines, broken glass; gates
-- with those who asked, approved and waived; chart samples and what their reviewers said.
create schema access;

create table access.account (
  name text primary key check (name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  roles text[] not null check (cardinality(roles) > 0),
  password text not null,                   -- argon2id (RFC 9106), PHC string
  totp bytea not null,                      -- sealed secret of the second factor (RFC 6238)
  totp_step bigint not null default 0,      -- the last step of which a code was taken
  failures integer not null default 0,
  failed_at timestamptz,
  created_at timestamptz not null,
  disabled_at timestamptz
);

create table access.session (
  digest bytea primary key,                 -- of the secret, which nobody keeps but the browser
  account text not null references access.account,
  began_at timestamptz not null,
  seen_at timestamptz not null,
  ended_at timestamptz
);
create index session_account on access.session (account) where ended_at is null;

create table access.token (
  name text primary key,
  digest bytea not null unique,
  roles text[] not null check (cardinality(roles) > 0),
  created_by text not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  revoked_at timestamptz
);

create table access.break_glass (
  id bigint generated always as identity primary key,
  account text not null references access.account,
  reason bytea not null,                    -- sealed: it may speak of a patient
  began_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > began_at)
);
create index break_glass_account on access.break_glass (account, expires_at);

create table handover.gate_request (
  id bigint generated always as identity primary key,
  gate text not null,                       -- open:TARGET
  run uuid not null references handover.run,
  author text not null references access.account,
  requested_at timestamptz not null,
  unique (id, author)
);
create index gate_request_gate on handover.gate_request (gate, id);

-- An author never approves: the database refuses it too, whatever asks.
create table handover.gate_approval (
  request bigint not null,
  author text not null,
  approver text not null references access.account,
  evidence text not null,                   -- SHA-256 of the criteria as the approver saw them, hex
  approved_at timestamptz not null,
  primary key (request, approver, evidence),
  foreign key (request, author) references handover.gate_request (id, author),
  check (approver <> author)
);

create table handover.gate_waiver (
  id bigint generated always as identity primary key,
  gate text not null,
  run uuid not null references handover.run,
  criterion text not null,
  owner text not null references access.account,
  reason text not null,
  given_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > given_at),
  unique (gate, run, criterion, owner, given_at)
);

create table handover.sample_packet (
  id uuid primary key,
  run uuid not null references handover.run,
  target text not null,
  seed text not null,
  population integer not null,              -- patients at the target
  charts integer not null,
  strata jsonb not null,                    -- name, how many there are, how many were drawn
  digest text not null,                     -- SHA-256 of the sealed packet, hex
  made_by text not null,
  made_at timestamptz not null
);

create table handover.chart_review (
  packet uuid not null references handover.sample_packet,
  chart integer not null,
  reviewer text not null references access.account,
  verdict text not null check (verdict in ('safe', 'not safe', 'unsure')),
  on_screen boolean not null,               -- seen on the target's own screen too
  reviewed_at timestamptz not null,
  primary key (packet, chart, reviewer)
);

-- The request under which a target was opened; none before there were gates.
alter table handover.opening add column request bigint references handover.gate_request;

create function handover.refuse_decision_change() returns trigger language plpgsql as $$
begin
  raise exception 'decisions are append-only' using errcode = 'insufficient_privilege';
end
$$;
create trigger gate_request_append_only before update or delete or truncate
  on handover.gate_request for each statement execute function handover.refuse_decision_change();
create trigger gate_approval_append_only before update or delete or truncate
  on handover.gate_approval for each statement execute function handover.refuse_decision_change();
create trigger gate_waiver_append_only before update or delete or truncate
  on handover.gate_waiver for each statement execute function handover.refuse_decision_change();
create trigger chart_review_append_only before update or delete or truncate
  on handover.chart_review for each statement execute function handover.refuse_decision_change();
