// What agencies say about periods in which they had nothing to report.
import type { DayRange } from '../core/expected-periods.js';
import type { Period } from '../core/reporting-period.js';
import type { Sql } from './pool.js';
import type { Stretch } from './scorecard.js';

/** Tells whether rows of a source came in a stretch of time, or may still come of what arrived in it. */
export async function cameRows(sql: Sql, source: string, { from, before }: Stretch): Promise<boolean> {
  const { rowCount } = await sql.query(
    `select from batches where source = $1 and received_at >= $2 and received_at < $3 and replay_of is null
       and (received > 0 or status in ('received', 'processing', 'held')) limit 1`,
    [source, from, before],
  );
  return rowCount === 1;
}

/** Notes that there was nothing in a period, and lets go of its reminders; gives when that was said first, and whether it is said now. */
export async function noteNoData(
  sql: Sql,
  stated: { source: string; period: Period; at: Date; keyId: string },
): Promise<{ statedAt: Date; isNew: boolean }> {
  const { source, period, at, keyId } = stated;
  const { rows } = await sql.query<{ statedAt: Date; isNew: boolean }>(
    `with closed as (
       update source_reminders set closed_at = $5, closed_by = 'no-data'
       where source = $1 and closed_at is null and first_day >= $3 and last_day <= $4)
     insert into no_data_periods as known (source, period, first_day, last_day, stated_at, key_id)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (source, period) do update set stated_at = known.stated_at
     returning stated_at as "statedAt", xmax = 0 as "isNew"`,
    [source, period.id, period.firstDay, period.lastDay, at, keyId],
  );
  return rows[0] ?? { statedAt: at, isNew: false };
}

/** Gives the ranges of days without data that touch a range, by source. */
export async function noDataRanges(sql: Sql, range: DayRange): Promise<Map<string, DayRange[]>> {
  const { rows } = await sql.query<{ source: string; firstDay: string; lastDay: string }>(
    `select source, first_day::text as "firstDay", last_day::text as "lastDay" from no_data_periods
     where last_day >= $1 and first_day <= $2 order by source, first_day`,
    [range.firstDay, range.lastDay],
  );
  const found = new Map<string, DayRange[]>();
  for (const { source, ...days } of rows) found.set(source, [...(found.get(source) ?? []), days]);
  return found;
}
