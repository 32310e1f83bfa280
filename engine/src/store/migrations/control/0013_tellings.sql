-- What messages and documents told of things that several of them speak of (a patient, a visit): one
-- row for each thing and run, under the token of its stable id, sealed. `kind`: what the mapping made
-- of it (`draft`), what the facts say of it (`fact`), or the first of records that came twice (`record`).
-- A later run goes on from what finished runs told, so that an older message never overwrites a newer.
create table handover.telling (
  run uuid not null references handover.run,
  kind text not null,
  token bytea not null,
  told bytea not null,
  primary key (run, kind, token)
);
create index telling_token on handover.telling (kind, token, run);

-- Batches as read whose records have told; once, under the digest of what read them.
create table handover.telling_batch (
  run uuid not null references handover.run,
  kind text not null,
  stream text not null,
  slice text not null,
  number integer not null,
  digest text not null,
  primary key (run, kind, stream, slice, number)
);
