-- How far the audit log has been handed to a collector (SIEM): the last event that it has taken.
create table audit.forwarded (
  destination text primary key,             -- scheme, host and port; no credential
  event bigint not null,
  at timestamptz not null default now()
);
