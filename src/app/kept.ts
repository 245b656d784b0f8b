// Says clearly what is no longer there because its retention is over, before anything else fails on it.
import { GatewayError } from '../core/errors.js';
import { readBatch, type Batch } from '../db/batches.js';
import type { Sql } from '../db/pool.js';

/** Throws `batch.past-retention` where the bytes of a batch, or its problems, are no longer kept. */
export function requireKept(batch: Batch, wanted: { original: boolean; problems: boolean }): void {
  if (wanted.original && batch.originalDeletedAt !== null)
    throw pastRetention('The original of this batch', '该批次的原始文件', batch.originalDeletedAt);
  if (wanted.problems && batch.problemsDeletedAt !== null)
    throw pastRetention('The list of problems of this batch', '该批次的问题明细', batch.problemsDeletedAt);
}

/** Throws `batch.past-retention` where the problems of a batch are no longer kept. */
export async function requireProblemsKept(sql: Sql, batchId: string): Promise<void> {
  const batch = await readBatch(sql, batchId);
  if (batch !== undefined) requireKept(batch, { original: false, problems: true });
}

function pastRetention(what: string, whatZh: string, deletedAt: Date): GatewayError {
  const at = deletedAt.toISOString();
  return new GatewayError(
    'batch.past-retention',
    `${what} had to be deleted at ${at}: its retention is over.`,
    {
      details: { deletedAt: at },
      detailZh: `${whatZh}已超过保存期限，已于${at}删除。`,
    },
  );
}
