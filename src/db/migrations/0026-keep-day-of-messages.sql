-- The day in Asia/Shanghai of a message's first try: what is over by then goes without its data, at every try.
alter table messages add column day date;
update messages m set day = (coalesce((select min(started_at) from message_attempts a where a.message_id = m.id), planned_at)
  at time zone 'Asia/Shanghai')::date
where state in ('planned', 'set-aside') and attempts > 0;
