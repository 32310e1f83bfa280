-- The embedded target: resources in sealed blocks, and what finds them again.
-- docs/concepts/embedded-target.md says what stays in clear.

-- Bodies of up to 256 versions, compressed and sealed (block.ts). Larger numbers are younger.
create sequence block_number as bigint;
create table block (
  block bigint primary key,
  sealed bytea not null
);
-- Sealed bytes do not compress: storing them as they are spares PostgreSQL the attempt.
alter table block alter column sealed set storage external;

-- The newest version of every resource; one without a block is a removal. Wide columns first, so
-- that none is padded.
create table resource (
  block bigint,
  -- Keyed 64-bit tokens: the patient the resource is about, the value of its first identifier.
  patient bigint,
  identifier bigint,
  updated timestamptz not null,
  -- The time the resource's date covers, the end outside.
  date_from timestamptz,
  date_to timestamptz,
  version integer not null check (version > 0),
  -- Place in the list of resource types, from 1 (resourceTypes.ts).
  type smallint not null,
  slot smallint,
  id text collate "C" not null,
  -- Keyed digest of the body (HMAC-SHA-256 under the project key).
  digest bytea,
  -- Keyed 64-bit tokens of the values of further identifiers, and of all with their systems.
  more_identifiers bigint[],
  qualified_identifiers bigint[],
  check ((block is null) = (slot is null) and (block is null) = (digest is null)),
  primary key (type, id)
);
-- Half the cost of a B-tree for random tokens, and equality is all that is asked.
create index resource_patient on resource using hash (patient);
create index resource_identifier on resource using hash (identifier);
-- Few resources have more than one identifier, and a list costs four times what a column does.
create index resource_more_identifiers on resource using gin (more_identifiers)
  where more_identifiers is not null;
-- A load arrives in an order that follows time; a block range index costs it next to nothing.
create index resource_time on resource using brin (updated, date_from, date_to)
  with (pages_per_range = 32, autosummarize = on);

-- Versions that were superseded, removals among them.
create table history (
  like resource including constraints,
  primary key (type, id, version)
);
