// Reminders of periods in which nothing came: one for each source and period, whoever looks and how often.
// A claim is a lease with a token, as with notices; what is closed is not sent any more.
import { shanghaiMidnight } from '../core/clock.js';
import type { Period } from '../core/reporting-period.js';
import type { Sql } from './pool.js';

export interface OwedPeriod {
  /** Of the reminder, should there be one. */
  readonly id: string;
  readonly source: string;
  readonly agency: string;
  readonly period: Period;
}

export interface RaisedReminder {
  readonly id: string;
  readonly source: string;
  readonly agency: string;
  readonly period: string;
}

const RAISE = `
  insert into source_reminders (id, source, agency, period, first_day, last_day, raised_at, state, due_at)
  select o.id, o.source, o.agency, o.period, o.first_day, o.last_day, $8, 'due', $8
  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::date[], $6::date[], $7::timestamptz[])
    as o (id, source, agency, period, first_day, last_day, begins_at)
  where not exists (select from batches b where b.source = o.source and b.received_at >= o.begins_at and b.replay_of is null)
    and not exists (select from no_data_periods n where n.source = o.source
      and n.first_day <= o.first_day and n.last_day >= o.last_day)
  on conflict (source, period) do nothing
  returning id, source, agency, period`;

/** Raises a reminder for each period since whose beginning nothing came; gives those that were not there yet. */
export async function raiseReminders(
  sql: Sql,
  owed: readonly OwedPeriod[],
  at: Date,
): Promise<RaisedReminder[]> {
  const { rows } = await sql.query(RAISE, [
    owed.map(({ id }) => id),
    owed.map(({ source }) => source),
    owed.map(({ agency }) => agency),
    owed.map(({ period }) => period.id),
    owed.map(({ period }) => period.firstDay),
    owed.map(({ period }) => period.lastDay),
    owed.map(({ period }) => shanghaiMidnight(period.firstDay)),
    at,
  ]);
  return rows as unknown as RaisedReminder[];
}

/** Names the reminders that are due and not being worked on, oldest first. */
export async function dueReminders(sql: Sql, now: Date, limit = 1000): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `select id from source_reminders where state = 'due' and closed_at is null and due_at <= $1
       and (claimed_until is null or claimed_until <= $1) order by due_at limit $2`,
    [now, limit],
  );
  return rows.map(({ id }) => id);
}

export interface ReminderClaim extends RaisedReminder {
  readonly firstDay: string;
  readonly lastDay: string;
  readonly raisedAt: Date;
  /** Number of this try, from 1. */
  readonly attempt: number;
  readonly token: string;
}

/** Claims a due reminder until `until`, and counts the try; undefined where it is not due, closed, or another has it. */
export async function claimReminder(
  sql: Sql,
  claim: { id: string; token: string; now: Date; until: Date },
): Promise<ReminderClaim | undefined> {
  const { rows } = await sql.query(
    `update source_reminders set claimed_by = $2, claimed_until = $4, attempts = attempts + 1
     where id = (select id from source_reminders where id = $1 and state = 'due' and closed_at is null
       and due_at <= $3 and (claimed_until is null or claimed_until <= $3) for update skip locked)
     returning id, source, agency, period, first_day::text as "firstDay", last_day::text as "lastDay",
       raised_at as "raisedAt", attempts as attempt, claimed_by as token`,
    [claim.id, claim.token, claim.now, claim.until],
  );
  return rows[0] as unknown as ReminderClaim | undefined;
}

/** Ends a claim: delivered, shown only, or due again at `dueAt`; false where the claim was lost. */
export async function settleReminder(
  sql: Sql,
  { id, token }: ReminderClaim,
  to: { state: 'due' | 'delivered' | 'shown'; dueAt: Date; error: string | null },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update source_reminders set state = $3, due_at = $4, error = $5, claimed_by = null, claimed_until = null
     where id = $1 and claimed_by = $2 and state = 'due'`,
    [id, token, to.state, to.dueAt, to.error],
  );
  return rowCount === 1;
}

export interface OpenReminder {
  readonly period: string;
  /** RFC 3339. */
  readonly raisedAt: string;
  /** How the agency was told: by webhook, still to be, or here alone. */
  readonly delivery: 'due' | 'delivered' | 'shown';
}

/** Gives the open reminders of each source, oldest period first. */
export async function listReminders(sql: Sql): Promise<Map<string, OpenReminder[]>> {
  const { rows } = await sql.query<{ source: string; reminders: OpenReminder[] }>(
    `select source, json_agg(json_build_object('period', period, 'delivery', state,
         'raisedAt', to_char(raised_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) order by first_day)
       as reminders
     from source_reminders where closed_at is null group by source`,
  );
  return new Map(rows.map(({ source, reminders }) => [source, reminders]));
}
