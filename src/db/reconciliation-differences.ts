// In what a destination's account of a day differs from ours, record by record; what is closed is kept, it tells what
// was wrong. `missing` and `other-…` can be made good by a resend; `unknown` is at the destination and nowhere here.
import { chunkAt } from './chunk-at.js';
import type { ReconciledLine } from '../core/reconciliation.js';
import type { Operation } from '../core/words.js';
import type { Connection, Sql } from './pool.js';
import { ENTRIES, type TakenMessage } from './taken-changes.js';

export type DifferenceKind = 'missing' | 'unknown' | 'other-version' | 'other-content';
export type DifferenceEnd = 'resend' | 'comparison' | 'word';

export interface Difference {
  readonly number: number;
  readonly tableCode: string;
  readonly recordId: string;
  readonly kind: DifferenceKind;
  readonly ours: Omit<ReconciledLine, 'id'> | null;
  readonly city: Omit<ReconciledLine, 'id'> | null;
  readonly foundAt: Date;
  readonly closedAt: Date | null;
  readonly closedBy: DifferenceEnd | null;
}

/** Keeps lines of a destination until the run that asked for them compares them. */
export async function stageLines(
  sql: Sql,
  staged: {
    readonly destination: string;
    readonly run: string;
    readonly tableCode: string;
    readonly lines: readonly ReconciledLine[];
  },
): Promise<void> {
  const { destination, run, tableCode, lines } = staged;
  await sql.query(
    `insert into reconciliation_lines (destination, run, table_code, record_id, version, operation, digest)
     select $7, $1, $2, id, version, operation::"char", decode(digest, 'hex')
     from unnest($3::text[], $4::integer[], $5::text[], $6::text[]) as line (id, version, operation, digest)`,
    [
      run,
      tableCode,
      lines.map(({ id }) => id),
      lines.map(({ version }) => version),
      lines.map(({ operation }) => (operation === 'upsert' ? 'u' : 'd')),
      lines.map(({ digest }) => digest),
      destination,
    ],
  );
}

/** Forgets the lines of a run, or what others of its destination have left behind that were killed. */
export async function dropLines(
  sql: Sql,
  { destination, run }: { readonly destination: string; readonly run: string },
  whose: 'own' | 'others',
): Promise<void> {
  await sql.query('delete from reconciliation_lines where destination = $1 and (run = $2) = $3', [
    destination,
    run,
    whose === 'own',
  ]);
}

/** Tells whether all lines of a run are there: another one, which has its lease by now, may have dropped them. */
export async function areLinesThere(sql: Sql, run: string, lines: number): Promise<boolean> {
  const { rows } = await sql.query<{ lines: number }>(
    'select count(*) as lines from reconciliation_lines where run = $1',
    [run],
  );
  return rows[0]?.lines === lines;
}

export interface ComparedDay {
  readonly destination: string;
  readonly day: string;
  readonly run: string;
  /** The tables of which the lines of both sides are to be compared. */
  readonly tableCodes: readonly string[];
  /** When the destination was asked: what it took later need not be in its answer. */
  readonly askedAt: Date;
}

