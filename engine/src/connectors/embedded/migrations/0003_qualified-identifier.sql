-- Most resources have one identifier. Its token with the system stands in a column of its own instead of
-- in a list of one, which takes four times the room. Rows from before keep their lists.
alter table resource add column qualified_identifier bigint;
alter table history add column qualified_identifier bigint;
