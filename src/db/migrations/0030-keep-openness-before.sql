-- How open the version before was (as in `openness`), noted where it is deleted with its retention and said something
-- narrower than the catalogue: what a reader never saw does not end for it.
alter table record_versions add column openness_before smallint check (openness_before in (1, 2));
