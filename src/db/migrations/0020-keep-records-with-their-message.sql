-- Which records a message holds stands in the message itself, as long as it is unanswered: two arrays instead of two
-- index entries for each record that goes out.
alter table messages add column record_ids uuid[] not null default '{}';
-- Identifiers do not get smaller.
alter table messages alter column record_ids set storage external;
update messages m set record_ids = f.record_ids
from (select message_id, array_agg(record_id order by position) as record_ids from changes_in_flight group by message_id) f
where m.id = f.message_id;
alter table messages add constraint unanswered_messages_name_their_records check
  (cardinality(record_ids) = case when state in ('planned', 'set-aside') then cardinality(positions) else 0 end);

drop table changes_in_flight;
-- The unanswered change of each record: one at most, which planning sees to under the lock of the destination, and
-- which is what keeps order per record.
create view changes_in_flight as
  select m.destination, f.record_id, f.position, m.id as message_id, m.resend, m.state = 'set-aside' as set_aside
  from messages m cross join lateral unnest(m.record_ids, m.positions) f (record_id, position)
  where m.state in ('planned', 'set-aside');
