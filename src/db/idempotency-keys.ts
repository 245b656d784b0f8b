// Idempotency-Keys of uploads, scoped to a source, kept seven days. While an upload arrives its key is
// touched; a key that nobody touches any more may be taken over.
import { GatewayError } from '../core/errors.js';
import type { Sql } from './pool.js';

export interface IdempotencyKey {
  readonly source: string;
  readonly key: string;
  /** The upload that holds the key: one that lost it to another may no longer touch, answer or free it. */
  readonly holder: string;
}

export interface FirstAnswer {
  readonly sha256: string;
  readonly batchId: string;
}

const KEPT_MS = 7 * 86_400_000;
const UNTOUCHED_MS = 60_000;

/** Takes a key: `new` for the caller, `arriving` while another upload has it, or the answer it got. */
export async function beginKey(
  sql: Sql,
  entry: IdempotencyKey & { readonly now: Date },
): Promise<'new' | 'arriving' | FirstAnswer> {
  const now = entry.now.getTime();
  const taken = await sql.query(
    `insert into idempotency_keys as held (source, key, touched_at, expires_at, holder) values ($1, $2, $3, $4, $6)
     on conflict (source, key) do update
       set sha256 = null, batch_id = null, touched_at = excluded.touched_at,
           expires_at = excluded.expires_at, holder = excluded.holder
       where held.expires_at <= $3 or (held.batch_id is null and held.touched_at <= $5)`,
    [entry.source, entry.key, entry.now, new Date(now + KEPT_MS), new Date(now - UNTOUCHED_MS), entry.holder],
  );
  if (taken.rowCount === 1) return 'new';
  const { rows } = await sql.query<{ sha256: string | null; batchId: string | null }>(
    'select sha256, batch_id as "batchId" from idempotency_keys where source = $1 and key = $2',
    [entry.source, entry.key],
  );
  const [row] = rows;
  return row?.sha256 == null || row.batchId === null
    ? 'arriving'
    : { sha256: row.sha256, batchId: row.batchId };
}

/** Says that the upload of a key still arrives. */
export async function touchKey(sql: Sql, entry: IdempotencyKey & { readonly now: Date }): Promise<void> {
  await sql.query(
    'update idempotency_keys set touched_at = $4 where source = $1 and key = $2 and holder = $3',
    [entry.source, entry.key, entry.holder, entry.now],
  );
}

/** Notes what a key's upload became; throws `idempotency.in-progress` where another upload has taken it over. */
export async function finishKey(sql: Sql, entry: IdempotencyKey & FirstAnswer): Promise<void> {
  const { rowCount } = await sql.query(
    `update idempotency_keys set sha256 = $4, batch_id = $5
     where source = $1 and key = $2 and holder = $3 and batch_id is null`,
    [entry.source, entry.key, entry.holder, entry.sha256, entry.batchId],
  );
  if (rowCount !== 1)
    throw new GatewayError('idempotency.in-progress', 'Another upload has taken this Idempotency-Key over.');
}

/** Frees a key whose upload got no answer. */
export async function releaseKey(sql: Sql, entry: IdempotencyKey): Promise<void> {
  await sql.query(
    'delete from idempotency_keys where source = $1 and key = $2 and holder = $3 and batch_id is null',
    [entry.source, entry.key, entry.holder],
  );
}
