-- A chart that is not made in a run, brought along by a record of it beside the record's own Patient: it
-- gains what that record leads to it, or loses what an earlier run added for that record.
create table handover.brought_chart (
  run uuid not null references handover.run,
  round integer not null,                   -- of linking: handover.linkage_round
  record bytea not null,                    -- stable id of the Patient that the record makes, 16 bytes
  chart bytea not null check (chart <> record),
  kept bytea not null,                      -- sealed: the chart as it stands without this run, and its guards
  primary key (run, round, record, chart)
);
create trigger brought_chart_append_only before update or delete or truncate
  on handover.brought_chart for each statement execute function handover.refuse_decision_change();
