-- Records that end by themselves, changes that the gateway makes itself, and what is past its retention.

-- The last day of a version; `is_end_settled` once that day is over and what follows from it is done.
alter table record_versions
  add column ends_on date,
  add column is_end_settled boolean not null default false;
create index record_versions_to_end on record_versions (ends_on) where ends_on is not null and not is_end_settled;

-- What the gateway changes itself comes in no batch. `old_versions_deleted_at`: what its versions took the place of
-- is past its retention.
alter table chunks
  alter column batch_id drop not null,
  add column origin text not null default 'delivery'
    check (origin in ('delivery', 'ended', 'withdrawal', 'reinstatement')),
  add column old_versions_deleted_at timestamptz,
  add constraint deliveries_have_batches check ((origin = 'delivery') = (batch_id is not null));
create index chunks_with_old_versions on chunks (committed_at) where changes > 0 and old_versions_deleted_at is null;

alter table refusals alter column batch_id drop not null;

alter table batches
  add column original_deleted_at timestamptz,
  add column rejected_rows_deleted_at timestamptz,
  add column problems_deleted_at timestamptz;
create index batches_with_original on batches (finished_at)
  where finished_at is not null and original_deleted_at is null;
create index batches_with_rejected_rows on batches (finished_at)
  where finished_at is not null and rejected_rows_deleted_at is null;
create index batches_with_problems on batches (finished_at)
  where finished_at is not null and problems_deleted_at is null;

-- Events before this position are past their retention. Apart from change_log, whose row every chunk locks.
create table feed_horizon (
  only_row boolean primary key default true check (only_row),
  first_kept bigint not null
);
insert into feed_horizon (first_kept) values (1);
