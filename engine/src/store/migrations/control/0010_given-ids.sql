-- Ids that a target gave to resources of ours, where it takes none of ours (a FHIR server with
-- "ids: server"). `id` is the keyed token that stands for a source key everywhere; `given` is the
-- target's own. Not of a run: a resource keeps its id from run to run, and through an undo.
create table handover.given_id (
  target text not null,
  type text not null,
  id text not null,
  given text not null,
  primary key (target, type, id)
);
create index given_id_by_given on handover.given_id (target, type, given);
