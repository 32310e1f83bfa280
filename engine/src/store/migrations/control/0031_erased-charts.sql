-- What a chart keeps of a record that was combined with it, and a chart that comes along, go when the person
-- is erased; who is with whom stays.
drop trigger charted_append_only on handover.charted;
create trigger charted_append_only before delete or truncate
  on handover.charted for each statement execute function handover.refuse_decision_change();
create trigger charted_kept_alone before update of run, round, record, chart
  on handover.charted for each statement execute function handover.refuse_decision_change();

drop trigger brought_chart_append_only on handover.brought_chart;
create trigger brought_chart_append_only before delete or truncate
  on handover.brought_chart for each statement execute function handover.refuse_decision_change();
create trigger brought_chart_kept_alone before update of run, round, record, chart
  on handover.brought_chart for each statement execute function handover.refuse_decision_change();
