-- What a mapping by a standard made of the records of a batch, kept with the batch as read from when its
-- records have told until it is taken into drafts: each document is mapped once.
alter table handover.parcel
  drop constraint parcel_role_check,
  add constraint parcel_role_check
    check (role in ('records', 'mapped', 'drafts', 'waiting', 'before')
           or role ~ '^objects([.][1-9][0-9]*)?$');

-- How fast records tell.
alter table handover.telling_batch add column told_at timestamptz not null default now();
