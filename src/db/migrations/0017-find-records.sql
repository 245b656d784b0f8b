-- What records are searched by besides the code or the ID number of their subject, the batch and the position.

-- The key of the name (`core/name-key`): names stand in `data` alone, under a field that each type has its own of.
alter table record_versions add column name_key bigint;
create index record_versions_by_name on record_versions using hash (name_key);

-- Equality is all that is asked for, here and there: half the size of a tree of the texts, and cheaper to fill.
create index record_versions_by_document on record_versions using hash (document_number);

-- By which the messages that hold a position are found: one entry a message, not one a change.
create function message_span(positions bigint[]) returns int8range
language sql immutable parallel safe as $$
  select int8range(least(positions[1], positions[cardinality(positions)]),
                   greatest(positions[1], positions[cardinality(positions)]), '[]')
$$;
create index messages_by_span on messages using gist (message_span(positions));
