// Orders a replay: a batch of its own behind all that its source has delivered. Ordered twice while one is under way,
// it is that one.
import { randomUUID } from 'node:crypto';
import { GatewayError } from '../core/errors.js';
import { UUID } from '../core/uuid.js';
import { appendAudit } from '../db/audit.js';
import { insertReplay, lockForReplay, readLastAccount } from '../db/batch-replays.js';
import { readBatch, type Batch, type BatchWarning } from '../db/batches.js';
import type { Connection } from '../db/pool.js';
import { mustBeReplayable, planReplay, type ReplayNeeds, type ReplayPlan } from './plan-replay.js';

export interface ReplayOrder {
  /** As in the audit log. */
  readonly actor: string;
  readonly reason: string | null;
}

export interface OrderedReplay {
  readonly batch: string;
  readonly replay: string;
  /** False where one was under way. */
  readonly isNew: boolean;
}

/** Gives the batch whose original is read: a replay is replayed from there. Throws `batch.unknown`, and what speaks against a replay. */
export async function originalOf(batchId: string, { storage }: ReplayNeeds): Promise<Batch> {
  const batch = UUID.test(batchId) ? await readBatch(storage.database, batchId) : undefined;
  const original = batch?.replayOf == null ? batch : await readBatch(storage.database, batch.replayOf);
  if (original === undefined) throw new GatewayError('batch.unknown', 'There is no such batch.');
  mustBeReplayable(original);
  return original;
}

/** Orders the replay of one batch. */
export async function orderReplay(
  batchId: string,
  order: ReplayOrder,
  needs: ReplayNeeds,
): Promise<OrderedReplay & { source: string }> {
  const original = await originalOf(batchId, needs);
  const plan = await planReplay(original, needs);
  const { database } = needs.storage;
  const at = needs.clock();
  const ordered = await database.transaction((sql) =>
    orderPlanned(sql, { original, plan }, { ...order, at }),
  );
  return { ...ordered, source: original.source };
}

interface Planned {
  readonly original: Batch;
  readonly plan: ReplayPlan;
}

/** Stores a planned replay and writes it down, in the caller's transaction. */
export async function orderPlanned(
  sql: Connection,
  { original, plan }: Planned,
  { actor, reason, at }: ReplayOrder & { at: Date },
): Promise<OrderedReplay> {
  const { batch, replaying } = await lockForReplay(sql, original.id);
  if (replaying !== null) return { batch: batch.id, replay: replaying, isNew: false };
  // Its retention may have ended since it was looked at.
  mustBeReplayable(batch);
  const id = randomUUID();
  const account = await readLastAccount(sql, batch);
  const isSame = account.mappingVersion === plan.mappingVersion;
  const warnings = [...plan.warnings, replayOf(batch.id, reason), ...(isSame ? [SAME_MAPPING] : [])];
  await insertReplay(sql, { id, of: batch.id, ...plan, at, warnings });
  const { mapping, mappingVersion } = plan;
  const details = { replayOf: batch.id, source: batch.source, reason, mapping, mappingVersion };
  await appendAudit(sql, { at, actor, action: 'batch.replay-ordered', object: id, details });
  return { batch: batch.id, replay: id, isNew: true };
}

function replayOf(batch: string, reason: string | null): BatchWarning {
  const why = reason === null ? '' : `: ${reason}`;
  return {
    code: 'batch.replay',
    message: `The bytes of batch ${batch}, judged once more by the mapping of today${why}.`,
    messageZh: `按现行映射重新处理批次 ${batch} 的原始文件${why}。`,
    batch,
  };
}

const SAME_MAPPING: BatchWarning = {
  code: 'batch.same-mapping',
  message: 'Mapping, schema, code lists and quality rules are those by which the batch was judged already.',
  messageZh: '映射、数据结构、代码表和质量规则与原批次处理时相同。',
};
