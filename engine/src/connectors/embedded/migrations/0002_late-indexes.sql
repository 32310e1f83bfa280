-- A first load fills the table several times faster than it fills these two with it. An empty table
-- loses them; `flush` makes them when they are not there (lateIndexes.ts). Until then every search
-- reads the table: slower, and right.
do $$
begin
  if not exists (select from resource) then
    drop index resource_patient;
    drop index resource_identifier;
  end if;
end
$$;
