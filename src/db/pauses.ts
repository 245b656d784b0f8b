// An operator's word on a destination: nothing goes there, or all may again. What is in flight ends as it does.
import { makeDue } from './destinations.js';
import type { Sql } from './pool.js';

export interface Pause {
  readonly at: Date;
  readonly by: string;
  readonly reason: string;
}

/** Pauses a destination, before its first message too; false where it was paused already. */
export async function pauseDestination(sql: Sql, destination: string, pause: Pause): Promise<boolean> {
  const { rowCount } = await sql.query(
    `insert into destinations as d (id, paused_at, paused_by, pause_reason) values ($1, $2, $3, $4)
     on conflict (id) do update
       set paused_at = excluded.paused_at, paused_by = excluded.paused_by, pause_reason = excluded.pause_reason
       where d.paused_at is null`,
    [destination, pause.at, pause.by, pause.reason],
  );
  return rowCount === 1;
}

/** Lets everything go at once, whether it was paused, parked or its breaker open; false where it was none of them. */
export async function resumeDestination(sql: Sql, destination: string, now: Date): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update destinations set paused_at = null, paused_by = null, pause_reason = null,
       parked_at = null, parked_reason = null, opened_at = null, open_until = null, failures = 0
     where id = $1 and (paused_at is not null or parked_at is not null or opened_at is not null)`,
    [destination],
  );
  if (rowCount !== 1) return false;
  await makeDue(sql, destination, now);
  return true;
}
