// Batches that need somebody: stuck, held, or failed for good. Each is found by an index that holds few rows.
import type { HoldReason } from '../core/words.js';
import type { Sql } from './pool.js';

/** More of one kind than this are counted and not named. */
const NAMED = 200;

export interface TroubledBatch {
  readonly id: string;
  readonly source: string;
  readonly since: Date;
}

/** Gives the first waiting batch of each source that is not stopped, where nothing of it has moved since `before`. */
export async function stuckBatches(sql: Sql, before: Date): Promise<TroubledBatch[]> {
  const { rows } = await sql.query(
    `with heads as (
       select distinct on (b.source) b.* from batches b
       where b.status in ('received', 'processing')
         and not exists (select from source_pauses p where p.source = b.source)
       order by b.source, b.number
     ), moved as (
       select h.id, h.source, greatest(h.received_at, h.released_at, h.retry_at,
         (select c.committed_at from chunks c where c.batch_id = h.id order by c.number desc limit 1),
         -- Before that one was done, it was not its turn.
         (select e.finished_at from batches e where e.source = h.source and e.number < h.number
          order by e.number desc limit 1)) as since
       from heads h
     )
     select id, source, since from moved where since < $1 order by since limit ${NAMED}`,
    [before],
  );
  return rows as unknown as TroubledBatch[];
}

/** Gives the batches that wait for somebody's decision, the longest first. */
export async function heldBatches(sql: Sql): Promise<(TroubledBatch & { readonly reason: HoldReason })[]> {
  const { rows } = await sql.query(
    `select id, source, finished_at as since, hold_reason as reason from batches
     where status = 'held' order by finished_at limit ${NAMED}`,
  );
  return rows as unknown as (TroubledBatch & { reason: HoldReason })[];
}

/** Gives the batches that failed for good, where nothing of their source has been taken since. */
export async function failedBatches(sql: Sql): Promise<TroubledBatch[]> {
  const { rows } = await sql.query(
    `select b.id, b.source, b.finished_at as since from batches b
     where b.status = 'failed' and not exists (select from batches t
       where t.source = b.source and t.number > b.number and t.status in ('accepted', 'partially-accepted'))
     order by b.finished_at limit ${NAMED}`,
  );
  return rows as unknown as TroubledBatch[];
}
