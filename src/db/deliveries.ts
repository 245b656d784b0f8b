// What became of a batch's changes at the city.
import { CITY } from '../core/city.js';
import type { Sql } from './pool.js';

export interface Deliveries {
  readonly pending: number;
  readonly delivered: number;
  readonly rejected: number;
  /** What is not for the city, where there is something. */
  readonly withheld?: number;
}

/** Counts the changes of a batch by what the city did with them. */
export async function readDeliveries(sql: Sql, batchId: string): Promise<Deliveries> {
  const { rows } = await sql.query<Record<'changes' | 'delivered' | 'refused' | 'withheld', number>>(
    `select (select coalesce(sum(changes), 0)::bigint from chunks where batch_id = $1) as changes,
            coalesce(sum(delivered), 0)::bigint as delivered, coalesce(sum(refused), 0)::bigint as refused,
            coalesce(sum(withheld), 0)::bigint as withheld
     from batch_deliveries where batch_id = $1 and destination = $2`,
    [batchId, CITY],
  );
  const { changes = 0, delivered = 0, refused = 0, withheld = 0 } = rows[0] ?? {};
  const pending = changes - delivered - refused - withheld;
  return { pending, delivered, rejected: refused, ...(withheld === 0 ? {} : { withheld }) };
}
