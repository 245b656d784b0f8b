-- So that what a comparison left behind that was killed is found by the next one of its destination.
truncate reconciliation_lines;
alter table reconciliation_lines add column destination text not null;
create index reconciliation_lines_by_destination on reconciliation_lines (destination);
