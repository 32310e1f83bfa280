-- Resources that an erasure took from a target: the ledger says that they were created, and nobody
-- misses them. A type and a keyed token, nothing of a person.
create table handover.erased_resource (
  target text not null,
  type text not null,
  token bytea not null,                     -- of the stable id, 16 bytes
  request bigint not null references handover.erasure_request,
  primary key (target, type, token)
);
create trigger erased_resource_append_only before update or delete or truncate
  on handover.erased_resource for each statement execute function handover.refuse_decision_change();
