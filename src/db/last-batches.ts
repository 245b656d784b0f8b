// What last came from each source, and when something of it was last taken: some look-ups in an index for each
// source, however many batches there are.
import type { BatchState, Counts } from '../core/words.js';
import { COUNTS } from './batches.js';
import type { Sql } from './pool.js';

export interface LastBatch {
  readonly id: string;
  readonly status: BatchState;
  /** RFC 3339. */
  readonly receivedAt: string;
  readonly counts: Counts;
}

export interface LastDelivery {
  readonly source: string;
  readonly batch: LastBatch;
  /** When the last batch of which rows were taken came to its end; null where there is none. */
  readonly takenAt: Date | null;
}

/** Gives the last batch of each of these sources; one from which nothing ever came is left out. */
export async function lastDeliveries(sql: Sql, sources: readonly string[]): Promise<LastDelivery[]> {
  const { rows } = await sql.query<{
    source: string;
    id: string;
    status: BatchState;
    receivedAt: Date;
    counts: Counts;
    takenAt: Date | null;
  }>(
    `select wanted.source, last.id, last.status, last.received_at as "receivedAt", last.counts,
       (select t.finished_at from batches t
        where t.source = wanted.source and t.status in ('accepted', 'partially-accepted') and t.replay_of is null
        order by t.number desc limit 1) as "takenAt"
     from unnest($1::text[]) as wanted (source)
     cross join lateral (select b.*, ${COUNTS} as counts from batches b where b.source = wanted.source and b.replay_of is null
                         order by b.number desc limit 1) last`,
    [sources],
  );
  return rows.map(({ source, id, status, receivedAt, counts, takenAt }) => ({
    source,
    batch: { id, status, receivedAt: receivedAt.toISOString(), counts },
    takenAt,
  }));
}
