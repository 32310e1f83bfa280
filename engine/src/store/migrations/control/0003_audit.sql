-- Who saw or changed what, about whom. Written before the data leaves; never altered.
create schema audit;

create table audit.event (
  event bigint generated always as identity primary key,
  instant timestamptz not null,
  actor text not null,
  -- What was done, in the words of FHIR's interactions: read, vread, history, search, create …
  action text not null,
  resource_type text not null,
  -- Ids that Handover or the target made; no identifier of the real world.
  resource_ids text[] not null,
  -- Stable id of the patient; null when the resources are about none.
  patient text,
  outcome text not null
);
create index event_patient on audit.event (patient, event) where patient is not null;
create index event_instant on audit.event using brin (instant);

create function audit.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit.event is append-only' using errcode = 'insufficient_privilege';
end
$$;
create trigger event_append_only before update or delete or truncate on audit.event
  for each statement execute function audit.refuse_change();
-- The trigger stops whoever has the right; this takes the right away, the owner's too.
revoke all on audit.event from public;
revoke update, delete, truncate on audit.event from current_user;
