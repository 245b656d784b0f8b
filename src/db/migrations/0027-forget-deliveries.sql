-- What goes out to destinations is not kept for ever: what its deletion needs.

-- What was taken has a time of its own, longer or shorter than that of its message.
alter table taken_changes drop constraint taken_changes_message_id_fkey;
-- Days before `first_day` are compared no more: what was taken on them is gone, or going.
create table taken_changes_horizon (
  destination text primary key,
  first_day date not null
);

create index messages_settled on messages (answered_at) where state in ('answered', 'refused', 'narrowed');
create index messages_by_parent on messages (narrowed_from) where narrowed_from is not null;
create index reconciliation_differences_closed on reconciliation_differences (closed_at) where closed_at is not null;

-- Tries whose rows are gone: counts for machines never go down.
create table attempts_counted (
  destination text not null,
  outcome text not null,
  attempts bigint not null,
  primary key (destination, outcome)
);
-- Changes of answered messages of the order that are gone.
alter table resend_orders add column answered_before bigint not null default 0;