// A record that was taken again since, in this version or a later one, is owed no more on this day. What is in flight
// may be taken already, its answer lost.
const FIND = `
  with resent as materialized (
    select e.record_id, e.version, t.answered_at from ${ENTRIES}
    where t.destination = $1 and t.resend and t.answered_at > $2::date - 2),
  in_flight as materialized (
    select f.record_id::text as record_id, v.version from changes_in_flight f
    cross join lateral ${chunkAt('f.position')} c
    join record_versions v on v.chunk_id = c.id and v.ordinal = (f.position - c.first_position)::integer
    where f.destination = $1),
  ours as (
    select distinct on (t.table_code, e.record_id, e.version) t.table_code, t.answered_at, e.*
    from ${ENTRIES}
    where t.destination = $1 and t.day = $2 and t.table_code = any($4::text[])
    order by t.table_code, e.record_id, e.version, t.answered_at desc),
  theirs as (
    select distinct on (table_code, record_id, version) table_code, record_id, version, operation, digest
    from reconciliation_lines where run = $3 order by table_code, record_id, version),
  paired as (
    select coalesce(o.table_code, t.table_code) as table_code, coalesce(o.record_id::text, t.record_id) as record_id,
      o.version as our_version, o.operation as our_operation, o.digest as our_digest, o.answered_at,
      t.version as city_version, t.operation as city_operation, t.digest as city_digest
    from ours o full join theirs t
      on t.table_code = o.table_code and t.record_id = o.record_id::text and t.version = o.version
    where o.version is null or t.version is null or o.operation <> t.operation or o.digest <> t.digest),
  owed as (
    select p.*, row_number() over (partition by table_code, record_id order by our_version) as place from paired p
    where our_version is not null and answered_at <= $5 and not exists (
      select from resent r where r.record_id::text = p.record_id and r.version >= p.our_version
        and r.answered_at > p.answered_at)),
  unknown as (
    select p.*, row_number() over (partition by table_code, record_id order by city_version) as place from paired p
    where our_version is null and not exists (
      select from in_flight f where f.record_id = p.record_id and f.version = p.city_version)),
  found as (
    select coalesce(o.table_code, u.table_code) as table_code, coalesce(o.record_id, u.record_id) as record_id,
      case when o.city_version is not null then 'other-content' when u.record_id is null then 'missing'
           when o.record_id is null then 'unknown' else 'other-version' end as kind,
      o.our_version, o.our_operation, o.our_digest, coalesce(o.city_version, u.city_version) as city_version,
      coalesce(o.city_operation, u.city_operation) as city_operation, coalesce(o.city_digest, u.city_digest) as city_digest
    from owed o full join unknown u
      on o.city_version is null and u.table_code = o.table_code and u.record_id = o.record_id and u.place = o.place)`;

/** Compares the lines of a day and stores what differs; what is found no longer is closed. Gives how many differences are open. */
export async function storeDifferences(sql: Connection, day: ComparedDay, at: Date): Promise<number> {
  const { destination, run, tableCodes, askedAt } = day;
  // What an operator knows of stays closed as long as it is the same.
  await sql.query(
    `${FIND}
     insert into reconciliation_differences as known (destination, day, table_code, record_id, kind, our_version,
       our_operation, our_digest, city_version, city_operation, city_digest, found_at, last_run)
     select $1, $2, table_code, record_id, kind, our_version, our_operation, our_digest, city_version, city_operation,
       city_digest, $6, $3 from found order by table_code, record_id, our_version
     on conflict (destination, day, table_code, record_id, our_version, city_version) do update set
       kind = excluded.kind, our_operation = excluded.our_operation, our_digest = excluded.our_digest,
       city_operation = excluded.city_operation, city_digest = excluded.city_digest, last_run = excluded.last_run,
       found_at = case when known.closed_at is null then known.found_at else $6 end,
       closed_at = case when known.closed_by = 'word' and known.city_digest = excluded.city_digest then known.closed_at end,
       closed_by = case when known.closed_by = 'word' and known.city_digest = excluded.city_digest then known.closed_by end`,
    [destination, day.day, run, tableCodes, askedAt, at],
  );
  await sql.query(
    `update reconciliation_differences set closed_at = $3, closed_by = 'comparison'
     where destination = $1 and day = $2 and closed_at is null and last_run <> $4`,
    [destination, day.day, at, run],
  );
  return countOpen(sql, destination, day.day);
}

async function countOpen(sql: Sql, destination: string, day: string): Promise<number> {
  const { rows } = await sql.query<{ open: number }>(
    `select count(*) as open from reconciliation_differences
     where destination = $1 and day = $2 and closed_at is null`,
    [destination, day],
  );
  return rows[0]?.open ?? 0;
}

