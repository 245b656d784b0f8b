-- `resend` says that the destination may have the changes of a message already: those that are sent again by order, and
-- the parts of one that was set aside. Only the former are no sign that a destination is behind.
create or replace view changes_in_flight as
  select m.destination, f.record_id, f.position, m.id as message_id, m.resend_order is not null as resend,
    m.state = 'set-aside' as set_aside
  from messages m cross join lateral unnest(m.record_ids, m.positions) f (record_id, position)
  where m.state in ('planned', 'set-aside');
