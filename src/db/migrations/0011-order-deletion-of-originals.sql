-- An original is deleted in two steps: ordered, with its entry in the audit log, and then removed from its storage,
-- which may be slow, while no lock is held that others wait for.
alter table batches add column original_deletion_ordered_at timestamptz;
update batches set original_deletion_ordered_at = original_deleted_at where original_deleted_at is not null;
drop index batches_with_original;
create index batches_with_original on batches (finished_at)
  where finished_at is not null and original_deletion_ordered_at is null;
create index batches_with_original_to_remove on batches (number)
  where original_deletion_ordered_at is not null and original_deleted_at is null;

-- Faults go with the problems of the batch that had them first; what the city refused of the gateway's own changes
-- belongs to no batch.
create index source_faults_by_batch on source_faults (batch_number);
create index refusals_of_own_changes on refusals (refused_at) where batch_id is null;
