// Replays of all that a source delivered in a time, without HTTP: ordered, and worked off by a planner of the test.
import { randomUUID } from 'node:crypto';
import { createReplayPlanner, type PlanningNeeds } from '../../src/app/plan-source-replays.js';
import type { ReplayNeeds } from '../../src/app/plan-replay.js';
import { orderSourceReplay } from '../../src/app/source-replays.js';
import type { DeliveredStretch } from '../../src/db/batch-replays.js';
import { readLookedAt, type LookedAt } from '../../src/db/source-replays.js';
import { createLogger } from '../../src/platform/logger.js';

const CALLER = { keyId: '1', role: 'operator', agency: null } as const;

/** Orders the replays of a stretch; gives the order. */
export function orderStretch(
  stretch: DeliveredStretch,
  needs: ReplayNeeds,
): ReturnType<typeof orderSourceReplay> {
  const order = { caller: CALLER, reason: 'the kind is in the list now' };
  return orderSourceReplay(stretch, order, needs as never);
}

/** Makes the worker of the orders of sources. */
export function planner(
  needs: ReplayNeeds,
  other: Partial<PlanningNeeds> = {},
): (source: string) => Promise<void> {
  return createReplayPlanner({
    ...needs,
    ...{
      database: needs.storage.database,
      log: createLogger('silent'),
      owner: randomUUID(),
      claimMs: 60_000,
    },
    ...{ random: () => 1, onOrdered: () => Promise.resolve(), signal: new AbortController().signal },
    ...other,
  });
}

/** Orders the replays of a stretch and looks at its batches; gives what became of each. */
export async function replayStretch(stretch: DeliveredStretch, needs: ReplayNeeds): Promise<LookedAt[]> {
  const { order } = await orderStretch(stretch, needs);
  await planner(needs)(stretch.source);
  return readLookedAt(needs.storage.database, order.id);
}
