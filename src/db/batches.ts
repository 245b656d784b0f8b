// Batches: what came in one delivery and what became of it. A batch is settled once; `last_row` is its
// place in the file, kept by the chunks.
import { GatewayError } from '../core/errors.js';
import type { BatchState, Counts, HoldReason, Timeliness } from '../core/words.js';
import type { Sql } from './pool.js';

export interface BatchWarning {
  readonly code: string;
  readonly message: string;
  readonly messageZh: string;
  readonly batch?: string;
}

/** How the file is read, found out before the 202 and kept for every later reading. */
export type Reading = {
  /** Row number of the (last) heading row; 0 where the form of file has no headings. */
  readonly headingRow: number;
  /** The columns in their order; keys where the form of file has no headings. */
  readonly headings: readonly string[];
} & (
  | { readonly format: 'csv'; readonly charset: string; readonly delimiter: string; readonly newline: string }
  | { readonly format: 'xlsx'; /** Path of the sheet in the workbook. */ readonly sheet: string }
  | { readonly format: 'json'; readonly charset: string; readonly rowsAt?: readonly string[] }
  | { readonly format: 'ndjson'; readonly charset: string }
  | { readonly format: 'xml'; readonly charset: string; readonly rowPath?: string }
);

/** Why a batch waits for somebody's decision, and what would become of it. */
export interface Hold {
  readonly reason: HoldReason;
  readonly preview: Preview;
}

/** What would become of a held batch, told from its first chunk or from the sweep that made it. */
export interface Preview {
  /** Rows looked at. */
  readonly rows: number;
  readonly counts: Counts;
  /** Rows by code of problem, most frequent first. */
  readonly problems: readonly { readonly code: string; readonly rows: number }[];
}

export interface NewBatch {
  readonly id: string;
  readonly source: string;
  readonly agency: string;
  readonly recordType: string;
  readonly mapping: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly reading: Reading;
  readonly receivedAt: Date;
  readonly warnings: readonly BatchWarning[];
  readonly hold?: Hold | undefined;
  /** As the sender named the file, personal numbers masked; null where it came without a name. */
  readonly fileName?: string | null;
}

export interface Batch extends Omit<NewBatch, 'hold'> {
  readonly hold: Hold | null;
  /** Set where somebody let a held batch pass. */
  readonly releasedAt: Date | null;
  readonly number: number;
  readonly status: BatchState;
  readonly finishedAt: Date | null;
  readonly lastRow: number;
  readonly failures: number;
  readonly counts: Counts;
  /** Set once this of the batch is past its retention: the original may be on its storage a little longer. */
  readonly originalDeletedAt: Date | null;
  readonly problemsDeletedAt: Date | null;
  readonly timeliness: Timeliness;
  /** The batch whose original a replay reads. */
  readonly replayOf: string | null;
  /** The latest replay of this batch. */
  readonly replayedBy: string | null;
  /** The place of its rows in the order of versions: a replay has that of its original. */
  readonly orderNumber: number;
  readonly orderedAt: Date;
  /** What judged its rows, see `mappingVersion`; null where nothing has yet. */
  readonly mappingVersion: string | null;
}

/** The counts of a batch as one JSON object. */
export const COUNTS = `json_build_object('received', received, 'new', new, 'amended', amended, 'unchanged', unchanged,
    'duplicate', duplicate, 'stale', stale, 'withdrawn', withdrawn, 'rejected', rejected)`;
export const COLUMNS = `id, number, source, agency, record_type as "recordType", mapping, status, sha256, bytes, reading,
  received_at as "receivedAt", finished_at as "finishedAt", failures, last_row as "lastRow", warnings,
  released_at as "releasedAt", problems_deleted_at as "problemsDeletedAt",
  case when replay_of is null then original_deletion_ordered_at
    else (select o.original_deletion_ordered_at from batches o where o.id = batches.replay_of) end as "originalDeletedAt",
  replay_of as "replayOf", coalesce(order_number, number) as "orderNumber", coalesce(ordered_at, received_at) as "orderedAt",
  (select r.id from batches r where r.replay_of = batches.id order by r.number desc limit 1) as "replayedBy",
  mapping_version as "mappingVersion", file_name as "fileName",
  case when hold_reason is not null then json_build_object('reason', hold_reason, 'preview', preview) end as hold,
  ${COUNTS} as counts,
  json_build_object('measured', measured, 'late', late) as timeliness`;

