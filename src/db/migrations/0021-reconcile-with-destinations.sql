-- What a destination took of each message, as it was sent, and how its own account of a day compares with that.

-- One row for each answered message, without what was refused of it. The four lists go together, entry by entry.
create table taken_changes (
  message_id uuid primary key references messages,
  destination text not null,
  -- Of Asia/Shanghai, by the `receivedAt` of the answer.
  day date not null,
  table_code text not null,
  resend boolean not null,
  answered_at timestamptz not null,
  record_ids uuid[] not null,
  versions integer[] not null,
  operations "char"[] not null,
  digests bytea[] not null,
  check (cardinality(record_ids) = cardinality(versions) and cardinality(record_ids) = cardinality(operations)
    and cardinality(record_ids) = cardinality(digests))
);
-- Ids and digests do not become smaller by packing.
alter table taken_changes alter column record_ids set storage external, alter column digests set storage external;
create index taken_changes_by_day on taken_changes (destination, day);
create index taken_changes_resent on taken_changes (destination, answered_at) where resend;

-- A day of a destination. `due_at` is set while its comparison is ordered and not done; `result` is that of the last one.
create table reconciliations (
  destination text not null,
  day date not null,
  ordered_at timestamptz not null,
  -- As in the audit log, e.g. `operator:KEY-ID`.
  ordered_by text not null,
  due_at timestamptz,
  failures integer not null default 0,
  error text,
  -- `not-offered`: the destination gives no account of its days.
  result text check (result in ('agrees', 'differs', 'not-offered')),
  compared_at timestamptz,
  -- Both sides' totals of each table.
  tables jsonb not null default '[]',
  primary key (destination, day)
);
create index reconciliations_due on reconciliations (destination, due_at) where due_at is not null;

-- Ids of the destination's side are what it says, whatever that is.
create table reconciliation_differences (
  number bigint generated always as identity primary key,
  destination text not null,
  day date not null,
  table_code text not null,
  record_id text collate "C" not null,
  kind text not null check (kind in ('missing', 'unknown', 'other-version', 'other-content')),
  our_version integer,
  our_operation "char",
  our_digest bytea,
  city_version integer,
  city_operation "char",
  city_digest bytea,
  found_at timestamptz not null,
  -- The comparison that found it last.
  last_run uuid not null,
  closed_at timestamptz,
  -- `resend`: taken again; `comparison`: found no longer; `word`: known to an operator.
  closed_by text check (closed_by in ('resend', 'comparison', 'word')),
  foreign key (destination, day) references reconciliations,
  check ((closed_at is null) = (closed_by is null)),
  unique nulls not distinct (destination, day, table_code, record_id, our_version, city_version)
);
create index reconciliation_differences_open on reconciliation_differences (destination, record_id)
  where closed_at is null;

-- The lines of a destination while a comparison is under way. Unlogged: after a crash it begins again.
create unlogged table reconciliation_lines (
  run uuid not null,
  table_code text not null,
  record_id text collate "C" not null,
  version integer not null,
  operation "char" not null,
  digest bytea not null
);
create index reconciliation_lines_by_run on reconciliation_lines (run, table_code, record_id);
