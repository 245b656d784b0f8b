-- What the score card is made of, what agencies say about periods without data, and whom they are reminded.

alter table batches
  -- New records whose type has a time limit, those of them that came late, and rejected rows with a fault
  -- that an earlier batch of the source had already.
  add column measured bigint not null default 0,
  add column late bigint not null default 0,
  add column repeated bigint not null default 0,
  add constraint timeliness_closes check (late <= measured and measured <= new),
  add constraint repeats_close check (repeated <= rejected);
create index batches_by_time on batches (received_at);
create index batches_of_source_by_time on batches (source, received_at);

-- The faults that a source has had: a hash of what identifies the record (keyed, where that could be read),
-- the code and the column; and the batch that had it first. Holds nothing of the row.
create table source_faults (
  source text not null,
  fault uuid not null,
  batch_number bigint not null,
  primary key (source, fault)
);

-- What an agency said: in this period there was nothing to report.
create table no_data_periods (
  source text not null,
  period text not null,
  first_day date not null,
  last_day date not null check (last_day >= first_day),
  stated_at timestamptz not null,
  key_id text not null,
  primary key (source, period)
);

-- One reminder for each source and period in which nothing came; closed when something does.
create table source_reminders (
  id uuid primary key,
  source text not null,
  agency text not null,
  period text not null,
  first_day date not null,
  last_day date not null,
  raised_at timestamptz not null,
  closed_at timestamptz,
  closed_by text check (closed_by in ('batch', 'no-data')),
  state text not null check (state in ('due', 'delivered', 'shown')),
  attempts integer not null default 0,
  due_at timestamptz not null,
  claimed_by uuid,
  claimed_until timestamptz,
  -- Why the last try failed.
  error text,
  unique (source, period)
);
create index source_reminders_open on source_reminders (source) where closed_at is null;
create index source_reminders_due on source_reminders (due_at) where state = 'due' and closed_at is null;
