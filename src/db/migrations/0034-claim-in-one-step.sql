-- What decided, besides the day, how it was written at its first try; null before that.
alter table messages add column wording text;

-- Claims the oldest due messages of a destination in one round trip: while its limits are looked at, nobody else claims. `in_flight`
-- holds for all processes together, `room` is what the caller can send now. A destination that is parked or whose
-- breaker is open gets one message as a probe, the least tried one, which need not be due, and the next one at `probe_at`.
create function claim_messages(
  of_destination text,
  at timestamptz,
  until timestamptz,
  today date,
  -- As messages are written today.
  wording_now text,
  room integer,
  in_flight integer,
  failures_allowed integer,
  probe_at timestamptz
) returns setof messages
language plpgsql as $$
declare
  state destinations;
  is_probe boolean;
  held bigint;
begin
  -- Before anything is locked, as most who ask find nothing.
  if not exists (select from messages m where m.destination = of_destination and m.state = 'planned'
                 and (m.claimed_until is null or m.claimed_until <= at)) then
    return;
  end if;
  -- Not `for update`: whoever inserts messages holds the key of the row that they refer to.
  select * into state from destinations d where d.id = of_destination for no key update;
  if state.id is null or state.paused_at is not null or state.open_until > at then
    return;
  end if;
  -- A statement of its own, as are all here: it sees the claims of whoever held the lock before.
  select count(*) into held from messages m
    where m.destination = of_destination and m.state = 'planned' and m.claimed_until > at;
  if held >= in_flight then
    return;
  end if;
  is_probe := state.parked_at is not null or state.failures >= failures_allowed;
  return query
    update messages m set claimed_by = gen_random_uuid(), claimed_until = until, attempts = m.attempts + 1,
      day = coalesce(m.day, today),
      -- What was tried before this was kept may have been written in any way.
      wording = coalesce(m.wording, case when m.attempts = 0 then wording_now else '' end)
    -- As an array, so that it is asked once: asked again, it would pass over what is taken already and give more.
    where m.id = any (array(
      select due.id from messages due
      where due.destination = of_destination and due.state = 'planned' and (due.due_at <= at or is_probe)
        and (due.claimed_until is null or due.claimed_until <= at)
      order by case when is_probe then due.attempts end, due.number
      limit case when is_probe then 1 else least(room, in_flight - held) end
      for update skip locked))
    returning m.*;
  if is_probe and found then
    update destinations d set open_until = greatest(d.open_until, probe_at) where d.id = of_destination;
  end if;
end
$$;
