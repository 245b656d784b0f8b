// What of a batch is not for a destination: counted with the batch, and kept by position, so that a change which goes
// there after all one day is counted once.
import type { Sql } from './pool.js';

interface Placed {
  readonly position: number;
  readonly batchId: string | null;
}

/** Counts changes that planning passed over because they are not for the destination. */
export async function withhold(sql: Sql, destination: string, changes: readonly Placed[]): Promise<void> {
  const counted = changes.filter(({ batchId }) => batchId !== null);
  if (counted.length === 0) return;
  await sql.query(
    `insert into batch_deliveries as known (batch_id, destination, withheld, withheld_positions)
     select batch_id, $1, count(*), range_agg(int8range(position, position, '[]'))
       from unnest($2::uuid[], $3::bigint[]) as n (batch_id, position) group by batch_id order by batch_id
     on conflict (batch_id, destination) do update set withheld = known.withheld + excluded.withheld,
       withheld_positions = known.withheld_positions + excluded.withheld_positions`,
    [destination, counted.map(({ batchId }) => batchId), counted.map(({ position }) => position)],
  );
}

/** Takes changes that went out after all off what is withheld; gives the batch of each that was. */
export async function release(sql: Sql, destination: string, changes: readonly Placed[]): Promise<string[]> {
  const batches = [...new Set(changes.flatMap(({ batchId }) => batchId ?? []))];
  // All that is counted later, in the order in which others count, so that none waits in a circle.
  await sql.query(
    `select from batch_deliveries where destination = $1 and batch_id = any($2::uuid[]) order by batch_id for update`,
    [destination, batches],
  );
  const { rows } = await sql.query<{ batchId: string; count: number }>(
    `with gone as (
       select d.batch_id, count(*) as count, range_agg(int8range(n.position, n.position, '[]')) as positions
       from unnest($2::uuid[], $3::bigint[]) as n (batch_id, position)
       join batch_deliveries d on d.batch_id = n.batch_id and d.destination = $1 and d.withheld > 0
         and d.withheld_positions @> n.position
       group by d.batch_id)
     update batch_deliveries d set withheld = d.withheld - gone.count,
       withheld_positions = d.withheld_positions - gone.positions
     from gone where d.batch_id = gone.batch_id and d.destination = $1
     returning d.batch_id as "batchId", gone.count`,
    [destination, changes.map(({ batchId }) => batchId), changes.map(({ position }) => position)],
  );
  return rows.flatMap(({ batchId, count }) => Array.from({ length: count }, () => batchId));
}
