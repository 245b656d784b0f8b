// Sources that an operator has stopped. Kept in the table, so that it holds for every process and over restarts:
// whoever looks for something due leaves them out, and what came due meanwhile is found once they go on.
import type { Sql } from './pool.js';

export interface Pause {
  /** RFC 3339. */
  readonly since: string;
  /** By role and key, as in the audit log. */
  readonly by: string;
  readonly reason: string;
}

/** Stops a source; false where it is stopped already. */
export async function insertPause(
  sql: Sql,
  paused: { source: string; at: Date; by: string; reason: string },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `insert into source_pauses (source, paused_at, paused_by, reason) values ($1, $2, $3, $4)
     on conflict (source) do nothing`,
    [paused.source, paused.at, paused.by, paused.reason],
  );
  return rowCount === 1;
}

/** Lets a source go on; false where it is not stopped. */
export async function deletePause(sql: Sql, source: string): Promise<boolean> {
  const { rowCount } = await sql.query('delete from source_pauses where source = $1', [source]);
  return rowCount === 1;
}

/** Tells whether a source is stopped. */
export async function isPaused(sql: Sql, source: string): Promise<boolean> {
  const { rowCount } = await sql.query('select from source_pauses where source = $1', [source]);
  return rowCount === 1;
}

/** Gives the sources that are stopped. */
export async function listPauses(sql: Sql): Promise<Map<string, Pause>> {
  const { rows } = await sql.query<{ source: string; since: Date; by: string; reason: string }>(
    'select source, paused_at as since, paused_by as by, reason from source_pauses order by source',
  );
  return new Map(
    rows.map(({ source, since, by, reason }) => [source, { since: since.toISOString(), by, reason }]),
  );
}
