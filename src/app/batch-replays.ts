// Binds the replays of batches to the API.
import { actorOf } from '../core/audit-entry.js';
import { GatewayError } from '../core/errors.js';
import type { HttpDeps } from '../http/deps.js';
import { viewBatch } from './batch-view.js';
import type { Foundation } from './gateway.js';
import { wakeQueue } from './notice-binding.js';
import { orderReplay, orderStretch, originalOf, previewStretch } from './order-replay.js';
import { previewReplays } from './preview-replay.js';

type Bound = Pick<HttpDeps, 'previewBatchReplay' | 'previewSourceReplay' | 'replayBatch' | 'replaySource'>;

/** Binds the routes; a worker of the source is woken for what is ordered. */
export function bindBatchReplays(foundation: Foundation): Bound {
  const wake = wakeQueue(foundation);
  return {
    previewBatchReplay: async (id) => {
      const [preview] = await previewReplays([await originalOf(id, foundation)], foundation);
      return preview as object;
    },
    replayBatch: async (id, { caller, reason }) => {
      const ordered = await orderReplay(id, { actor: actorOf(caller), reason }, foundation);
      if (ordered.isNew) await wake('process-source', ordered.source);
      const batch = await viewBatch(foundation.storage.database, ordered.replay);
      if (batch === null) throw new GatewayError('batch.unknown', 'There is no such batch.');
      return { isNew: ordered.isNew, batch };
    },
    previewSourceReplay: (stretch) => previewStretch(stretch, foundation),
    replaySource: async (stretch, { caller, reason }) => {
      const ordered = await orderStretch(stretch, { actor: actorOf(caller), reason }, foundation);
      if (ordered.replays.some(({ isNew }) => isNew)) await wake('process-source', stretch.source);
      return ordered;
    },
  };
}
