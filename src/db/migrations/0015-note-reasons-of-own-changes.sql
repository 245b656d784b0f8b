-- Why a record was withdrawn or reinstated by itself, and by whom (as in the audit log, e.g. `operator:KEY-ID`).
alter table chunks
  add column reason text,
  add column decided_by text,
  add constraint decisions_have_reasons
    check (num_nonnulls(reason, decided_by) = case when origin in ('withdrawal', 'reinstatement') then 2 else 0 end);
