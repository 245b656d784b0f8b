// Binds the comparison of days with a destination's own account: the worker, and the nightly order of it.
import { GATEWAY } from '../core/audit-entry.js';
import { shanghaiDay } from '../core/clock.js';
import { dayNumber, dayOf } from '../core/day.js';
import type { Destination } from '../core/configuration.js';
import { orderDaysUpTo } from '../db/reconciliations.js';
import { reconcileDay } from '../forwarding/reconcile.js';
import { createReconciliationWorker } from '../jobs/reconcile-destination.js';
import type { ScheduledJob } from '../jobs/schedule.js';
import { reconciliationSchedule } from '../jobs/schedules-of.js';
import type { HttpClient } from '../platform/http-client.js';
import type { City } from './city.js';
import type { Foundation } from './gateway.js';
import { wakeQueue } from './notice-binding.js';

/** Nights that are made up for at most where the schedule did not run. */
const MOST_DAYS = 31;

/** Gives the day before the present one in Asia/Shanghai. */
export function yesterday(now: Date): string {
  return dayOf(dayNumber(shanghaiDay(now)) - 1);
}

/** Handles the queue of reconciliations for one destination. */
export function handleReconciliations(
  foundation: Foundation,
  to: { readonly city: City; readonly destination: Destination; readonly http: Pick<HttpClient, 'send'> },
): void {
  const { site, storage, dispatcher } = foundation;
  const { city, destination, http } = to;
  const { database } = storage;
  const work = createReconciliationWorker({
    ...foundation,
    database,
    claimMs: site.configuration.gateway.claimMs,
    random: Math.random,
    compare: (due, signal) =>
      reconcileDay(due, { ...foundation, database, http, city, timeoutMs: destination.timeoutMs, signal }),
  });
  dispatcher.handle('reconcile', 1, work);
}

/** Orders what has gone by since the last night. */
export function reconciliationJob(foundation: Foundation, destination: string): ScheduledJob {
  const { site, storage, clock } = foundation;
  const { name, expression } = reconciliationSchedule(site.configuration.schedules);
  const run = async (): Promise<void> => {
    const at = clock();
    const order = { destination, day: yesterday(at), by: GATEWAY, at };
    await orderDaysUpTo(storage.database, order, MOST_DAYS);
    await wakeQueue(foundation)('reconcile', destination);
  };
  return { name, expression, run };
}
