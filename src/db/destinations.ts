// How each destination is doing: its circuit breaker, how many messages are out, and what is due there. Claims
// make sure, under its row lock, that the limits hold for all processes together: see claims.ts.
import type { Sql } from './pool.js';

export interface Breaker {
  readonly failures: number;
  readonly probeEveryMs: number;
}

/** Gives how far the change log is planned for a destination. */
export async function plannedTo(sql: Sql, destination: string): Promise<number> {
  const { rows } = await sql.query<{ at: number }>(
    'select planned_to as at from destinations where id = $1',
    [destination],
  );
  return rows[0]?.at ?? 0;
}

/** Lets nothing pass until a moment, at least. */
export async function holdDestination(sql: Sql, destination: string, until: Date): Promise<void> {
  await sql.query('update destinations set open_until = greatest(open_until, $2) where id = $1', [
    destination,
    until,
  ]);
}

export interface Reached {
  readonly now: Date;
  readonly breaker: Breaker;
  /** When the try began that was answered: it tells nothing of a parking that came later. */
  readonly startedAt: Date;
}

/** Notes that the destination answered; what was put off while its breaker was open becomes due. True where it was, or was parked. */
export async function noteReached(sql: Sql, destination: string, at: Reached): Promise<boolean> {
  const { rows } = await sql.query<{ wasShut: boolean }>(
    `update destinations d set failures = 0, opened_at = null,
       parked_at = case when old.is_over then null else d.parked_at end,
       parked_reason = case when old.is_over then null else d.parked_reason end,
       open_until = case when old.failures >= $2 or old.is_over then null else d.open_until end
     from (select id, failures, coalesce(parked_at <= $3, false) as is_over
           from destinations where id = $1 and (failures > 0 or parked_at is not null) for no key update) old
     where d.id = old.id and (old.failures > 0 or old.is_over)
     returning old.failures >= $2 or old.is_over as "wasShut"`,
    [destination, at.breaker.failures, at.startedAt],
  );
  if (rows[0]?.wasShut !== true) return false;
  await makeDue(sql, destination, at.now);
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
       open_until = case when failures + 1 >= $2 then greatest(open_until, $3) else open_until end,
       opened_at = case when failures + 1 >= $2 then coalesce(opened_at, $4) end
     where id = $1 returning failures`,
    [destination, at.breaker.failures, new Date(at.now.getTime() + at.breaker.probeEveryMs), at.now],
  );
  return rows[0]?.failures === at.breaker.failures;
}

export interface Parking {
  readonly at: Date;
  readonly reason: string;
  readonly probeAt: Date;
}

/** Lets nothing but probes pass until one is answered or somebody resumes; gives true when this parked it. */
export async function parkDestination(sql: Sql, destination: string, parking: Parking): Promise<boolean> {
  const { rows } = await sql.query<{ isNew: boolean }>(
    `update destinations d set parked_at = coalesce(d.parked_at, $2), parked_reason = $3,
       open_until = greatest(d.open_until, $4)
     from (select id, parked_at from destinations where id = $1 for no key update) old
     where d.id = old.id returning old.parked_at is null as "isNew"`,
    [destination, parking.at, parking.reason, parking.probeAt],
  );
  return rows[0]?.isNew === true;
}

/** Makes all that is put off due; claimed messages are being settled by others, and waiting for them could be waiting in a circle. */
export async function makeDue(sql: Sql, destination: string, now: Date): Promise<void> {
  await sql.query(
    `update messages set due_at = $2 where id in
       (select id from messages where destination = $1 and state = 'planned' and due_at > $2 and claimed_by is null
        for update skip locked)`,
    [destination, now],
  );
}

/** Names the destinations among `ids` that have a due message, or changes or resends not yet planned, and that may be sent to. */
export async function dueDestinations(sql: Sql, ids: readonly string[], now: Date): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `select w.id from unnest($1::text[]) as w (id) left join destinations d on d.id = w.id
     where d.paused_at is null and (d.open_until is null or d.open_until <= $2) and (
       coalesce(d.planned_to, 0) < (select last_position from change_log)
       or exists (select from changes_waiting c where c.destination = w.id)
       or exists (select from resend_orders r where r.destination = w.id and r.state = 'planned')
       or exists (select from messages m where m.destination = w.id and m.state = 'planned' and m.due_at <= $2
                  and (m.claimed_until is null or m.claimed_until <= $2)))`,
    [ids, now],
  );
  return rows.map((row) => row.id);
}

/** Gives the earliest moment at which a planned message may be sent; undefined where none is planned, or none may be. */
export async function nextDueAt(sql: Sql, destination: string, breaker: Breaker): Promise<Date | undefined> {
  // An open breaker probes at its own pace, with a message that need not be due.
  const { rows } = await sql.query<{ at: Date | null }>(
    `select greatest(open_until, case when failures >= $2 or parked_at is not null then
              (select min(claimed_until) from messages where destination = $1 and state = 'planned') else
              (select min(greatest(due_at, claimed_until)) from messages
               where destination = $1 and state = 'planned') end) as at
     from destinations
     where id = $1 and paused_at is null
       and exists (select from messages where destination = $1 and state = 'planned')`,
    [destination, breaker.failures],
  );
  return rows[0]?.at ?? undefined;
}
