// Reads the city's notice feed page after page until it is empty. The cursor moves in the transaction that
// stores the page's notices; where another poller has moved it meanwhile, the page is read again.
import { appendAudits } from '../db/audit.js';
import { moveNoticeCursor, readNoticeCursor } from '../db/notices.js';
import type { Database } from '../db/pool.js';
import { GatewayError } from '../core/errors.js';
import type { Incoming } from './check.js';
import type { FetchNotices, NoticeEvent } from './fetch-notices.js';
import { logInbound, takeIn, type InboundDeps } from './inbound.js';
import type { Routed } from './route.js';
import { inboundActs } from './record-act.js';
import { wakeAll, type Wake } from './wake-all.js';

export interface PollDeps extends InboundDeps {
  readonly database: Database;
  readonly fetchNotices: FetchNotices;
  readonly wake: Wake;
}

const MAX_PAGES = 1000;

/** Takes in everything that is new in the feed and gives the number of events; throws `city.unreachable`. */
export async function pollNotices(deps: PollDeps): Promise<number> {
  let events = 0;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const cursor = await readNoticeCursor(deps.database, deps.destination);
    const found = await deps.fetchNotices(cursor);
    const last = found.findLast((event) => event.id !== undefined)?.id;
    if (found.length === 0 || (last !== undefined && last === cursor)) return events;
    const stored = await storePage(found, { from: cursor, to: last }, deps);
    if (stored === undefined) continue;
    events += found.length;
    for (const routed of stored) logInbound(deps.log, routed);
    await wakeAll(
      deps,
      'deliver-notice',
      stored.flatMap((routed) => routed.deliveries),
    );
    if (last === undefined)
      throw new GatewayError('city.unreachable', 'The notice feed cannot be read on: its events have no id.');
  }
  return events;
}

async function storePage(
  events: readonly NoticeEvent[],
  cursor: { from: string | undefined; to: string | undefined },
  deps: PollDeps,
): Promise<Routed[] | undefined> {
  return deps.database.transaction(async (sql) => {
    // First of all, so that of two pollers with the same page the second waits here and then sees it moved.
    if (cursor.to !== undefined) {
      const move = { destination: deps.destination, from: cursor.from, to: cursor.to, at: deps.clock() };
      if (!(await moveNoticeCursor(sql, move))) return undefined;
    }
    const stored: Routed[] = [];
    for (const event of events) stored.push(await takeIn(sql, incomingOf(event), deps));
    // Behind the last row of the page: nothing slow runs under the lock of the audit log.
    await appendAudits(sql, inboundActs(stored, { at: deps.clock() }));
    return stored;
  });
}

function incomingOf(event: NoticeEvent): Incoming {
  return { raw: event.data, eventId: event.id ?? null, isUnsupported: event.method === 'DELETE' };
}
