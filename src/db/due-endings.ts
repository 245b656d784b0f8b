// The versions whose last day is over. What has been superseded meanwhile ends nothing and is only settled.
import type { EndingVersion } from './own-changes.js';
import type { Sql } from './pool.js';

export type DueEnding = EndingVersion & { readonly isCurrent: boolean };

/** Locks the versions that ended before the day `today` (`YYYY-MM-DD`), oldest first, at most `limit`; passes over those of another job. */
export async function lockDueEndings(sql: Sql, today: string, limit: number): Promise<DueEnding[]> {
  const { rows } = await sql.query(
    `with due as materialized (
       select record_id, version, chunk_id, operation from record_versions
       where ends_on is not null and not is_end_settled and ends_on < $1::date
       order by ends_on limit $2 for update skip locked)
     select due.record_id as "recordId", due.version, c.agency, c.record_type as "recordType",
            due.operation = 'u' and not exists (select from record_versions later
              where later.record_id = due.record_id and later.version > due.version) as "isCurrent"
     from due join chunks c on c.id = due.chunk_id`,
    [today, limit],
  );
  return rows as unknown as DueEnding[];
}

/** Notes that nothing more follows from the ends of these versions. */
export async function settleEndings(sql: Sql, endings: readonly DueEnding[]): Promise<void> {
  await sql.query(
    `update record_versions v set is_end_settled = true
     from unnest($1::uuid[], $2::integer[]) as ended (record_id, version)
     where v.record_id = ended.record_id and v.version = ended.version`,
    [endings.map(({ recordId }) => recordId), endings.map(({ version }) => version)],
  );
}
