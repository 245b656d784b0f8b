// The change log as readers see it: the versions of committed chunks by position, without holes. What has
// ended meanwhile is told apart, so that a reader can leave its content out.
import { opennessLevel, type Openness } from '../core/openness.js';
import type { Sql } from './pool.js';
import { endsLaterFor, isOver, operationTo } from './readable-changes.js';

export interface Change {
  readonly position: number;
  readonly recordId: string;
  readonly agency: string;
  readonly recordType: string;
  readonly version: number;
  readonly operation: 'u' | 'd';
  /** Canonical JSON, personal numbers masked. */
  readonly data: string;
  /** What `data` masks, encrypted; null where it masks nothing. */
  readonly sealed: Buffer | null;
  /** Null for what the gateway changed itself. */
  readonly batchId: string | null;
  readonly row: number;
  readonly committedAt: Date;
}

export interface FeedChange extends Change {
  /** Set where the record has ended with this version or a later one, its last day is over, or what it said is past its retention. */
  readonly hasEnded: boolean;
}

const COLUMNS = `v.record_id as "recordId", v.version, v.data, v.sealed, v.row_number as row,
  c.agency, c.record_type as "recordType", c.batch_id as "batchId", c.committed_at as "committedAt"`;

/** Reads the first position that is not past its retention, and the last one that is visible. */
export async function readKeptPositions(sql: Sql): Promise<{ first: number; last: number }> {
  const { rows } = await sql.query<{ first: number; last: number }>(
    'select first_kept as first, last_position as last from feed_horizon, change_log',
  );
  return rows[0] ?? { first: 1, last: 0 };
}

/** Reads the last position that is visible; 0 before the first change. */
export async function readLastPosition(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ last: number }>('select last_position as last from change_log');
  return rows[0]?.last ?? 0;
}

/** What a reader may see: it gets nothing else, but learns that what it may have had before has ended. */
export interface ReaderView {
  /** The record types that are open to it. */
  readonly openTypes: readonly string[];
  /** Types of which it learns nothing. What is in neither list is exchanged no longer: of it only the ends are told. */
  readonly closedTypes: readonly string[];
  readonly openness: Openness;
}

export interface ChangesAfter {
  readonly after: number;
  readonly limit: number;
  /** The day in Asia/Shanghai. */
  readonly today: string;
  /** Undefined for one that sees all. */
  readonly view?: ReaderView | undefined;
}

const AHEAD = `ahead as (
  select *, sum(left_over) over (order by last_position) - left_over as changes_before
  from (select *, last_position - greatest($1::bigint, first_position - 1) as left_over from chunks
        where changes > 0 and last_position > $1::bigint and coalesce(openness, 0) <= $5
          and ($3::text[] is null or record_type = any($3) or (has_endings and record_type <> all($4)))
        order by last_position limit $2) next)`;

// One statement, and so one moment: what is committed meanwhile must not count as looked at.
const AFTER = `
  with ${AHEAD}, looked as (select max(last_position) as last from ahead where changes_before < $2),
  found as (
    select c.first_position + v.ordinal as position, ${COLUMNS}, v.seen as operation,
           v.seen = 'd' or v.data = '{}' or ${isOver('v', '$6')} or ${endsLaterFor('$5', '$6')} as "hasEnded"
    from ahead c
    cross join lateral
      (select * from (select v.*, ${operationTo('$5')} as seen from record_versions v where v.chunk_id = c.id
         and v.ordinal >= greatest($1::bigint + 1 - c.first_position, 0)::integer) v
       where seen = 'd' or (seen = 'u' and ($3::text[] is null or c.record_type = any($3)))
       order by v.ordinal limit $2) v
    where c.changes_before < $2
    order by position limit $2)
  select found.*, looked.last as "lookedTo" from looked left join found on true order by position`;

export interface ChangesFound {
  readonly changes: readonly FeedChange[];
  /** Up to here there is nothing else for the reader; null where nothing was left to look at. */
  readonly lookedTo: number | null;
}

/** Reads the next changes after a position for a feed, in order, at most `limit`. */
export async function readChangesAfter(
  sql: Sql,
  { after, limit, today, view }: ChangesAfter,
): Promise<ChangesFound> {
  const level = opennessLevel(view?.openness ?? 'authorised');
  const values = [after, limit, view?.openTypes ?? null, view?.closedTypes ?? [], level, today];
  const { rows } = await sql.query(AFTER, values);
  const found = rows as unknown as { position: number | null; lookedTo: number | null }[];
  const changes = found.filter(({ position }) => position !== null) as unknown as FeedChange[];
  return { changes, lookedTo: changes.at(-1)?.position ?? found[0]?.lookedTo ?? null };
}

/** Reads the changes at the given positions, in order; what is narrower than `openness`, or over on the day `today`, ends its record. */
export async function readChangesAt(
  sql: Sql,
  positions: readonly number[],
  { openness, today }: { openness: Openness; today: string },
): Promise<Change[]> {
  const { rows } = await sql.query(
    `select p.position, ${COLUMNS},
            case when coalesce(v.openness, 0) <= $2 and not ${isOver('v', '$3')} then v.operation else 'd' end
              as operation
     from unnest($1::bigint[]) p (position)
     cross join lateral (select * from chunks where changes > 0 and last_position >= p.position
                         order by last_position limit 1) c
     cross join lateral (select * from record_versions r
                         where r.chunk_id = c.id and r.ordinal = (p.position - c.first_position)::integer
                         limit 1) v
     order by p.position`,
    [positions, opennessLevel(openness), today],
  );
  return rows as unknown as Change[];
}
