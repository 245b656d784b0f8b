// Replays: batches that judge the bytes of another one once more. The original knows of the one replay of it that has
// not settled, so that there is never a second, and so that its bytes stay.
import { GatewayError } from '../core/errors.js';
import { COLUMNS, type Batch, type BatchWarning, type Reading } from './batches.js';
import type { Connection, Sql } from './pool.js';

export interface NewReplay {
  readonly id: string;
  /** The batch whose original is read. */
  readonly of: string;
  readonly mapping: string;
  readonly mappingVersion: string;
  readonly reading: Reading;
  readonly at: Date;
  readonly warnings: readonly BatchWarning[];
}

/** The batches of a source that were received from a moment on, before another one. */
export interface DeliveredStretch {
  readonly source: string;
  readonly from: Date;
  readonly before: Date;
}

/** Locks a batch that is to be replayed; gives it, and the replay of it that has not settled. */
export async function lockForReplay(
  sql: Connection,
  id: string,
): Promise<{ batch: Batch; replaying: string | null }> {
  const { rows } = await sql.query<Record<string, unknown> & { replaying: string | null }>(
    `select ${COLUMNS}, replaying from batches where id = $1 for no key update`,
    [id],
  );
  const [row] = rows;
  if (row === undefined) throw new GatewayError('batch.unknown', 'There is no such batch.');
  return { batch: row as unknown as Batch, replaying: row.replaying };
}

/** Stores a replay as `received`, behind all that its source has delivered; its original is locked. */
export async function insertReplay(sql: Connection, replay: NewReplay): Promise<void> {
  await sql.query(
    `with original as (update batches set replaying = $1 where id = $2 returning *)
     insert into batches (id, source, agency, record_type, mapping, mapping_version, sha256, bytes, reading, received_at,
       warnings, file_name, replay_of, order_number, ordered_at)
     select $1, source, agency, record_type, $3, $4, sha256, bytes, $5, $6, $7, file_name, id, number, received_at from original`,
    [
      replay.id,
      replay.of,
      replay.mapping,
      replay.mappingVersion,
      JSON.stringify(replay.reading),
      replay.at,
      JSON.stringify(replay.warnings),
    ],
  );
}

/** Lets the original of a replay go once that has come to its end; nothing for other batches. */
export async function endReplay(
  sql: Connection,
  { id, replayOf }: Pick<Batch, 'id' | 'replayOf'>,
): Promise<void> {
  if (replayOf === null) return;
  await sql.query('update batches set replaying = null where id = $1 and replaying = $2', [replayOf, id]);
}

/** Deletes what was kept of the rejected rows of a stretch by the batches that a replay takes the place of. */
export async function dropReplacedRows(
  sql: Connection,
  stretch: { batchId: string; replayOf: string; afterRow: number; lastRow: number },
): Promise<void> {
  await sql.query(
    `delete from rejected_rows where row_number > $3 and row_number <= $4 and batch_id in
       (select id from batches where (id = $2 or replay_of = $2) and id <> $1)`,
    [stretch.batchId, stretch.replayOf, stretch.afterRow, stretch.lastRow],
  );
}

/** Reads the account that a replay would be compared with: of the last replay that settled, else of the batch itself. */
export async function readLastAccount(sql: Sql, original: Batch): Promise<Batch> {
  const { rows } = await sql.query(
    `select ${COLUMNS} from batches where replay_of = $1 and status in ('accepted', 'partially-accepted', 'rejected')
     order by number desc limit 1`,
    [original.id],
  );
  return (rows[0] as unknown as Batch | undefined) ?? original;
}

/** Reads the batches that a source delivered in a stretch of time, in their order, at most `limit`; replays are none. */
export async function readDelivered(
  sql: Sql,
  of: DeliveredStretch & { readonly limit: number },
): Promise<Batch[]> {
  const { rows } = await sql.query(
    `select ${COLUMNS} from batches
     where source = $1 and received_at >= $2 and received_at < $3 and replay_of is null order by number limit $4`,
    [of.source, of.from, of.before, of.limit],
  );
  return rows as unknown as Batch[];
}

/** Counts the batches that a source delivered in a stretch of time. */
export async function countDelivered(sql: Sql, of: DeliveredStretch): Promise<number> {
  const { rows } = await sql.query<{ count: number }>(
    `select count(*) as count from batches
     where source = $1 and received_at >= $2 and received_at < $3 and replay_of is null`,
    [of.source, of.from, of.before],
  );
  return rows[0]?.count ?? 0;
}

/** Reads the codes of the problems of a stretch of rows, each once a row. */
export async function readCodesOfRows(
  sql: Sql,
  stretch: { batchId: string; first: number; last: number },
): Promise<Map<number, Set<string>>> {
  const { rows } = await sql.query<{ row: number; code: string }>(
    `select row_number as row, code from row_problems where batch_id = $1 and row_number between $2 and $3`,
    [stretch.batchId, stretch.first, stretch.last],
  );
  const codes = new Map<number, Set<string>>();
  for (const { row, code } of rows) codes.set(row, (codes.get(row) ?? new Set()).add(code));
  return codes;
}
