// One answer of the feed: the events after a position, at once or as soon as there are any. In: what the
// reader has seen; out: events in order. A reader that waits holds no database connection.
import { shanghaiDay, type Clock } from '../core/clock.js';
import { readChangesAfter, type KeptPositions, type ReaderView } from '../db/changes.js';
import type { Sql } from '../db/pool.js';
import { writeCloudEvents, type FeedEvent } from './cloud-event.js';
import { checkKept, parsePosition } from './feed-position.js';
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
  let after = parsePosition(query.lastEventId);
  for (;;) {
    const today = shanghaiDay(deps.clock());
    const { kept, events, lookedTo } = await readEvents(deps.sql, query, { after, today });
    checkKept(after, kept);
    after = lookedTo;
    const leftMs = endsAt - deps.clock().getTime();
    if (events.length > 0 || leftMs <= 0 || wait.signal.aborted) return events;
    const waiting = { after: kept.last, timeoutMs: leftMs, signal: wait.signal };
    if ((await deps.waiter.wait(waiting)) === undefined) return [];
  }
}

interface Looked {
  /** As it was before the events were looked for: what has come since ends a wait at once. */
  readonly kept: KeptPositions;
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
  let before: KeptPositions | undefined;
  for (;;) {
    const { kept, changes, lookedTo } = await readChangesAfter(sql, {
      after,
      limit,
      today: from.today,
      view,
    });
    before ??= kept;
    after = lookedTo ?? after;
    if (changes.length > 0 || lookedTo === null)
      return { kept: before, events: writeCloudEvents(changes), lookedTo: after };
  }
}
