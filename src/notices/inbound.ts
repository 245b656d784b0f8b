// The way of a notice into the gateway, in order. It runs inside the caller's transaction, so that rows,
// steps and the cursor of the feed are stored together or not at all.
import type { Clock } from '../core/clock.js';
import { shanghaiDay } from '../core/clock.js';
import type { Route } from '../core/configuration.js';
import type { Sql } from '../db/pool.js';
import type { Logger } from '../platform/logger.js';
import type { Sealer } from '../platform/sealing.js';
import type { Incoming, NoticeCheck } from './check.js';
import { conceal } from './conceal.js';
import { match } from './match.js';
import { route, type Routed } from './route.js';
import { store } from './store.js';

export interface InboundDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly sealer: Sealer;
  readonly check: NoticeCheck;
  readonly routes: readonly Route[];
  /** Whose notices these are: an id of destinations.yaml. */
  readonly destination: string;
}

/** Takes one notice in: check ─▶ conceal ─▶ store ─▶ match ─▶ route. */
export async function takeIn(sql: Sql, incoming: Incoming, deps: InboundDeps): Promise<Routed> {
  const now = deps.clock();
  const today = shanghaiDay(now);
  const checked = deps.check(incoming, today);
  const concealed = conceal(checked, { sealer: deps.sealer, today });
  const stored = await store(sql, concealed, { destination: deps.destination, now });
  const matched = await match(sql, stored, now);
  return route(sql, matched, { routes: deps.routes, now });
}

/** Logs what became of a notice, once its transaction has committed. */
export function logInbound(log: Logger, routed: Routed): void {
  const { id: notice, fate } = routed;
  if (fate === 'refused') log.error({ notice, reasons: routed.reasons }, 'Notice refused');
  else if (fate === 'repeated-differently')
    log.error({ notice }, 'Another notice came under the id of an earlier one');
  else log.info({ notice, fate, deliveries: routed.deliveries.length }, 'Notice taken in');
}
