// Orders replays: a batch of its own for each, behind all that its source has delivered, in the order in which the
// originals came. Ordered twice while one is under way, it is that one.
import { randomUUID } from 'node:crypto';
import type { AuditAct } from '../core/audit-entry.js';
import { GatewayError, isGatewayError } from '../core/errors.js';
import { UUID } from '../core/uuid.js';
import { appendAudits } from '../db/audit.js';
import {
  insertReplay,
  lockForReplay,
  readDelivered,
  readLastAccount,
  type DeliveredStretch,
} from '../db/batch-replays.js';
import { readBatch, type Batch, type BatchWarning } from '../db/batches.js';
import type { Connection } from '../db/pool.js';
import { mustBeReplayable, planReplay, type ReplayNeeds, type ReplayPlan } from './plan-replay.js';
import { previewReplays, type ReplayPreview } from './preview-replay.js';

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

/** A batch of a stretch that is not replayed, and the code of the reason. */
export interface Skipped {
  readonly batch: string;
  readonly code: string;
}

const MAX_BATCHES = 1000;

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
  const [ordered] = await orderPlanned([{ original, plan }], order, needs);
  return { ...(ordered as OrderedReplay), source: original.source };
}

/** Orders the replays of all that a source delivered in a stretch of time; what cannot be replayed is named. */
export async function orderStretch(
  stretch: DeliveredStretch,
  order: ReplayOrder,
  needs: ReplayNeeds,
): Promise<{ replays: OrderedReplay[]; skipped: Skipped[] }> {
  const { planned, skipped } = await planStretch(stretch, needs);
  return { replays: await orderPlanned(planned, order, needs), skipped };
}

/** Previews the replays of a stretch. */
export async function previewStretch(
  stretch: DeliveredStretch,
  needs: ReplayNeeds,
): Promise<{ previews: ReplayPreview[]; skipped: Skipped[] }> {
  const { planned, skipped } = await planStretch(stretch, needs);
  return {
    previews: await previewReplays(
      planned.map(({ original }) => original),
      needs,
    ),
    skipped,
  };
}

interface Planned {
  readonly original: Batch;
  readonly plan: ReplayPlan;
}

async function planStretch(
  stretch: DeliveredStretch,
  needs: ReplayNeeds,
): Promise<{ planned: Planned[]; skipped: Skipped[] }> {
  const found = await readDelivered(needs.storage.database, { ...stretch, limit: MAX_BATCHES + 1 });
  if (found.length > MAX_BATCHES)
    throw new GatewayError(
      'request.malformed',
      `More than ${MAX_BATCHES} batches came in this time; choose a shorter one.`,
      { detailZh: `该时段内批次超过 ${MAX_BATCHES} 个，请缩短时段。` },
    );
  const planned: Planned[] = [];
  const skipped: Skipped[] = [];
  for (const original of found) {
    try {
      mustBeReplayable(original);
      planned.push({ original, plan: await planReplay(original, needs) });
    } catch (error) {
      // Ours to mend is whatever is no fault of the batch.
      if (!isGatewayError(error) || error.status >= 500) throw error;
      skipped.push({ batch: original.id, code: error.code });
    }
  }
  return { planned, skipped };
}

/** One transaction: all of them or none. */
async function orderPlanned(
  planned: readonly Planned[],
  order: ReplayOrder,
  { storage, clock }: ReplayNeeds,
): Promise<OrderedReplay[]> {
  const at = clock();
  return storage.database.transaction(async (sql) => {
    const ordered: OrderedReplay[] = [];
    const acts: AuditAct[] = [];
    for (const each of planned) {
      const { made, act } = await orderOne(sql, each, { ...order, at });
      ordered.push(made);
      if (act !== undefined) acts.push(act);
    }
    await appendAudits(sql, acts);
    return ordered;
  });
}

async function orderOne(
  sql: Connection,
  { original, plan }: Planned,
  { actor, reason, at }: ReplayOrder & { at: Date },
): Promise<{ made: OrderedReplay; act?: AuditAct }> {
  const { batch, replaying } = await lockForReplay(sql, original.id);
  if (replaying !== null) return { made: { batch: batch.id, replay: replaying, isNew: false } };
  // Its retention may have ended since it was looked at.
  mustBeReplayable(batch);
  const id = randomUUID();
  const account = await readLastAccount(sql, batch);
  const isSame = account.mappingVersion === plan.mappingVersion;
  const warnings = [...plan.warnings, replayOf(batch.id, reason), ...(isSame ? [SAME_MAPPING] : [])];
  await insertReplay(sql, { id, of: batch.id, ...plan, at, warnings });
  const { mapping, mappingVersion } = plan;
  const details = { replayOf: batch.id, source: batch.source, reason, mapping, mappingVersion };
  const act = { at, actor, action: 'batch.replay-ordered', object: id, details } as const;
  return { made: { batch: batch.id, replay: id, isNew: true }, act };
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
