// The circuit breaker of each destination, and which destinations have something to do.
import type { Sql } from './pool.js';

export interface Breaker {
  readonly failures: number;
  readonly probeEveryMs: number;
}

/** Asks to send: false while the breaker is open. An open one lets a single probe through each interval. */
export async function passBreaker(
  sql: Sql,
  destination: string,
  at: { now: Date; breaker: Breaker },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update destinations set open_until = case when failures >= $3 then $4::timestamptz end
     where id = $1 and (open_until is null or open_until <= $2)`,
    [destination, at.now, at.breaker.failures, new Date(at.now.getTime() + at.breaker.probeEveryMs)],
  );
  return rowCount === 1;
}

/** Notes that the destination answered. */
export async function noteReached(sql: Sql, destination: string): Promise<void> {
  await sql.query(
    'update destinations set failures = 0, open_until = null where id = $1 and (failures > 0 or open_until is not null)',
    [destination],
  );
}

/** Notes that the destination did not answer; gives true when this opened its breaker. */
export async function noteUnreached(
  sql: Sql,
  destination: string,
  at: { now: Date; breaker: Breaker },
): Promise<boolean> {
  const { rows } = await sql.query<{ failures: number }>(
    `update destinations set failures = failures + 1,
       open_until = case when failures + 1 >= $2 then $3::timestamptz else open_until end
     where id = $1 returning failures`,
    [destination, at.breaker.failures, new Date(at.now.getTime() + at.breaker.probeEveryMs)],
  );
  return rows[0]?.failures === at.breaker.failures;
}

/** Names the destinations among `ids` that have a due message, or changes not yet planned, and whose breaker lets pass. */
export async function dueDestinations(sql: Sql, ids: readonly string[], now: Date): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `select w.id from unnest($1::text[]) as w (id) left join destinations d on d.id = w.id
     where (d.open_until is null or d.open_until <= $2) and (
       coalesce(d.planned_to, 0) < (select last_position from change_log)
       or exists (select from changes_waiting c where c.destination = w.id)
       or exists (select from messages m where m.destination = w.id and m.state = 'planned' and m.due_at <= $2
                  and (m.claimed_until is null or m.claimed_until <= $2)))`,
    [ids, now],
  );
  return rows.map((row) => row.id);
}
