-- What holding a batch, reporting on its rows one by one and scheduled ways in need.

-- What would become of a held batch, why it is held, and who decides; `released_at` lets it pass.
alter table batches
  add column preview jsonb,
  add column hold_reason text check (hold_reason in ('rejected-share', 'withdrawn-share')),
  add column released_at timestamptz;
create index batches_waiting on batches (received_at) where status in ('received', 'processing');

-- The verdict of every row of the chunk in run-length form, e.g. `2-10001n,10003r`.
alter table chunks add column verdicts text not null default '';

-- The scheduled way in of a source: when it is due, and where it left off. The shape of `place`
-- belongs to the way; it moves in the same transaction as the batch that it was read for.
create table source_pulls (
  source text primary key,
  due_at timestamptz,
  is_full boolean not null default false,
  is_sweep boolean not null default false,
  place jsonb,
  failures integer not null default 0,
  begun_at timestamptz,
  finished_at timestamptz,
  error text
);
create index source_pulls_due on source_pulls (due_at) where due_at is not null;
