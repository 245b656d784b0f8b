// Which changes a resend selects: by words that hold for whole chunks, or by the records themselves.
import { opennessLevel, type Openness } from '../core/openness.js';
import type { Sql } from './pool.js';
import { operationTo } from './readable-changes.js';

export interface SelectedRange {
  readonly first: number;
  readonly last: number;
  readonly recordType?: string;
  readonly agency?: string;
  readonly batch?: string;
}

/** Chunks `c` that a range selects; its values are `$1` to `$5`, see `rangeValues`. */
export const IN_RANGE = `changes > 0 and last_position >= $1 and first_position <= $2
  and ($3::text is null or record_type = $3) and ($4::text is null or agency = $4)
  and ($5::uuid is null or batch_id = $5)`;

/** Gives the values of `IN_RANGE`. */
export function rangeValues({ first, last, recordType, agency, batch }: SelectedRange): unknown[] {
  return [first, last, recordType ?? null, agency ?? null, batch ?? null];
}

/** Counts the changes of a range, from the chunks alone. */
export async function measureRange(sql: Sql, range: SelectedRange): Promise<number> {
  const { rows } = await sql.query<{ changes: number }>(
    `select coalesce(sum(least(last_position, $2) - greatest(first_position, $1) + 1), 0)::bigint as changes
     from chunks where ${IN_RANGE}`,
    rangeValues(range),
  );
  return rows[0]?.changes ?? 0;
}

/** How far the change log is planned for a destination, and what it may see. */
export interface ResendReach {
  readonly plannedTo: number;
  readonly openness: Openness;
}

/**
 * Gives the positions, in order, of the named versions of records, or of the last ones that say something to the
 * destination, as far as it is planned.
 */
export async function findRecordPositions(
  sql: Sql,
  records: readonly { readonly id: string; readonly version?: number }[],
  { plannedTo, openness }: ResendReach,
): Promise<number[]> {
  const { rows } = await sql.query<{ position: number }>(
    `select distinct found.position
     from unnest($1::uuid[], $2::int[]) as named (id, version)
     cross join lateral (
       select v.position from (
         select r.*, (select c.first_position from chunks c where c.id = r.chunk_id) + r.ordinal as position
         from record_versions r
         where r.record_id = named.id and (named.version is null or r.version = named.version)) v
       where v.position <= $3 order by ${operationTo('$4')} = '-', v.version desc limit 1) found
     order by found.position`,
    [
      records.map(({ id }) => id),
      records.map(({ version }) => version ?? null),
      plannedTo,
      opennessLevel(openness),
    ],
  );
  return rows.map(({ position }) => position);
}
