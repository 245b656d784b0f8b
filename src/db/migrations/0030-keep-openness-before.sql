-- How open the version before was (as in `openness`), noted where it is deleted with its retention and said something
-- narrower than the catalogue: what a reader never saw does not end for it.
-- No check: it would be proved of every row under the exclusive lock, and the values are copied from `openness`, which has one.
alter table record_versions add column openness_before smallint;
