-- Records from before 0017 and 0019 have neither the key of their name nor, where they are removals, the entry that they
-- remove. Both need the program's own normalisation, and its keys: a job fills them in, chunk by chunk in the order of
-- positions.
create table search_backfill (
  only_row boolean primary key default true check (only_row),
  -- Up to this position it is done.
  done_to bigint not null default 0,
  finished boolean not null
);
insert into search_backfill (finished) select not exists (select from chunks);