/** Stores a batch as `received`. Whoever was reminded that nothing comes from its source is so no longer. */
export async function insertBatch(sql: Sql, batch: NewBatch): Promise<void> {
  await sql.query(
    `with closed as (
       update source_reminders set closed_at = $9, closed_by = 'batch' where source = $2 and closed_at is null)
     insert into batches (id, source, agency, record_type, mapping, sha256, bytes, reading, received_at, warnings,
       status, hold_reason, preview, finished_at, file_name)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
    [
      batch.id,
      batch.source,
      batch.agency,
      batch.recordType,
      batch.mapping,
      batch.sha256,
      batch.bytes,
      JSON.stringify(batch.reading),
      batch.receivedAt,
      JSON.stringify(batch.warnings),
      batch.hold === undefined ? 'received' : 'held',
      batch.hold?.reason ?? null,
      batch.hold === undefined ? null : JSON.stringify(batch.hold.preview),
      batch.hold === undefined ? null : batch.receivedAt,
      batch.fileName ?? null,
    ],
  );
}

/** Reads one batch; undefined where there is none. */
export async function readBatch(sql: Sql, id: string): Promise<Batch | undefined> {
  const { rows } = await sql.query(`select ${COLUMNS} from batches where id = $1`, [id]);
  return rows[0] as unknown as Batch | undefined;
}

/** Names the latest earlier batch of the source with the same bytes. */
export async function findSameBytes(
  sql: Sql,
  source: string,
  sha256: string,
): Promise<{ id: string; status: BatchState } | undefined> {
  const { rows } = await sql.query(
    `select id, status from batches where source = $1 and sha256 = $2 and replay_of is null
     order by number desc limit 1`,
    [source, sha256],
  );
  return rows[0] as unknown as { id: string; status: BatchState } | undefined;
}

/** Gives the oldest unsettled batch of a source where it is due and the source is not stopped: later ones wait for it. */
export async function nextBatch(sql: Sql, source: string, now: Date): Promise<Batch | undefined> {
  const { rows } = await sql.query(
    `select ${COLUMNS}, (retry_at is null or retry_at <= $2) as "isDue" from batches
     where source = $1 and status in ('received', 'processing')
       and not exists (select from source_pauses p where p.source = $1) order by number limit 1`,
    [source, now],
  );
  const batch = rows[0] as unknown as (Batch & { isDue: boolean }) | undefined;
  return batch?.isDue === true ? batch : undefined;
}

/** Names the sources with a batch that waits for work. */
export async function dueSources(sql: Sql, now: Date): Promise<string[]> {
  const { rows } = await sql.query<{ source: string }>(
    `select distinct b.source from batches b left join source_claims c on c.source = b.source
     where b.status in ('received', 'processing') and (b.retry_at is null or b.retry_at <= $1)
       and (c.claimed_until is null or c.claimed_until <= $1)
       and not exists (select from source_pauses p where p.source = b.source)`,
    [now],
  );
  return rows.map((row) => row.source);
}

/** Marks a batch as being processed, and notes what judges its rows, if none of them is judged yet. */
export async function startBatch(sql: Sql, id: string, mappingVersion: string): Promise<void> {
  await sql.query(
    `update batches set status = 'processing',
       mapping_version = case when last_row = 0 then $2 else mapping_version end
     where id = $1 and status in ('received', 'processing')`,
    [id, mappingVersion],
  );
}

/** Settles a batch by its counts and gives its account; one that broke off is partially accepted. Throws `claim.lost` where another worker is further on. */
export async function settleBatch(
  sql: Sql,
  settled: { id: string; lastRow: number; at: Date; isBrokenOff: boolean },
): Promise<{ status: BatchState; counts: Counts }> {
  const { rows } = await sql.query<{ status: BatchState; counts: Counts }>(
    `update batches set finished_at = $2, retry_at = null, status = case
       when $3 then 'partially-accepted' when rejected = 0 then 'accepted'
       when rejected = received then 'rejected' else 'partially-accepted' end
     where id = $1 and status = 'processing' and last_row = $4
     returning status, ${COUNTS} as counts`,
    [settled.id, settled.at, settled.isBrokenOff, settled.lastRow],
  );
  const [row] = rows;
  if (row === undefined) throw new GatewayError('claim.lost', 'Another worker has gone on with this batch.');
  return row;
}

/** Notes a failure of ours, if `owner` still has the lease of the source, and false if not: tried again at `retryAt`, or failed for good where there is none. */
export async function noteFailure(
  sql: Sql,
  failure: { id: string; owner: string; at: Date; retryAt: Date | null },
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `update batches set failures = failures + 1, retry_at = $2,
       status = case when $2::timestamptz is null then 'failed' else status end,
       finished_at = case when $2::timestamptz is null then $3::timestamptz end
     where id = $1 and status = 'processing'
       and exists (select from source_claims c where c.source = batches.source and c.claimed_by = $4)`,
    [failure.id, failure.retryAt, failure.at, failure.owner],
  );
  return rowCount === 1;
}

/** Puts a batch off until `retryAt` without counting a failure, if `owner` still has the lease of the source. */
export async function postponeBatch(
  sql: Sql,
  { id, owner, retryAt }: { id: string; owner: string; retryAt: Date },
): Promise<void> {
  await sql.query(
    `update batches set retry_at = $2 where id = $1 and status = 'processing'
       and exists (select from source_claims c where c.source = batches.source and c.claimed_by = $3)`,
    [id, retryAt, owner],
  );
}

/** Counts the batches that wait for processing or are in it, up to `most`; those of sources that are stopped wait for somebody. */
export async function countWaiting(sql: Sql, most: number): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    `select count(*) as count from
       (select from batches b where b.status in ('received', 'processing')
          and not exists (select from source_pauses p where p.source = b.source) limit $1) waiting`,
    [most],
  );
  return rows[0]?.count ?? 0;
}
