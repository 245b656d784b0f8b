-- How open a record is beyond what the catalogue says of its type.

-- 1 shared between authorities, 2 on authorisation; null where neither class nor record say anything narrower than
-- the catalogue. A version that ends a record has the openness of the one that it ends.
alter table record_versions add column openness smallint check (openness in (1, 2));

-- So that a reader passes over chunks that hold nothing for it: the most open level of the changes, null where one of
-- them may be for everybody; and whether one of them ends a record.
alter table chunks
  add column openness smallint check (openness in (1, 2)),
  add column has_endings boolean not null default true;
