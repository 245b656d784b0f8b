// How each destination is doing: its circuit breaker, how many messages are out, and what is due there. Claims
// go through the row lock of the destination, so that the limits hold for all processes together.
import type { Sql } from './pool.js';

export interface Breaker {
  readonly failures: number;
  readonly probeEveryMs: number;
}

/** `closed`: send; `probe`: one message may try whether the destination is back; `open`: nothing may be sent now. */
export type Passage = 'closed' | 'probe' | 'open';

export interface PassageRequest {
  readonly now: Date;
  readonly breaker: Breaker;
  readonly messagesInFlight: number;
}

/** Asks to send one more message, under the lock of the destination until the transaction ends. */
export async function askPassage(sql: Sql, destination: string, request: PassageRequest): Promise<Passage> {
  const { rows } = await sql.query<{ failures: number; openUntil: Date | null }>(
    'select failures, open_until as "openUntil" from destinations where id = $1 for update',
    [destination],
  );
  const [state] = rows;
  if (state === undefined || (state.openUntil !== null && state.openUntil > request.now)) return 'open';
  // Counted in a statement of its own: one that began before the lock was got would not see the latest claims.
  const held = await sql.query<{ count: number }>(
    `select count(*) from messages where destination = $1 and state = 'planned' and claimed_until > $2`,
    [destination, request.now],
  );
  const count = held.rows[0]?.count ?? 0;
  if (count >= request.messagesInFlight) return 'open';
  return state.failures >= request.breaker.failures ? 'probe' : 'closed';
}

/** Lets nothing pass until a moment, at least. */
export async function holdDestination(sql: Sql, destination: string, until: Date): Promise<void> {
  await sql.query('update destinations set open_until = greatest(open_until, $2) where id = $1', [
    destination,
    until,
  ]);
}

/** Notes that the destination answered; what was put off while its breaker was open becomes due. True where it was. */
export async function noteReached(
  sql: Sql,
  destination: string,
  at: { now: Date; breaker: Breaker },
): Promise<boolean> {
  const { rows } = await sql.query<{ wasOpen: boolean }>(
    `update destinations d set failures = 0,
       open_until = case when old.failures >= $2 then null else d.open_until end
     from (select id, failures from destinations where id = $1 for update) old
     where d.id = old.id and old.failures > 0 returning old.failures >= $2 as "wasOpen"`,
    [destination, at.breaker.failures],
  );
  if (rows[0]?.wasOpen !== true) return false;
  // Locked messages are being settled by others: waiting for them could be waiting in a circle.
  await sql.query(
    `update messages set due_at = $2 where id in
       (select id from messages where destination = $1 and state = 'planned' and due_at > $2 and claimed_by is null
        for update skip locked)`,
    [destination, at.now],
  );
  return true;
}

/** Notes that the destination did not answer; gives true when this opened its breaker. */
export async function noteUnreached(
  sql: Sql,
  destination: string,
  at: { now: Date; breaker: Breaker },
): Promise<boolean> {
  const { rows } = await sql.query<{ failures: number }>(
    `update destinations set failures = failures + 1,
       open_until = case when failures + 1 >= $2 then greatest(open_until, $3) else open_until end
     where id = $1 returning failures`,
    [destination, at.breaker.failures, new Date(at.now.getTime() + at.breaker.probeEveryMs)],
  );
  return rows[0]?.failures === at.breaker.failures;
}

/** Names the destinations among `ids` that have a due message, or changes not yet planned, and that may be sent to. */
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

/** Gives the earliest moment at which a planned message may be sent; undefined where none is planned. */
export async function nextDueAt(sql: Sql, destination: string, breaker: Breaker): Promise<Date | undefined> {
  // An open breaker probes at its own pace, with a message that need not be due.
  const { rows } = await sql.query<{ at: Date | null }>(
    `select greatest(open_until, case when failures >= $2 then (select min(claimed_until) from messages
              where destination = $1 and state = 'planned') else
              (select min(greatest(due_at, claimed_until)) from messages
               where destination = $1 and state = 'planned') end) as at
     from destinations
     where id = $1 and exists (select from messages where destination = $1 and state = 'planned')`,
    [destination, breaker.failures],
  );
  return rows[0]?.at ?? undefined;
}
