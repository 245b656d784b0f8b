// Orders of replays for all that a source delivered in a time: stored with the request, worked off behind it.
import { randomUUID } from 'node:crypto';
import { actorOf } from '../core/audit-entry.js';
import { GatewayError } from '../core/errors.js';
import { countDelivered, type DeliveredStretch } from '../db/batch-replays.js';
import {
  insertSourceReplay,
  readLookedAt,
  readSourceReplay,
  type LookedAt,
  type SourceReplay,
} from '../db/source-replays.js';
import type { Caller, HttpDeps } from '../http/deps.js';
import type { Foundation } from './gateway.js';
import { wakeQueue } from './notice-binding.js';
import { carryOut } from './recorded-order.js';

const MAX_BATCHES = 1000;

type Needs = Pick<Foundation, 'clock' | 'dispatcher' | 'log' | 'storage'>;

/** Binds ordering and looking; throws `request.malformed` for more than 1,000 batches. */
export function bindSourceReplays(needs: Needs): Pick<HttpDeps, 'replaySource' | 'readSourceReplay'> {
  const { database } = needs.storage;
  const wake = wakeQueue(needs);
  return {
    replaySource: async (stretch, order) => {
      await mustBeFew(stretch, needs);
      const { order: made, isNew } = await orderSourceReplay(stretch, order, needs);
      await wake('plan-replays', stretch.source);
      return { isNew, replay: viewOf(made, await readLookedAt(database, made.id)) };
    },
    readSourceReplay: async (source, id) => {
      const order = await readSourceReplay(database, source, id);
      return order && viewOf(order, await readLookedAt(database, id));
    },
  };
}

/** Orders the replays of a stretch; the same stretch again, while that is pending, is the first order. */
export function orderSourceReplay(
  stretch: DeliveredStretch,
  { caller, reason }: { caller: Caller; reason: string },
  needs: Pick<Needs, 'clock' | 'storage'>,
): ReturnType<typeof insertSourceReplay> {
  const at = needs.clock();
  return carryOut(
    {
      ...{ object: stretch.source, at, caller, reason, action: 'source.replay-ordered' },
      details: ({ order, isNew }: Awaited<ReturnType<typeof insertSourceReplay>>) =>
        isNew
          ? {
              ...{ order: order.id, batches: order.batches },
              ...{ from: order.from.toISOString(), to: order.to.toISOString() },
            }
          : undefined,
    },
    needs,
    (sql) => insertSourceReplay(sql, { ...stretch, id: randomUUID(), reason, by: actorOf(caller), at }),
  );
}

/** Throws `request.malformed` for a stretch of more than 1,000 batches. */
export async function mustBeFew(
  stretch: DeliveredStretch,
  { storage }: Pick<Needs, 'storage'>,
): Promise<void> {
  if ((await countDelivered(storage.database, stretch)) <= MAX_BATCHES) return;
  throw new GatewayError(
    'request.malformed',
    `More than ${MAX_BATCHES} batches came in this time; choose a shorter one.`,
    { detailZh: `该时段内批次超过 ${MAX_BATCHES} 个，请缩短时段。` },
  );
}

function viewOf(
  { failures, ...order }: SourceReplay,
  lookedAt: readonly LookedAt[],
): { id: string } & Record<string, unknown> {
  return {
    ...order,
    state: order.finishedAt === null ? 'pending' : 'done',
    failures,
    replays: lookedAt.flatMap(({ batch, replay, isNew }) =>
      replay === null ? [] : [{ batch, replay, isNew }],
    ),
    skipped: lookedAt.flatMap(({ batch, skipped: code }) => (code === null ? [] : [{ batch, code }])),
  };
}
