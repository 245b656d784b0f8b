// The worker of the orders of a source: looks at one batch after another, each with its replay in a transaction of its
// own, so that one that is killed goes on where it was. What is no fault of a batch is tried again later, and an original
// that cannot be read however often is passed over, so that those behind it have their turn.
import { isGatewayError } from '../core/errors.js';
import { retryDelayMs } from '../core/retry-delay.js';
import type { Batch } from '../db/batches.js';
import {
  endSourceReplay,
  nextToLookAt,
  noteLookedAt,
  postponeSourceReplay,
  type SourceReplay,
} from '../db/source-replays.js';
import { withLease, type LeaseNeeds } from '../jobs/with-lease.js';
import { orderPlanned } from './order-replay.js';
import { mustBeReplayable, planReplay, type ReplayNeeds, type ReplayPlan } from './plan-replay.js';

export type PlanningNeeds = ReplayNeeds &
  LeaseNeeds & {
    /** Gives [0, 1). */
    readonly random: () => number;
    /** Told of a source with a new replay. */
    readonly onOrdered: (source: string) => Promise<void>;
  };

/** Tries of an original that cannot be read. */
const MAX_TRIES = 5;
const RETRY = { firstDelayMs: 5_000, maxDelayMs: 600_000, maxRetryAfterMs: 600_000 };

/** Makes the handler of the queue `plan-replays`. */
export function createReplayPlanner(needs: PlanningNeeds): (source: string) => Promise<void> {
  return async (source) => {
    await withLease(`plan-replays:${source}`, needs, async (signal) => {
      while (!signal.aborted && (await lookAtNext(source, needs)));
    });
  };
}

/** False where nothing is due. */
async function lookAtNext(source: string, needs: PlanningNeeds): Promise<boolean> {
  const { database, clock, log } = needs;
  const next = await nextToLookAt(database, source, clock());
  if (next === undefined) return false;
  const { order, batch } = next;
  try {
    if (batch === undefined) await endSourceReplay(database, order.id, clock());
    else await lookAt(batch, order, needs);
  } catch (error) {
    const waitMs = retryDelayMs({ attempt: order.failures + 1, policy: RETRY, random: needs.random });
    const dueAt = new Date(clock().getTime() + waitMs);
    log.warn(
      { err: error, source, order: order.id, batch: batch?.id, dueAt },
      'Replays could not be planned',
    );
    await postponeSourceReplay(database, order.id, dueAt);
  }
  return true;
}

async function lookAt(original: Batch, order: SourceReplay, needs: PlanningNeeds): Promise<void> {
  const found = await planOrCode(original, order, needs);
  const isNew = await needs.database.transaction(async (sql) => {
    const { id } = order;
    if (typeof found === 'string') {
      await noteLookedAt(sql, id, { batch: original.id, replay: null, isNew: null, skipped: found });
      return false;
    }
    const by = { actor: order.by, reason: order.reason };
    const made = await orderPlanned(sql, { original, plan: found }, { ...by, at: needs.clock() });
    await noteLookedAt(sql, id, { ...made, skipped: null });
    return made.isNew;
  });
  if (isNew) await needs.onOrdered(original.source);
}

/** Gives the plan, or the code of what speaks against a replay. */
async function planOrCode(
  original: Batch,
  order: SourceReplay,
  needs: PlanningNeeds,
): Promise<ReplayPlan | string> {
  try {
    mustBeReplayable(original);
    return await planReplay(original, needs);
  } catch (error) {
    // Ours to mend is whatever is no fault of the batch.
    if (isGatewayError(error) && error.status < 500) return error.code;
    // Failures are counted from the last batch that was looked at.
    if (order.failures + 1 < MAX_TRIES) throw error;
    const { id: batch, source } = original;
    needs.log.error(
      { err: error, source, order: order.id, batch },
      'A batch could not be read for its replay',
    );
    return 'internal.unexpected';
  }
}
