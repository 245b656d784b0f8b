// What is wrong, noted once when it begins and once when it ends, however many processes look and however often
// they start: whoever inserts or deletes the row is the one who tells.
import type { ConditionSeverity } from '../core/conditions.js';
import type { Connection, Sql } from './pool.js';

/** Held by the one process that looks and notes, until its transaction ends. */
const LOCK = 727_003;

export interface NotedCondition {
  readonly code: string;
  readonly subject: string;
  readonly severity: ConditionSeverity;
  readonly since: Date;
}

/** Takes the turn to look; false while another process has it. */
export async function takeTurn(sql: Connection): Promise<boolean> {
  const { rows } = await sql.query<{ taken: boolean }>('select pg_try_advisory_xact_lock($1) as taken', [
    LOCK,
  ]);
  return rows[0]?.taken === true;
}

/** Gives the open conditions. */
export async function readConditions(sql: Sql): Promise<NotedCondition[]> {
  const { rows } = await sql.query(
    'select code, subject, severity, since from conditions order by since, code, subject',
  );
  return rows as unknown as NotedCondition[];
}

const NOTE = `
  with given as (
    select * from unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) as g (code, subject, severity, since)
  ), begun as (
    insert into conditions (code, subject, severity, since, noted_at)
    select code, subject, severity, since, $5 from given on conflict do nothing
    returning code, subject, severity, since
  ), ended as (
    delete from conditions c
    where not exists (select from given g where g.code = c.code and g.subject = c.subject)
      and (c.code <> all($6::text[]) or c.subject = $7)
    returning code, subject, severity, since
  )
  select true as begins, * from begun union all select false, * from ended order by begins, since, code, subject`;

/**
 * Notes what is wrong now; gives what has begun and what has ended since the last time. Of the codes `local` only
 * what is about `machine` can end here: others do not see how it stands there.
 */
export async function noteConditions(
  sql: Sql,
  found: readonly NotedCondition[],
  at: { now: Date; local: readonly string[]; machine: string },
): Promise<(NotedCondition & { readonly begins: boolean })[]> {
  const { rows } = await sql.query(NOTE, [
    found.map(({ code }) => code),
    found.map(({ subject }) => subject),
    found.map(({ severity }) => severity),
    found.map(({ since }) => since),
    at.now,
    at.local,
    at.machine,
  ]);
  return rows as unknown as (NotedCondition & { begins: boolean })[];
}
