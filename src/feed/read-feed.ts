// One answer of the feed: the events after a position, at once or as soon as there are any. In: what the
// reader has seen; out: events in order. A reader that waits holds no database connection.
import { shanghaiDay, type Clock } from '../core/clock.js';
import { readChangesAfter, readKeptPositions, type ReaderView } from '../db/changes.js';
import type { Sql } from '../db/pool.js';
import { writeCloudEvents, type FeedEvent } from './cloud-event.js';
import { parsePosition } from './feed-position.js';
import type { FeedWaiter } from './feed-waiter.js';

export interface FeedQuery {
  /** As the reader sent it; undefined reads from the beginning. */
  readonly lastEventId: string | undefined;
  readonly limit: number;
  /** What the reader may see; undefined for all. */
  readonly view?: ReaderView | undefined;
}

export interface FeedWait {
  readonly timeoutMs: number;
  /** Aborts when the reader has gone. */
  readonly signal: AbortSignal;
}

export interface FollowDeps {
  readonly sql: Sql;
  readonly waiter: FeedWaiter;
  readonly clock: Clock;
}

/**
 * Reads the events after `lastEventId` and waits for the first where there is none yet; empty after `timeoutMs`. Throws
 * `feed.unknown-position` for an id that this feed never gave, `feed.past-retention` for one behind which events are gone.
 */
export async function followFeed(query: FeedQuery, wait: FeedWait, deps: FollowDeps): Promise<FeedEvent[]> {
  const endsAt = deps.clock().getTime() + wait.timeoutMs;
  // Read before the events: what comes in between ends the wait at once.
  const kept = await readKeptPositions(deps.sql);
  let after = parsePosition(query.lastEventId, kept);
  let { last } = kept;
  for (;;) {
    const today = shanghaiDay(deps.clock());
    const { events, lookedTo } = await readEvents(deps.sql, query, { after, today });
    after = lookedTo;
    const leftMs = endsAt - deps.clock().getTime();
    if (events.length > 0 || leftMs <= 0 || wait.signal.aborted) return events;
    const reached = await deps.waiter.wait({ after: last, timeoutMs: leftMs, signal: wait.signal });
    if (reached === undefined) return [];
    last = reached;
  }
}

interface Looked {
  readonly events: FeedEvent[];
  /** Up to here there is nothing else for the reader. */
  readonly lookedTo: number;
}

/** An empty answer must mean that there is nothing: what the reader may not see is passed over, however much it is. */
async function readEvents(
  sql: Sql,
  { limit, view }: FeedQuery,
  from: { after: number; today: string },
): Promise<Looked> {
  let { after } = from;
  for (;;) {
    const { changes, lookedTo } = await readChangesAfter(sql, { after, limit, today: from.today, view });
    after = lookedTo ?? after;
    if (changes.length > 0 || lookedTo === null)
      return { events: writeCloudEvents(changes), lookedTo: after };
  }
}
