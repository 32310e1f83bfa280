-- Records that went back to the mapping, by a replay or a re-map: they no longer stand in the batch
-- where they were mapped before. Packed by batch and round.
create table handover.taken_back (
  run uuid not null references handover.run,
  stream text not null,
  slice text not null,
  number integer not null,
  round integer not null,                   -- number of the replay or re-map that took them
  into_slice text not null,                 -- the extracted batch they are in now
  into_number integer not null,
  ordinals bytea not null,                  -- u32 LE each
  primary key (run, stream, slice, number, into_slice, into_number)
);
create trigger taken_back_append_only before update or delete on handover.taken_back
  for each row execute function handover.refuse_change();

-- Rounds that are re-maps: all records that the run keeps are mapped again under the revision, and
-- those of which something else is made go back.
create table handover.remap (
  run uuid not null references handover.run,
  round integer not null,
  revision text not null references handover.revision,
  begun_at timestamptz not null default now(),
  primary key (run, round)
);

-- Records (by where they were staged first) that a re-map takes back because of what becomes of the
-- record that they are folded into; entered with the batch that takes that one back.
create table handover.refold (
  run uuid not null references handover.run,
  round integer not null,
  stream text not null,
  slice text not null,
  number integer not null,
  by_stream text not null,
  by_slice text not null,
  by_number integer not null,
  ordinals bytea not null,                  -- u32 LE each
  primary key (run, round, stream, slice, number, by_stream, by_slice, by_number)
);

-- What replays took back before this table was there: records that were held or excluded, and those
-- behind superseded drafts.
create function handover.u32(number integer) returns bytea language sql immutable as $$
  select set_byte(set_byte(set_byte(set_byte('\x00000000'::bytea, 0, number & 255),
    1, (number >> 8) & 255), 2, (number >> 16) & 255), 3, (number >> 24) & 255)
$$;
create temporary table taken (run uuid, stream text, slice text, number integer, ordinal integer)
  on commit drop;
insert into taken
  select e.run, e.stream, e.slice, e.number, e.ordinal
    from handover.exception e
    join handover.resolution r on r.run = e.run and r.exception = e.id
   where e.phase = 'map' and r.outcome = 'replayed';
do $$
declare
  page record;
  draft integer;
  place integer;
  records integer;
begin
  for page in
    select e.run, e.stream, e.slice, e.number, e.contributions from handover.entry e
     where e.phase = 'map' and exists (
       select 1 from handover.superseded s where s.run = e.run and s.stream = e.stream
          and s.slice = e.slice and s.number = e.number)
  loop
    draft := 0;
    place := 0;
    while place < length(page.contributions) loop
      records := get_byte(page.contributions, place) + 256 * get_byte(page.contributions, place + 1);
      insert into taken
        select page.run, page.stream, page.slice, page.number,
               get_byte(page.contributions, place + 4 * n - 2)
             + 256 * get_byte(page.contributions, place + 4 * n - 1)
             + 65536 * get_byte(page.contributions, place + 4 * n)
             + 16777216 * get_byte(page.contributions, place + 4 * n + 1)
          from generate_series(1, records) n
         where exists (
           select 1 from handover.superseded s where s.run = page.run and s.stream = page.stream
              and s.slice = page.slice and s.number = page.number and s.ordinal = draft);
      place := place + 2 + 4 * records;
      draft := draft + 1;
    end loop;
  end loop;
end
$$;
insert into handover.taken_back
  (run, stream, slice, number, round, into_slice, into_number, ordinals)
  select run, stream, slice, number, 0, '', 0,
         string_agg(handover.u32(ordinal), ''::bytea order by ordinal)
    from (select distinct * from taken) t group by 1, 2, 3, 4;
drop function handover.u32(integer);
