-- Beyond patients: practitioners, organizations, locations and coverages are records too, by the same
-- tables. A model is estimated and pinned for each kind.
alter table handover.person_record add column kind text not null default 'Patient';
alter table handover.linkage_model add column kind text not null default 'Patient';
