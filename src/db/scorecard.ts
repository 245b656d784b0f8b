// What the score card is made of: sums over the batches of a stretch of time, the days on which batches
// came, and what agencies said about periods without data.
import type { Sql } from './pool.js';

export interface Stretch {
  readonly from: Date;
  readonly before: Date;
}

export interface SourceSums {
  readonly source: string;
  readonly agency: string;
  readonly type: string;
  readonly received: number;
  readonly rejected: number;
  readonly measured: number;
  readonly late: number;
  readonly repeated: number;
}

/** Sums up the batches received in a stretch of time, for each source and agency. */
export async function sumBatches(sql: Sql, { from, before }: Stretch): Promise<SourceSums[]> {
  const { rows } = await sql.query(
    `select source, agency, max(record_type) as type, sum(received)::bigint as received,
       sum(rejected)::bigint as rejected, sum(measured)::bigint as measured, sum(late)::bigint as late,
       sum(repeated)::bigint as repeated
     from batches where received_at >= $1 and received_at < $2 and replay_of is null group by source, agency`,
    [from, before],
  );
  return rows as unknown as SourceSums[];
}

/** Gives the days in Asia/Shanghai on which batches came, by source. */
export async function deliveryDays(sql: Sql, { from, before }: Stretch): Promise<Map<string, string[]>> {
  const { rows } = await sql.query<{ source: string; days: string[] }>(
    `select source, array_agg(distinct (received_at at time zone 'Asia/Shanghai')::date::text) as days
     from batches where received_at >= $1 and received_at < $2 and replay_of is null group by source`,
    [from, before],
  );
  return new Map(rows.map(({ source, days }) => [source, days]));
}
