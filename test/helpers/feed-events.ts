// What a reader of the feed sees, without HTTP.
import type { CloudEvent, FeedEvent } from '../../src/feed/cloud-event.js';
import type { FeedWaiter } from '../../src/feed/feed-waiter.js';
import { followFeed, type FeedQuery, type FollowDeps } from '../../src/feed/read-feed.js';

const NEVER: FeedWaiter = {
  notify: () => undefined,
  stop: () => undefined,
  wait: () => Promise.resolve(undefined),
};

/** Parses events. */
export function parseEvents(events: readonly FeedEvent[]): CloudEvent[] {
  return events.map(({ json }) => JSON.parse(json) as CloudEvent);
}

/** Reads what there is at once. */
export async function readFeed(
  query: FeedQuery,
  deps: Pick<FollowDeps, 'clock' | 'sql'>,
): Promise<CloudEvent[]> {
  const wait = { timeoutMs: 0, signal: new AbortController().signal };
  return parseEvents(await followFeed(query, wait, { ...deps, waiter: NEVER }));
}
