// Who may touch the file of an original: its removal and its replacement by a resealed one never at once, and no
// replacement once its deletion is ordered. Held meanwhile is one lock of this batch, which nobody else waits for.
import { GatewayError } from '../core/errors.js';
import type { Connection, Database, Sql } from './pool.js';

const FILE_LOCK = 727_005;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export interface OrderedDeletion {
  readonly id: string;
  readonly number: number;
}

/** Removes the file of an original while nobody replaces it. */
export function withFileLocked<T>(
  database: Database,
  batchId: string,
  work: (sql: Connection) => Promise<T>,
): Promise<T> {
  return database.transaction(async (sql) => {
    await sql.query('select pg_advisory_xact_lock($1, hashtext($2))', [FILE_LOCK, batchId]);
    return work(sql);
  });
}

/** Replaces the file of an original; throws `batch.past-retention` where its deletion is ordered. */
export function replaceFile(
  database: Database,
  batchId: string,
  replace: () => Promise<void>,
): Promise<void> {
  return withFileLocked(database, batchId, async (sql) => {
    if (await isDeletionOrdered(sql, batchId))
      throw new GatewayError('batch.past-retention', 'The original of this batch is being deleted.');
    await replace();
  });
}

async function isDeletionOrdered(sql: Sql, batchId: string): Promise<boolean> {
  const id = UUID.test(batchId) ? batchId : null;
  const { rowCount } = await sql.query(
    'select from batches where id = $1::uuid and original_deletion_ordered_at is not null',
    [id],
  );
  return rowCount === 1;
}

/** Gives the next batch behind a number whose original is to be removed; undefined where there is none. */
export async function nextOrderedDeletion(sql: Sql, after: number): Promise<OrderedDeletion | undefined> {
  const { rows } = await sql.query(
    `select id, number from batches
     where original_deletion_ordered_at is not null and original_deleted_at is null and number > $1
     order by number limit 1`,
    [after],
  );
  return rows[0] as unknown as OrderedDeletion | undefined;
}

/** Notes that an original is gone; false where that was noted before. */
export async function noteDeleted(sql: Sql, batch: { id: string; at: Date }): Promise<boolean> {
  const { rowCount } = await sql.query(
    'update batches set original_deleted_at = $2 where id = $1 and original_deleted_at is null',
    [batch.id, batch.at],
  );
  return rowCount === 1;
}
