// One answer of the feed: the events after a position, at once or as soon as there are any. In: what the
// reader has seen; out: events in order. A reader that waits holds no database connection.
import type { Clock } from '../core/clock.js';
import { GatewayError } from '../core/errors.js';
import { readChangesAfter, readLastPosition } from '../db/changes.js';
import type { Sql } from '../db/pool.js';
import { toCloudEvent, type CloudEvent } from './cloud-event.js';
import type { FeedWaiter } from './feed-waiter.js';

export interface FeedQuery {
  /** As the reader sent it; undefined reads from the beginning. */
  readonly lastEventId: string | undefined;
  readonly limit: number;
  /** The record types that the reader may see; undefined for all. */
  readonly types?: readonly string[] | undefined;
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

const POSITION = /^(0|[1-9]\d{0,15})$/;

/** Reads the events after `lastEventId`; throws `feed.unknown-position` for an id that this feed never gave. */
export async function readFeed(sql: Sql, query: FeedQuery): Promise<CloudEvent[]> {
  const last = await readLastPosition(sql);
  return readEvents(sql, query, parsePosition(query.lastEventId, last));
}

/** Reads the events after `lastEventId` and waits for the first where there is none yet; empty after `timeoutMs`. */
export async function followFeed(query: FeedQuery, wait: FeedWait, deps: FollowDeps): Promise<CloudEvent[]> {
  const endsAt = deps.clock().getTime() + wait.timeoutMs;
  // Read before the events: what comes in between ends the wait at once.
  let last = await readLastPosition(deps.sql);
  const after = parsePosition(query.lastEventId, last);
  for (;;) {
    const events = await readEvents(deps.sql, query, after);
    const leftMs = endsAt - deps.clock().getTime();
    if (events.length > 0 || leftMs <= 0 || wait.signal.aborted) return events;
    const reached = await deps.waiter.wait({ after: last, timeoutMs: leftMs, signal: wait.signal });
    if (reached === undefined) return [];
    last = reached;
  }
}

async function readEvents(sql: Sql, query: FeedQuery, after: number): Promise<CloudEvent[]> {
  const changes = await readChangesAfter(sql, { after, limit: query.limit, types: query.types });
  return changes.map(toCloudEvent);
}

function parsePosition(lastEventId: string | undefined, last: number): number {
  if (lastEventId === undefined) return 0;
  const position = POSITION.test(lastEventId) ? Number(lastEventId) : Number.NaN;
  if (!(position <= last))
    throw new GatewayError('feed.unknown-position', 'This feed has never given this lastEventId.', {
      detailZh: '该 lastEventId 不是本数据流给出的编号。',
    });
  return position;
}
