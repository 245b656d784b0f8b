-- Batches that are judged once more: the same bytes by the mapping of today, as a batch with an account of its own.
alter table batches
  -- The batch whose original is read; it is no replay itself.
  add column replay_of uuid references batches,
  -- The places of its rows in the order of versions are those of the original: a row that is judged again is not newer.
  add column order_number bigint,
  add column ordered_at timestamptz,
  -- The replay of this batch that has not settled. One at a time, and the original stays for as long.
  add column replaying uuid,
  -- A digest of all that judges a row: mapping, schema, code lists, quality rules.
  add column mapping_version text,
  -- As the sender named the file, personal numbers masked; null where it came without a name.
  add column file_name text,
  add constraint replays_have_their_places check (num_nulls(replay_of, order_number, ordered_at) in (0, 3)),
  add constraint originals_are_replayed check (replaying is null or replay_of is null);
create index batches_of_replays on batches (replay_of, number) where replay_of is not null;

-- A replay has no original of its own.
drop index batches_with_original;
create index batches_with_original on batches (finished_at)
  where finished_at is not null and original_deletion_ordered_at is null and replay_of is null;
