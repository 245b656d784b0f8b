// Gives kept notices another chance: once a record of their subject has arrived, they are routed.
import { GATEWAY } from '../core/audit-entry.js';
import type { Clock } from '../core/clock.js';
import type { Route } from '../core/configuration.js';
import { appendAudit } from '../db/audit.js';
import { addStep, takeMatchableNotice } from '../db/notices.js';
import type { Database } from '../db/pool.js';
import type { Logger } from '../platform/logger.js';
import { route, type Routed } from './route.js';
import { wakeAll, type Wake } from './wake-all.js';

export interface RematchDeps {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly routes: readonly Route[];
  readonly wake: Wake;
}

/** Routes every unmatched notice whose subject is known by now and gives their number. */
export async function rematchNotices(deps: RematchDeps): Promise<number> {
  for (let count = 0; ; count += 1) {
    const routed = await rematchOne(deps);
    if (routed === undefined) return count;
    deps.log.info({ notice: routed.id, deliveries: routed.deliveries.length }, 'Notice matched later');
    await wakeAll(deps, 'deliver-notice', routed.deliveries);
  }
}

async function rematchOne(deps: RematchDeps): Promise<Routed | undefined> {
  return deps.database.transaction(async (sql) => {
    const notice = await takeMatchableNotice(sql);
    if (notice === undefined) return undefined;
    const now = deps.clock();
    await addStep(sql, { noticeId: notice.id, step: 'matched', at: now });
    const matched = { id: notice.id, fate: 'matched', reasons: [], measure: notice.measure } as const;
    const routed = await route(sql, matched, { routes: deps.routes, now });
    const details = { recipients: routed.deliveries.length };
    await appendAudit(sql, { at: now, actor: GATEWAY, action: 'notice.matched', object: notice.id, details });
    return routed;
  });
}
