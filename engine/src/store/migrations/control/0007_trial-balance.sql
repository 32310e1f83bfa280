-- The aged trial balance of a run at a target, as the latest round of reading back found it: sums of
-- sites, classes and payers. Of guarantors, who are people, only how many there are and how many
-- differ.
create table handover.trial_balance (
  run uuid not null references handover.run,
  target text not null,
  slice text not null,
  position integer not null,
  grp text not null,
  member text not null,
  bucket text not null,
  legacy numeric not null,
  held numeric not null,
  at_target numeric not null,
  printed numeric,
  primary key (run, target, slice, position)
);

create table handover.trial_balance_run (
  run uuid not null references handover.run,
  target text not null,
  slice text not null,
  as_of date not null,
  guarantors integer not null,
  guarantors_differing integer not null,
  guarantors_unprinted integer not null,
  unreadable integer not null,               -- records of money whose amount or day is no such thing
  held_records integer not null,
  primary key (run, target, slice)
);
