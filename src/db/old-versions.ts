// Old versions and old events. A version that another one has replaced loses what it said; its row stays as an
// event of the change log until the feed's own retention is over. The current version of a record is never touched.
import type { Cutoffs } from './past-retention.js';
import type { Sql } from './pool.js';

/** The last position that every destination has been sent; nothing is deleted that one of them still waits for. */
const ALL_SENT = `least(
  (select min(planned_to) from destinations),
  (select min(position) - 1 from changes_in_flight),
  (select min(position) - 1 from changes_waiting))`;

/** A deletion of versions `old` that leaves with the next version how open the one before was: whether a reader knew it decides whether it learns of its end. */
function withoutLoss(deletion: string): string {
  return `with gone as (${deletion} returning old.record_id, old.version, old.openness)
    update record_versions next set openness_before = gone.openness
    from gone
    where gone.openness is not null and next.record_id = gone.record_id and next.version = gone.version + 1
      and next.openness is not null
      and not exists (select from gone also where also.record_id = next.record_id and also.version = next.version)`;
}

/** Locks a chunk whose predecessors are past their retention; undefined where there is none that no other job has. */
export async function lockPastChunk(sql: Sql, cutoffs: Cutoffs): Promise<number | undefined> {
  const { rows } = await sql.query<{ id: number }>(
    `select id from chunks c
     where changes > 0 and old_versions_deleted_at is null
       and last_position <= coalesce(${ALL_SENT}, last_position)
       and committed_at < coalesce(
         (select cutoff from unnest($1::text[], $2::timestamptz[]) as own (type, cutoff) where type = c.record_type),
         $3::timestamptz)
     order by committed_at limit 1 for update skip locked`,
    [Object.keys(cutoffs.byType), Object.values(cutoffs.byType), cutoffs.others],
  );
  return rows[0]?.id;
}

/** Deletes what the versions said that those of a chunk took the place of; gives how many said something. */
export async function deletePredecessors(sql: Sql, chunk: { id: number; at: Date }): Promise<number> {
  const blanked = await sql.query(
    `update record_versions old set data = '{}', sealed = null
     from record_versions next
     where next.chunk_id = $1 and next.version > 1
       and old.record_id = next.record_id and old.version < next.version and old.data <> '{}'`,
    [chunk.id],
  );
  await sql.query(
    withoutLoss(`delete from record_versions old using record_versions next, chunks c, feed_horizon h
     where next.chunk_id = $1 and next.version > 1
       and old.record_id = next.record_id and old.version < next.version
       and c.id = old.chunk_id and c.last_position < h.first_kept`),
    [chunk.id],
  );
  await sql.query('update chunks set old_versions_deleted_at = $2 where id = $1', [chunk.id, chunk.at]);
  return blanked.rowCount ?? 0;
}

/** Moves the beginning of the feed behind at most `limit` chunks committed before `cutoff`; gives how many events it left behind. */
export async function moveFeedHorizon(sql: Sql, cutoff: string, limit: number): Promise<number> {
  // Only as far as everything has been sent: where nobody has been sent anything, the feed stays whole.
  const { rows } = await sql.query<{ id: number; last: number; first: number; isPast: boolean }>(
    `select c.id, h.first_kept as first, c.last_position as last,
            c.committed_at < $1::timestamptz and c.last_position <= coalesce(${ALL_SENT}, 0) as "isPast"
     from (select first_kept from feed_horizon for update) h
     cross join lateral (select * from chunks where changes > 0 and first_position >= h.first_kept
                         order by first_position limit $2) c
     order by c.first_position`,
    [cutoff, limit],
  );
  const end = rows.findIndex(({ isPast }) => !isPast);
  const past = end < 0 ? rows : rows.slice(0, end);
  const [first, last] = [past.at(0), past.at(-1)];
  if (first === undefined || last === undefined) return 0;
  await sql.query(
    withoutLoss(`delete from record_versions old where chunk_id = any($1::bigint[]) and data = '{}'
       and exists (select from record_versions next where next.record_id = old.record_id and next.version > old.version)`),
    [past.map(({ id }) => id)],
  );
  await sql.query('update feed_horizon set first_kept = $1', [last.last + 1]);
  return last.last + 1 - first.first;
}
