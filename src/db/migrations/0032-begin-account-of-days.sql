-- What was sent before a gateway kept what was taken cannot be compared: all of it would be unknown. The first whole day
-- after it began to is the first one that can be.
insert into taken_changes_horizon as known (destination, first_day)
select d.id, (coalesce(counted.since, now()) at time zone 'Asia/Shanghai')::date + 1
from destinations d
cross join lateral (select min(answered_at) as since from taken_changes t where t.destination = d.id) counted
where exists (select from messages m where m.destination = d.id and m.state = 'answered'
  and m.answered_at < coalesce(counted.since, 'infinity'))
on conflict (destination) do update set first_day = greatest(known.first_day, excluded.first_day);

delete from reconciliations r using taken_changes_horizon h
where h.destination = r.destination and r.day < h.first_day and r.due_at is not null and r.result is null;
update reconciliations r set due_at = null, failures = 0, error = null from taken_changes_horizon h
where h.destination = r.destination and r.day < h.first_day and r.due_at is not null;
update reconciliation_differences f set closed_at = now(), closed_by = 'comparison' from taken_changes_horizon h
where h.destination = f.destination and f.day < h.first_day and f.kind = 'unknown' and f.closed_at is null;
