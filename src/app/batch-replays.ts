// Binds the replays of batches to the API.
import { actorOf } from '../core/audit-entry.js';
import { GatewayError } from '../core/errors.js';
import type { HttpDeps } from '../http/deps.js';
import { viewBatch } from './batch-view.js';
import type { Foundation } from './gateway.js';
import { wakeQueue } from './notice-binding.js';
import { orderReplay, originalOf } from './order-replay.js';
import { previewReplay, previewStretch } from './preview-replay.js';
import { bindSourceReplays, mustBeFew } from './source-replays.js';

type Bound = Pick<
  HttpDeps,
  'previewBatchReplay' | 'previewSourceReplay' | 'readSourceReplay' | 'replayBatch' | 'replaySource'
>;

/** Binds the routes; previews of a time throw what its order throws for too many batches. A worker of the source is woken for what is ordered. */
export function bindBatchReplays(foundation: Foundation): Bound {
  const wake = wakeQueue(foundation);
  return {
    previewBatchReplay: async (id) => previewReplay(await originalOf(id, foundation), foundation),
    replayBatch: async (id, { caller, reason }) => {
      const ordered = await orderReplay(id, { actor: actorOf(caller), reason }, foundation);
      if (ordered.isNew) await wake('process-source', ordered.source);
      const batch = await viewBatch(foundation.storage.database, ordered.replay);
      if (batch === null) throw new GatewayError('batch.unknown', 'There is no such batch.');
      return { isNew: ordered.isNew, batch };
    },
    previewSourceReplay: async (stretch) => {
      await mustBeFew(stretch, foundation);
      return previewStretch(stretch, foundation);
    },
    ...bindSourceReplays(foundation),
  };
}
