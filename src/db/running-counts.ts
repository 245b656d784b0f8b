// What is counted for machines: rows by verdict, settled batches and tries, each for a stretch of time, so that what
// is over and done need not be counted again. What is not over counts to the stretch without an end.
import { VERDICTS } from '../core/words.js';
import type { Sql } from './pool.js';

/** From `from` on, before `before`; without a bound where it is null. */
export interface CountedStretch {
  readonly from: Date | null;
  readonly before: Date | null;
}

/** A count and what it is of, e.g. source and verdict. */
export interface Count {
  readonly of: readonly string[];
  readonly count: number;
}

const IN_STRETCH = (column: string): string =>
  `($1::timestamptz is null or ${column} >= $1) and ($2::timestamptz is null or ${column} < $2)`;

/** Counts the rows of each source by verdict; batches under way count to the stretch without an end. */
export async function countRows(sql: Sql, stretch: CountedStretch): Promise<Count[]> {
  const { rows } = await sql.query<Record<string, number> & { source: string }>(
    `select source, ${VERDICTS.map((verdict) => `sum(${verdict})::bigint as ${verdict}`).join(', ')} from (
       select * from batches where ${IN_STRETCH('finished_at')} and finished_at is not null
       union all select * from batches where finished_at is null and $2::timestamptz is null) counted
     group by source`,
    bounds(stretch),
  );
  return rows.flatMap((row) =>
    VERDICTS.map((verdict) => ({ of: [row.source, verdict], count: row[verdict] ?? 0 })),
  );
}

/** Counts the batches of each source that have come to their end, by state. */
export async function countSettled(sql: Sql, stretch: CountedStretch): Promise<Count[]> {
  return counted(
    await sql.query(
      `select array[source, status] as of, count(*) as count from batches
       where ${IN_STRETCH('finished_at')} and status in ('accepted', 'partially-accepted', 'rejected', 'failed')
       group by source, status`,
      bounds(stretch),
    ),
  );
}

export const ATTEMPT_OUTCOMES = ['taken', 'refused', 'postponed', 'unanswered', 'not-written'] as const;

/** What came of a try `a` of a message, one of `ATTEMPT_OUTCOMES`. */
export const OUTCOME = `case when a.error in ('not-written', 'not-tried') then 'not-written'
  when a.error is not null and a.http_status is null then 'unanswered' when a.error is not null then 'postponed'
  when a.city_code = '200' then 'taken' else 'refused' end`;

/** Counts the tries of messages to each destination by what came of them (`ATTEMPT_OUTCOMES`); those whose rows are gone count to the stretch without a beginning. */
export async function countAttempts(sql: Sql, stretch: CountedStretch): Promise<Count[]> {
  return counted(
    await sql.query(
      `select array[destination, outcome] as of, sum(attempts)::bigint as count from (
         select m.destination, ${OUTCOME} as outcome, 1 as attempts
         from message_attempts a join messages m on m.id = a.message_id where ${IN_STRETCH('a.started_at')}
         union all
         select destination, outcome, attempts from attempts_counted where $1::timestamptz is null) tried
       group by destination, outcome`,
      bounds(stretch),
    ),
  );
}

/** Counts the tries of webhooks by what came of them: `delivered`, `refused` or `unanswered`. */
export async function countDeliveryAttempts(sql: Sql, stretch: CountedStretch): Promise<Count[]> {
  return counted(
    await sql.query(
      `select array[outcome] as of, count(*) as count from (
         select case when http_status between 200 and 299 then 'delivered'
           when http_status is null then 'unanswered' else 'refused' end as outcome
         from delivery_attempts where ${IN_STRETCH('started_at')}) tried group by outcome`,
      bounds(stretch),
    ),
  );
}

function bounds({ from, before }: CountedStretch): unknown[] {
  return [from, before];
}

function counted({ rows }: { rows: Record<string, unknown>[] }): Count[] {
  return rows as unknown as Count[];
}
