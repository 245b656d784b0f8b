// What the notices are bound to in this process, for the API and for the workers alike.
import { CITY } from '../core/city.js';
import { compileNoticeCheck } from '../notices/check.js';
import type { InboundDeps } from '../notices/inbound.js';
import type { Queue } from '../platform/dispatcher.js';
import type { Foundation } from './gateway.js';

/** Gives what taking a notice of the city in needs. */
export function inboundDeps({ site, storage, clock, log }: Foundation): InboundDeps {
  const { measures, routes } = site.configuration;
  return {
    clock,
    log,
    sealer: storage.sealer,
    check: compileNoticeCheck(measures),
    routes,
    destination: CITY,
  };
}

/** Wakes a queue; a wake-up that fails is logged and left to the sweep, because the work is in the tables. */
export function wakeQueue({
  dispatcher,
  log,
}: Pick<Foundation, 'dispatcher' | 'log'>): (queue: Queue, id: string) => Promise<void> {
  return async (queue, id) => {
    try {
      await dispatcher.wake(queue, id);
    } catch (error) {
      log.warn({ err: error, queue, id }, 'Wake-up failed, the sweep will find the work');
    }
  };
}