/** Closes what a resend that was taken makes good: the same version of a record, or a later one. */
export async function closeByResend(
  sql: Sql,
  { destination, answeredAt, lines }: TakenMessage,
): Promise<void> {
  await sql.query(
    `update reconciliation_differences d set closed_at = $2, closed_by = 'resend'
     from unnest($3::text[], $4::integer[]) as taken (id, version)
     where d.destination = $1 and d.closed_at is null and d.record_id = taken.id and d.our_version <= taken.version`,
    [destination, answeredAt, lines.map(({ id }) => id), lines.map(({ version }) => version)],
  );
}

const DIFFERENCES = `
  select number, table_code as "tableCode", record_id as "recordId", kind, our_version as "ourVersion",
    our_operation as "ourOperation", encode(our_digest, 'hex') as "ourDigest", city_version as "cityVersion",
    city_operation as "cityOperation", encode(city_digest, 'hex') as "cityDigest", found_at as "foundAt",
    closed_at as "closedAt", closed_by as "closedBy"
  from reconciliation_differences`;

type Stored = Omit<Difference, 'ours' | 'city'> & {
  readonly ourVersion: number | null;
  readonly ourOperation: string | null;
  readonly ourDigest: string | null;
  readonly cityVersion: number | null;
  readonly cityOperation: string | null;
  readonly cityDigest: string | null;
};

/** Lists the differences of a day behind a number, oldest first, at most `limit`. */
export async function listDifferences(
  sql: Sql,
  of: { readonly destination: string; readonly day: string },
  page: { readonly after: number; readonly limit: number },
): Promise<Difference[]> {
  const { rows } = await sql.query(
    `${DIFFERENCES} where destination = $1 and day = $2 and number > $3 order by number limit $4`,
    [of.destination, of.day, page.after, page.limit],
  );
  return (rows as unknown as Stored[]).map((row) => ({
    ...{ number: row.number, tableCode: row.tableCode, recordId: row.recordId, kind: row.kind },
    ours: side(row.ourVersion, row.ourOperation, row.ourDigest),
    city: side(row.cityVersion, row.cityOperation, row.cityDigest),
    ...{ foundAt: row.foundAt, closedAt: row.closedAt, closedBy: row.closedBy },
  }));
}

function side(version: number | null, operation: string | null, digest: string | null): Difference['ours'] {
  if (version === null || digest === null) return null;
  const said: Operation = operation === 'd' ? 'delete' : 'upsert';
  return { version, operation: said, digest };
}

/** Names the next records of a day that a resend can make good, behind `after`, at most `limit`. */
export async function readRepairable(
  sql: Sql,
  of: { readonly destination: string; readonly day: string },
  page: { readonly after: string; readonly limit: number },
): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `select distinct record_id as id from reconciliation_differences
     where destination = $1 and day = $2 and closed_at is null and our_version is not null and record_id > $3
     order by record_id limit $4`,
    [of.destination, of.day, page.after, page.limit],
  );
  return rows.map(({ id }) => id);
}

/** Closes what is at the destination alone, as an operator knows of it now; gives how many. */
export async function closeByWord(
  sql: Sql,
  of: { readonly destination: string; readonly day: string; readonly at: Date },
): Promise<number> {
  const { rowCount } = await sql.query(
    `update reconciliation_differences set closed_at = $3, closed_by = 'word'
     where destination = $1 and day = $2 and closed_at is null and our_version is null`,
    [of.destination, of.day, of.at],
  );
  return rowCount ?? 0;
}

export interface OpenDifferences {
  readonly destination: string;
  readonly records: number;
  readonly days: number;
  readonly since: Date;
}

/** Counts the open differences of each destination that has any. */
export async function countOpenDifferences(sql: Sql): Promise<OpenDifferences[]> {
  const { rows } = await sql.query(
    `select destination, count(*) as records, count(distinct day) as days, min(found_at) as since
     from reconciliation_differences where closed_at is null group by 1 order by 1`,
  );
  return rows as unknown as OpenDifferences[];
}
