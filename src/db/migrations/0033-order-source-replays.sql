-- Orders to judge once more all that a source delivered in a time. Which batches those are is fixed with the order; each is
-- planned by itself, for its bytes have to be looked at.
create table source_replay_orders (
  id uuid primary key,
  source text not null,
  received_from timestamptz not null,
  received_before timestamptz not null,
  reason text not null,
  -- As in the audit log, e.g. `operator:KEY-ID`.
  ordered_by text not null,
  ordered_at timestamptz not null,
  batches integer not null,
  -- Numbers of batches: the last one of the order, and how far it has been looked at.
  last_number bigint not null,
  looked_to bigint not null default 0,
  -- When it is worked on next; null where all is looked at.
  due_at timestamptz,
  failures integer not null default 0,
  finished_at timestamptz,
  constraint source_replay_orders_end check ((due_at is null) = (finished_at is not null))
);
create unique index source_replay_orders_pending on source_replay_orders (source, received_from, received_before)
  where finished_at is null;
create index source_replay_orders_due on source_replay_orders (due_at) where due_at is not null;

-- What became of each batch of an order: its replay, or the code of why there is none.
create table source_replays (
  order_id uuid not null references source_replay_orders,
  batch_id uuid not null references batches,
  number bigint not null,
  replay_id uuid,
  is_new boolean,
  skipped text,
  primary key (order_id, batch_id),
  check (num_nulls(replay_id, skipped) = 1 and (replay_id is null) = (is_new is null))
);
