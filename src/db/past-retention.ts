// Deletes what batches are no longer kept for: a settled batch at a time, rows in bounded portions. Batches that
// have not settled, or are held, are never touched.
import type { Sql } from './pool.js';

/** Until when something of each record type is deleted; `-infinity` for never. */
export interface Cutoffs {
  readonly others: string;
  readonly byType: Readonly<Record<string, string>>;
}

const MARKS = {
  originals: 'original_deletion_ordered_at',
  rejectedRows: 'rejected_rows_deleted_at',
  problems: 'problems_deleted_at',
} as const;
export type BatchKind = keyof typeof MARKS;
/** A replay has no original of its own, and needs the one that it reads until it has settled. */
const OWN_ALONE = {
  originals: 'and replay_of is null and replaying is null',
  rejectedRows: '',
  problems: '',
};

/** Locks the batch that has been past its retention longest; undefined where there is none that no other job has. */
export async function lockPastBatch(
  sql: Sql,
  kind: BatchKind,
  cutoffs: Cutoffs,
): Promise<string | undefined> {
  const { rows } = await sql.query<{ id: string }>(
    `select id from batches b
     where finished_at is not null and ${MARKS[kind]} is null ${OWN_ALONE[kind]}
       and status in ('accepted', 'partially-accepted', 'rejected', 'failed')
       and finished_at < coalesce(
         (select cutoff from unnest($1::text[], $2::timestamptz[]) as own (type, cutoff) where type = b.record_type),
         $3::timestamptz)
     order by finished_at limit 1 for update skip locked`,
    [Object.keys(cutoffs.byType), Object.values(cutoffs.byType), cutoffs.others],
  );
  return rows[0]?.id;
}

/** Notes that nothing of a kind is left of a batch, or that its original is to be removed. */
export async function markDeleted(sql: Sql, kind: BatchKind, batch: { id: string; at: Date }): Promise<void> {
  await sql.query(`update batches set ${MARKS[kind]} = $2 where id = $1`, [batch.id, batch.at]);
}

/** Deletes up to `limit` rejected rows of a batch, sealed cells and all; gives how many. */
export async function deleteRejectedRows(sql: Sql, batchId: string, limit: number): Promise<number> {
  const { rowCount } = await sql.query(
    `delete from rejected_rows where batch_id = $1 and row_number in
       (select row_number from rejected_rows where batch_id = $1 order by row_number limit $2)`,
    [batchId, limit],
  );
  return rowCount ?? 0;
}

export interface DeletedProblems {
  /** Problems, and what the city said. */
  readonly count: number;
  /** Faults that this batch of the source was the first to have. */
  readonly faults: number;
}

/** Deletes up to `limit` problems of a batch, and with the last of them what the city said of it and what is kept to count faults that come again. */
export async function deleteProblems(sql: Sql, batchId: string, limit: number): Promise<DeletedProblems> {
  const portion = async (statement: string, most: number): Promise<number> =>
    most <= 0 ? 0 : ((await sql.query(statement, [batchId, most])).rowCount ?? 0);
  const problems = await portion(
    `delete from row_problems where batch_id = $1 and (row_number, ordinal) in
       (select row_number, ordinal from row_problems where batch_id = $1 order by row_number, ordinal limit $2)`,
    limit,
  );
  const refusals = await portion(
    `delete from refusals where batch_id = $1 and (destination, position) in
       (select destination, position from refusals where batch_id = $1 order by row_number limit $2)`,
    limit - problems,
  );
  const faults = await portion(
    `delete from source_faults where (source, fault) in
       (select source, fault from source_faults
        where batch_number = (select number from batches where id = $1) limit $2)`,
    limit - problems - refusals,
  );
  return { count: problems + refusals, faults };
}

/** Deletes up to `limit` refusals of what the gateway changed itself, by the problems' retention; gives how many. */
export async function deleteOwnRefusals(sql: Sql, cutoffs: Cutoffs, limit: number): Promise<number> {
  const { rowCount } = await sql.query(
    `delete from refusals where (destination, position) in
       (select r.destination, r.position from refusals r
        left join record_versions v on v.record_id = r.record_id and v.version = r.version
        left join chunks c on c.id = v.chunk_id
        left join unnest($1::text[], $2::timestamptz[]) as own (type, cutoff) on own.type = c.record_type
        where r.batch_id is null and r.refused_at < coalesce(own.cutoff, $3::timestamptz)
        order by r.refused_at limit $4)`,
    [Object.keys(cutoffs.byType), Object.values(cutoffs.byType), cutoffs.others, limit],
  );
  return rowCount ?? 0;
}
