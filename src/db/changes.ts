// The change log as readers see it: the versions of committed chunks by position, without holes. What has
// ended meanwhile is told apart, so that a reader can leave its content out.
import type { Sql } from './pool.js';

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
  readonly batchId: string;
  readonly row: number;
  readonly committedAt: Date;
}

export interface FeedChange extends Change {
  /** Set where the record has ended with this version or with a later one. */
  readonly hasEnded: boolean;
}

const COLUMNS = `v.record_id as "recordId", v.version, v.operation, v.data, v.sealed, v.row_number as row,
  c.agency, c.record_type as "recordType", c.batch_id as "batchId", c.committed_at as "committedAt"`;

/** Reads the last position that is visible; 0 before the first change. */
export async function readLastPosition(sql: Sql): Promise<number> {
  const { rows } = await sql.query<{ last: number }>('select last_position as last from change_log');
  return rows[0]?.last ?? 0;
}

export interface ChangesAfter {
  readonly after: number;
  readonly limit: number;
  /** Record types to leave all others out; undefined for all. */
  readonly types?: readonly string[] | undefined;
}

/** Reads the next changes after a position for a feed, in order, at most `limit`. */
export async function readChangesAfter(
  sql: Sql,
  { after, limit, types }: ChangesAfter,
): Promise<FeedChange[]> {
  const { rows } = await sql.query(
    `with ahead as (
       select *, sum(left_over) over (order by last_position) - left_over as changes_before
       from (select *, last_position - greatest($1::bigint, first_position - 1) as left_over from chunks
             where changes > 0 and last_position > $1::bigint and ($3::text[] is null or record_type = any($3))
             order by last_position limit $2) next
     )
     select c.first_position + v.ordinal as position, ${COLUMNS},
            v.operation = 'd' or exists (select from record_versions later where later.record_id = v.record_id
              and later.version > v.version and later.operation = 'd') as "hasEnded"
     from ahead c
     cross join lateral (select * from record_versions r where r.chunk_id = c.id
       and r.ordinal >= greatest($1::bigint + 1 - c.first_position, 0)::integer order by r.ordinal limit $2) v
     where c.changes_before < $2
     order by position limit $2`,
    [after, limit, types ?? null],
  );
  return rows as unknown as FeedChange[];
}

/** Reads the changes at the given positions, in order. */
export async function readChangesAt(sql: Sql, positions: readonly number[]): Promise<Change[]> {
  const { rows } = await sql.query(
    `select p.position, ${COLUMNS}
     from unnest($1::bigint[]) p (position)
     cross join lateral (select * from chunks where changes > 0 and last_position >= p.position
                         order by last_position limit 1) c
     cross join lateral (select * from record_versions r
                         where r.chunk_id = c.id and r.ordinal = (p.position - c.first_position)::integer
                         limit 1) v
     order by p.position`,
    [positions],
  );
  return rows as unknown as Change[];
}
