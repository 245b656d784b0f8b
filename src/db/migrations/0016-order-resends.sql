-- Orders to send to a destination once more what it was sent before.

create table resend_orders (
  id uuid primary key,
  number bigint generated always as identity unique,
  destination text not null references destinations,
  -- Positions, record type, agency and batch as asked for; of named records how many.
  selection jsonb not null,
  -- Of the whole selection, so that the same one is not ordered twice at a time.
  selection_digest text not null,
  -- The changes themselves where records were named, in order.
  positions bigint[],
  -- What came later is sent for the first time anyway.
  last_position bigint not null,
  -- How far the selection has been looked at.
  planned_to bigint not null,
  changes bigint not null,
  planned bigint not null default 0,
  -- Closed to the destination, ended, past its retention, or on its way already.
  skipped bigint not null default 0,
  reason text not null,
  -- As in the audit log, e.g. `operator:KEY-ID`.
  ordered_by text not null,
  ordered_at timestamptz not null,
  -- `done`: all of it is planned and answered.
  state text not null default 'planned' check (state in ('planned', 'done', 'cancelled')),
  finished_at timestamptz,
  constraint resend_orders_end check ((state = 'planned') = (finished_at is null))
);
create unique index resend_orders_pending on resend_orders (destination, selection_digest) where state = 'planned';
create index resend_orders_by_destination on resend_orders (destination, number);

alter table messages
  add column resend_order uuid references resend_orders,
  add constraint orders_resend check (resend_order is null or resend);
create index messages_by_resend_order on messages (resend_order) where resend_order is not null;

-- Changes that go out again are no sign that a destination is behind.
alter table changes_in_flight add column resend boolean not null default false;
alter table changes_waiting add column resend_order uuid references resend_orders;
