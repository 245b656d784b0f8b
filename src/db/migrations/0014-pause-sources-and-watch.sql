-- What operators stand on: sources that are stopped, and what is wrong just now.

-- A row while a source is stopped: nothing of it is pulled or processed.
create table source_pauses (
  source text primary key,
  paused_at timestamptz not null,
  -- As in the audit log, e.g. `operator:KEY-ID`.
  paused_by text not null,
  reason text not null
);

-- How the runs of a way in have gone, over all its orders: `failures` begins anew with each.
alter table source_pulls
  add column failures_in_row integer not null default 0,
  add column failing_since timestamptz,
  add column succeeded_at timestamptz;
update source_pulls set succeeded_at = finished_at where error is null;
update source_pulls set failing_since = finished_at, failures_in_row = greatest(failures, 1) where error is not null;

-- What is wrong just now. A row is made once when it begins and deleted once when it ends, whoever looks and how
-- often, so that each is told once.
create table conditions (
  code text not null,
  subject text not null,
  severity text not null check (severity in ('error', 'warning', 'info')),
  since timestamptz not null,
  noted_at timestamptz not null,
  primary key (code, subject)
);

create index batches_held on batches (finished_at) where status = 'held';
create index batches_failed on batches (source, number) where status = 'failed';
create index batches_taken on batches (source, number) where status in ('accepted', 'partially-accepted');
create index notice_deliveries_unread on notice_deliveries (agency)
  where state = 'mailbox' and attempts > 0 and acknowledged_at is null;

-- Counted up to an hour ago once, and from there on again and again.
create index batches_by_end on batches (finished_at);
create index message_attempts_by_start on message_attempts (started_at);
create index delivery_attempts_by_start on delivery_attempts (started_at);
