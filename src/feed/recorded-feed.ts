// One answer of the feed with its entry in the audit log: who read from where to where. The entry is committed before
// a byte of the answer goes out; an answer without events reads nothing and has none.
import type { WriteDown } from '../db/gathered-audit.js';
import type { FeedEvent } from './cloud-event.js';
import { followFeed, type FeedQuery, type FeedWait, type FollowDeps } from './read-feed.js';

export interface RecordedDeps extends FollowDeps {
  readonly writeDown: WriteDown;
  /** Who reads; see `actorOf`. */
  readonly actor: string;
}

/** Reads as `followFeed` does; throws `audit.unavailable` where the reading cannot be written down. */
export async function followRecorded(
  query: FeedQuery,
  wait: FeedWait,
  deps: RecordedDeps,
): Promise<FeedEvent[]> {
  const events = await followFeed(query, wait, deps);
  const last = events.at(-1);
  if (last === undefined) return events;
  const details = { after: query.lastEventId ?? '0', to: last.id, count: events.length };
  await deps.writeDown({
    at: deps.clock(),
    actor: deps.actor,
    action: 'feed.read',
    object: 'feed',
    details,
  });
  return events;
}
