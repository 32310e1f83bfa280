-- Codes that no code map has and that landed as text, by the word of the mapping: by code map, the drafts
-- of a batch that carry such a text. A draft that is superseded by a replay counts no more.
create table handover.code_as_text (
  run uuid not null references handover.run,
  stream text not null,
  slice text not null,
  number integer not null,
  code_map text not null,
  drafts integer[] not null,                -- ordinals in the mapped batch
  primary key (run, stream, slice, number, code_map)
);
create trigger code_as_text_append_only before update or delete on handover.code_as_text
  for each row execute function handover.refuse_change();
