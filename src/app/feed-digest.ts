// Keeps the running digest of what the city gets worked out, so that asking for it is cheap however long the feed is.
import { keepFeedDigest } from '../feed/read-digest.js';
import { startSweep } from '../jobs/sweep.js';
import { feedViews } from './feed-views.js';
import type { Foundation } from './gateway.js';

const EVERY_MS = 30_000;

/** Works it on every half minute until stopped. */
export function startFeedDigest({ site, storage, log, signal }: Foundation): { stop(): Promise<void> } {
  const view = feedViews(site.configuration)('city');
  return startSweep({
    everyMs: EVERY_MS,
    log,
    wake: () => Promise.resolve(),
    readDue: async () => {
      await keepFeedDigest({ sql: storage.database, view, signal });
      return new Map();
    },
  });
}
