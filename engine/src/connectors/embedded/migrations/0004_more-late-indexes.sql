-- The other two go from an empty table as well: to build them once costs less than to fill and empty
-- their lists of what is new.
do $$
begin
  if not exists (select from resource) then
    drop index if exists resource_more_identifiers;
    drop index if exists resource_time;
  end if;
end
$$;
