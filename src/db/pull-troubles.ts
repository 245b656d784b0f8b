// Scheduled ways in that fail again and again, or that are due and in nobody's hands.
import type { Sql } from './pool.js';

export interface FailingPull {
  readonly source: string;
  readonly since: Date;
  readonly failures: number;
  readonly error: string;
}

/** Gives the pulls that have failed at least so many times in a row; those of stopped sources are left out. */
export async function failingPulls(sql: Sql, failures: number): Promise<FailingPull[]> {
  const { rows } = await sql.query(
    `select p.source, p.failing_since as since, p.failures_in_row as failures, p.error from source_pulls p
     where p.failures_in_row >= $1 and p.failing_since is not null
       and not exists (select from source_pauses s where s.source = p.source)
     order by p.failing_since`,
    [failures],
  );
  return rows as unknown as FailingPull[];
}

/** Gives the pulls that were due before a moment and that nobody has under a lease. */
export async function stuckPulls(
  sql: Sql,
  at: { now: Date; before: Date },
): Promise<{ readonly source: string; readonly since: Date }[]> {
  const { rows } = await sql.query(
    `select p.source, p.due_at as since from source_pulls p left join source_claims c on c.source = 'pull:' || p.source
     where p.due_at < $2 and (c.claimed_until is null or c.claimed_until <= $1)
       and not exists (select from source_pauses s where s.source = p.source)
     order by p.due_at`,
    [at.now, at.before],
  );
  return rows as unknown as { source: string; since: Date }[];
}
