-- What is known of each destination: why nothing goes there, and since when.

-- `paused`: an operator's word. `parked`: the destination does not know us any more (token, certificate); only a
-- probe now and then is sent until one is answered, or an operator resumes. `opened_at`: its breaker is open.
alter table destinations
  add column paused_at timestamptz,
  add column paused_by text,
  add column pause_reason text,
  add column parked_at timestamptz,
  add column parked_reason text,
  add column opened_at timestamptz,
  add constraint pauses_are_whole check (num_nulls(paused_at, paused_by, pause_reason) in (0, 3)),
  add constraint parkings_are_whole check (num_nulls(parked_at, parked_reason) in (0, 2));

-- When the destination last took something.
create index messages_answered on messages (destination, answered_at) where state = 'answered';
