// Batches: what came in one delivery and what became of it. A batch is settled once; `last_row` is its
// place in the file, kept by the chunks.
import { GatewayError } from '../core/errors.js';
import type { BatchState, Counts } from '../core/words.js';
import type { Sql } from './pool.js';

export interface BatchWarning {
  readonly code: string;
  readonly message: string;
  readonly messageZh: string;
  readonly batch?: string;
}

/** How the file is read, found out before the 202 and kept for every later reading. */
export interface Reading {
  readonly format: 'csv';
  readonly charset: string;
  readonly delimiter: string;
  readonly newline: string;
  /** Row number of the (last) heading row. */
  readonly headingRow: number;
  readonly headings: readonly string[];
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
}

export interface Batch extends NewBatch {
  readonly number: number;
  readonly status: BatchState;
  readonly finishedAt: Date | null;
  readonly lastRow: number;
  readonly failures: number;
  readonly counts: Counts;
}

const COLUMNS = `id, number, source, agency, record_type as "recordType", mapping, status, sha256, bytes, reading,
  received_at as "receivedAt", finished_at as "finishedAt", failures, last_row as "lastRow", warnings,
  json_build_object('received', received, 'new', new, 'amended', amended, 'unchanged', unchanged,
    'duplicate', duplicate, 'stale', stale, 'withdrawn', withdrawn, 'rejected', rejected) as counts`;

/** Stores a batch as `received`. */
export async function insertBatch(sql: Sql, batch: NewBatch): Promise<void> {
  await sql.query(
    `insert into batches (id, source, agency, record_type, mapping, sha256, bytes, reading, received_at, warnings)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
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
    ],
  );
}

/** Reads one batch; undefined where there is none. */
export async function readBatch(sql: Sql, id: string): Promise<Batch | undefined> {
  const { rows } = await sql.query(`select ${COLUMNS} from batches where id = $1`, [id]);
  return rows[0] as unknown as Batch | undefined;
}

/** Names the latest earlier batch of the source with the same bytes. */
export async function findSameBytes(sql: Sql, source: string, sha256: string): Promise<string | undefined> {
  const { rows } = await sql.query<{ id: string }>(
    'select id from batches where source = $1 and sha256 = $2 order by number desc limit 1',
    [source, sha256],
  );
  return rows[0]?.id;
}

/** Gives the oldest unsettled batch of a source, due or not: later ones wait for it. */
export async function nextBatch(sql: Sql, source: string, now: Date): Promise<Batch | undefined> {
  const { rows } = await sql.query(
    `select ${COLUMNS}, (retry_at is null or retry_at <= $2) as "isDue" from batches
     where source = $1 and status in ('received', 'processing') order by number limit 1`,
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
       and (c.claimed_until is null or c.claimed_until <= $1)`,
    [now],
  );
  return rows.map((row) => row.source);
}

/** Marks a batch as being processed. */
export async function startBatch(sql: Sql, id: string): Promise<void> {
  await sql.query(
    `update batches set status = 'processing' where id = $1 and status in ('received', 'processing')`,
    [id],
  );
}

/** Settles a batch by its counts; one that broke off is partially accepted. Throws `claim.lost` where another worker is further on. */
export async function settleBatch(
  sql: Sql,
  settled: { id: string; lastRow: number; at: Date; isBrokenOff: boolean },
): Promise<void> {
  const { rowCount } = await sql.query(
    `update batches set finished_at = $2, retry_at = null, status = case
       when $3 then 'partially-accepted' when rejected = 0 then 'accepted'
       when rejected = received then 'rejected' else 'partially-accepted' end
     where id = $1 and status = 'processing' and last_row = $4`,
    [settled.id, settled.at, settled.isBrokenOff, settled.lastRow],
  );
  if (rowCount !== 1) throw new GatewayError('claim.lost', 'Another worker has gone on with this batch.');
}

/** Notes a failure of ours, if `owner` still has the lease of the source: tried again at `retryAt`, or failed for good where there is none. */
export async function noteFailure(
  sql: Sql,
  failure: { id: string; owner: string; at: Date; retryAt: Date | null },
): Promise<void> {
  await sql.query(
    `update batches set failures = failures + 1, retry_at = $2,
       status = case when $2::timestamptz is null then 'failed' else status end,
       finished_at = case when $2::timestamptz is null then $3::timestamptz end
     where id = $1 and status = 'processing'
       and exists (select from source_claims c where c.source = batches.source and c.claimed_by = $4)`,
    [failure.id, failure.retryAt, failure.at, failure.owner],
  );
}
