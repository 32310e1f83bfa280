-- Large objects of the records of a batch: an index (`objects`) and the pieces of their bytes.
alter table handover.parcel
  drop constraint parcel_role_check,
  add constraint parcel_role_check
    check (role in ('records', 'drafts', 'before') or role ~ '^objects([.][1-9][0-9]*)?$');
