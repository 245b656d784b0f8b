-- Messages that fail again and again while others pass, and changes that are not for a destination.

-- `set-aside`: our fault or that of the way there, not the destination's refusal. It is sent no more until somebody
-- says so; its changes stay in flight, so that later ones of their records wait.
alter table messages
  drop constraint messages_state_check,
  add constraint messages_state_check check (state in ('planned', 'answered', 'refused', 'narrowed', 'set-aside')),
  -- Failed tries between which others were taken.
  add column faults integer not null default 0,
  add column set_aside_at timestamptz,
  add column set_aside_reason text,
  add constraint set_aside_is_whole check
    ((state = 'set-aside') = (set_aside_at is not null) and num_nulls(set_aside_at, set_aside_reason) in (0, 2));
create index messages_set_aside on messages (destination, number) where state = 'set-aside';

alter table changes_in_flight add column set_aside boolean not null default false;
create index changes_set_aside on changes_in_flight (destination, record_id) where set_aside;

create index refusals_by_code on refusals (destination, city_code, position);

-- What of a batch is not for the destination: how many changes, and which, so that each is counted once should it go
-- out later.
alter table batch_deliveries
  add column withheld bigint not null default 0,
  add column withheld_positions int8multirange not null default '{}';
