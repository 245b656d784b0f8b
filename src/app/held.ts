// Decides about a held batch: lets it pass or drops it. What a sweep would withdraw is for an operator,
// since its agency did not send it.
import { actorOf, type AuditAction } from '../core/audit-entry.js';
import { GatewayError } from '../core/errors.js';
import { appendAudit } from '../db/audit.js';
import { readBatch } from '../db/batches.js';
import { dropBatch, releaseBatch } from '../db/held-batches.js';
import type { Connection } from '../db/pool.js';
import type { Decision } from '../http/deps.js';
import { viewBatch, type BatchView } from './batch-view.js';
import type { Foundation } from './gateway.js';
import { wakeQueue } from './notice-binding.js';

/** Lets a held batch pass; throws `batch.not-held` where it is not held. */
export async function releaseHeld(decision: Decision, foundation: Foundation): Promise<BatchView> {
  const source = await mayDecide(decision, foundation);
  await decide(decision, 'batch.released', { ...foundation, act: releaseBatch });
  await wakeQueue(foundation)('process-source', source);
  return view(decision.batchId, foundation);
}

/** Drops a held batch, which settles as rejected with nothing of it taken; throws `batch.not-held` where it is not held. */
export async function dropHeld(decision: Decision, foundation: Foundation): Promise<BatchView> {
  await mayDecide(decision, foundation);
  const reason = decision.reason === undefined ? '' : `: ${decision.reason}`;
  const warning = {
    code: 'batch.dropped',
    message: `Dropped by ${decision.role} while held; nothing of it was taken${reason}.`,
    messageZh: `暂存期间由${decision.role === 'agency' ? '报送部门' : '运维人员'}放弃，未入库${reason}。`,
  };
  await decide(decision, 'batch.dropped', {
    ...foundation,
    act: (sql, dropped) => dropBatch(sql, { ...dropped, warning }),
  });
  return view(decision.batchId, foundation);
}

type Deciding = Pick<Foundation, 'storage' | 'clock'> & {
  /** Gives false where the batch is not held. */
  readonly act: (sql: Connection, decided: { id: string; at: Date }) => Promise<boolean>;
};

/** Decides and records who did, and why, in one transaction. */
async function decide(decision: Decision, action: AuditAction, deciding: Deciding): Promise<void> {
  const { batchId, reason = null } = decision;
  const at = deciding.clock();
  await deciding.storage.database.transaction(async (sql) => {
    if (!(await deciding.act(sql, { id: batchId, at }))) throw notHeld();
    await appendAudit(sql, { at, actor: actorOf(decision), action, object: batchId, details: { reason } });
  });
}

async function mayDecide({ batchId, role }: Decision, { storage }: Foundation): Promise<string> {
  const batch = await readBatch(storage.database, batchId);
  if (batch === undefined) throw new GatewayError('batch.unknown', 'There is no such batch.');
  if (batch.status !== 'held') throw notHeld();
  if (batch.hold?.reason === 'withdrawn-share' && role !== 'operator')
    throw new GatewayError(
      'auth.not-permitted',
      'A sweep that would withdraw many records is decided by an operator.',
      { details: { roles: ['operator'] }, detailZh: '批量撤销须由运维人员确认。' },
    );
  return batch.source;
}

async function view(id: string, { storage }: Foundation): Promise<BatchView> {
  const found = await viewBatch(storage.database, id);
  if (found === null) throw new GatewayError('batch.unknown', 'There is no such batch.');
  return found;
}

function notHeld(): GatewayError {
  return new GatewayError('batch.not-held', 'This batch is not held; there is nothing to decide.', {
    detailZh: '该批次未处于暂存状态。',
  });
}
