-- What is known of the rows of front-end databases (前置库), and what goes back to them.

-- One row for each row of an agency's table that was taken. Keys, contents and identities are there as keyed
-- indexes only; `sealed` holds the cells by which a record is withdrawn once its row is gone, encrypted.
create table pulled_rows (
  source text not null,
  key_index uuid not null,
  content_index uuid not null,
  identity_index uuid,
  sealed bytea,
  -- The held sweep that would withdraw the record: decided, or waiting to be.
  held_batch uuid references batches on delete set null,
  primary key (source, key_index)
);
create index pulled_rows_by_identity on pulled_rows (source, identity_index) where identity_index is not null;
create index pulled_rows_held on pulled_rows (held_batch) where held_batch is not null;

-- What a pull under way has read and not yet committed. Unlogged: after a crash the pull begins again.
-- Roles: d delivered, s seen by a sweep, u seen and unknown, w to be withdrawn, g gone without more.
create unlogged table pulled_rows_staged (
  source text not null,
  run uuid not null,
  role "char" not null check (role in ('d', 's', 'u', 'w', 'g')),
  ordinal bigint not null,
  key_index uuid not null,
  content_index uuid,
  identity_index uuid,
  sealed bytea
);
-- Nobody has analysed the rows of a run: with the key in the index even a plan for few rows is a good one.
create index pulled_rows_staged_by_run on pulled_rows_staged (source, run, role, key_index);

-- The batches whose verdicts are to be written back, each from its `next_row` on.
create table pull_feedback (
  batch_id uuid primary key references batches on delete cascade,
  source text not null,
  state text not null default 'due' check (state in ('due', 'done')),
  next_row bigint not null default 1
);
create index pull_feedback_due on pull_feedback (source) where state = 'due';
