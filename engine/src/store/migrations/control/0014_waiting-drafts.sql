-- Drafts of a batch that wait for a referent, kept apart: settling reads these alone.
alter table handover.parcel
  drop constraint parcel_role_check,
  add constraint parcel_role_check
    check (role in ('records', 'drafts', 'waiting', 'before') or role ~ '^objects([.][1-9][0-9]*)?$');
