-- In a removal from a list: the document number of the entry that it removes, as that entry has it. An entry that
-- arrives after its removal is found by it.
alter table record_versions add column removes text collate "C";
create index record_versions_by_removed on record_versions (subject, removes) where removes is not null;
