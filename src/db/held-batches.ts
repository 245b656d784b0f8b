// Held batches: nothing of them is processed before somebody lets them pass; dropped ones never are.
import { GatewayError } from '../core/errors.js';
import type { BatchWarning, Hold } from './batches.js';
import type { Sql } from './pool.js';

/** Holds a batch of which nothing is stored yet; throws `claim.lost` where another worker is further on. */
export async function holdBatch(sql: Sql, held: { id: string; hold: Hold; at: Date }): Promise<void> {
  const { rowCount } = await sql.query(
    `update batches set status = 'held', finished_at = $2, retry_at = null, hold_reason = $3, preview = $4
     where id = $1 and status = 'processing' and last_row = 0 and released_at is null`,
    [held.id, held.at, held.hold.reason, JSON.stringify(held.hold.preview)],
  );
  if (rowCount !== 1) throw new GatewayError('claim.lost', 'Another worker has gone on with this batch.');
}

/** Lets a held batch pass, in its old place among the batches of its source; false where it is not held. */
export async function releaseBatch(sql: Sql, released: { id: string; at: Date }): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update batches set status = 'received', finished_at = null, failures = 0, released_at = $2
     where id = $1 and status = 'held'`,
    [released.id, released.at],
  );
  return rowCount === 1;
}

/** Settles a held batch as rejected with nothing of it counted; false where it is not held. */
export async function dropBatch(
  sql: Sql,
  dropped: { id: string; at: Date; warning: BatchWarning },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update batches set status = 'rejected', finished_at = $2, warnings = warnings || $3::jsonb
     where id = $1 and status = 'held'`,
    [dropped.id, dropped.at, JSON.stringify([dropped.warning])],
  );
  return rowCount === 1;
}
