// The fires of the schedule: a unique row (schedule, time due) decides which instance runs one.
import type { Sql } from './pool.js';

export interface Fire {
  readonly schedule: string;
  readonly dueAt: Date;
  /** When the schedule fires after this; what lies in the past at start was missed. */
  readonly nextDueAt: Date | null;
  readonly owner: string;
}

/** Claims a fire; false where another instance has it. */
export async function claimFire(sql: Sql, fire: Fire, now: Date): Promise<boolean> {
  const { rowCount } = await sql.query(
    `insert into fires (schedule, due_at, claimed_by, claimed_at, next_due_at) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [fire.schedule, fire.dueAt, fire.owner, now, fire.nextDueAt],
  );
  return rowCount === 1;
}

/** Notes how a fire ended, and forgets all but the schedule's newest thousand. */
export async function finishFire(
  sql: Sql,
  fire: Fire,
  end: { at: Date; error: string | null },
): Promise<void> {
  await sql.query('update fires set finished_at = $3, error = $4 where schedule = $1 and due_at = $2', [
    fire.schedule,
    fire.dueAt,
    end.at,
    end.error,
  ]);
  await sql.query(
    `delete from fires where schedule = $1 and due_at <
       (select due_at from fires where schedule = $1 order by due_at desc offset 1000 limit 1)`,
    [fire.schedule],
  );
}

/** Gives when the fire after the last claimed one was due; undefined where the schedule has never run. */
export async function nextDue(sql: Sql, schedule: string): Promise<Date | undefined> {
  const { rows } = await sql.query<{ nextDueAt: Date | null }>(
    'select next_due_at as "nextDueAt" from fires where schedule = $1 order by due_at desc limit 1',
    [schedule],
  );
  return rows[0]?.nextDueAt ?? undefined;
}

/** Gives when each of these schedules fires next by its last claimed fire; one that has never run is left out. */
export async function nextFires(sql: Sql, schedules: readonly string[]): Promise<Map<string, Date>> {
  const { rows } = await sql.query<{ schedule: string; at: Date }>(
    `select wanted.schedule, last.next_due_at as at from unnest($1::text[]) as wanted (schedule)
     cross join lateral (select f.next_due_at from fires f where f.schedule = wanted.schedule
                         order by f.due_at desc limit 1) last
     where last.next_due_at is not null`,
    [schedules],
  );
  return new Map(rows.map(({ schedule, at }) => [schedule, at]));
}
