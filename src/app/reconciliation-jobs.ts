// Binds the comparison of days with each destination's own account: the workers, and the nightly order of it.
import { GATEWAY } from '../core/audit-entry.js';
import { shanghaiDay } from '../core/clock.js';
import { dayNumber, dayOf } from '../core/day.js';
import { orderDaysUpTo } from '../db/reconciliations.js';
import { reconcileDay } from '../forwarding/reconcile.js';
import { createReconciliationWorker } from '../jobs/reconcile-destination.js';
import type { ScheduledJob } from '../jobs/schedule.js';
import { reconciliationSchedule } from '../jobs/schedules-of.js';
import type { Reached } from './forwarding-binding.js';
import type { Foundation } from './gateway.js';
import { wakeQueue } from './notice-binding.js';

/** Nights that are made up for at most where the schedule did not run. */
const MOST_DAYS = 31;

/** Gives the day before the present one in Asia/Shanghai. */
export function yesterday(now: Date): string {
  return dayOf(dayNumber(shanghaiDay(now)) - 1);
}

/** Handles the queue of reconciliations: each day with the account of its own destination, several destinations side by side. */
export function handleReconciliations(foundation: Foundation, reached: readonly Reached[]): void {
  const { site, storage, dispatcher } = foundation;
  const { database } = storage;
  const workers = new Map(
    reached.map(({ destination: { id, timeoutMs }, city, http }) => [
      id,
      createReconciliationWorker({
        ...foundation,
        database,
        claimMs: site.configuration.gateway.claimMs,
        random: Math.random,
        compare: (due, signal) =>
          reconcileDay(due, { ...foundation, database, http, city, timeoutMs, signal }),
      }),
    ]),
  );
  dispatcher.handle('reconcile', workers.size, async (id) => {
    await workers.get(id)?.(id);
  });
}

/** Orders for each destination what has gone by since its last night. */
export function reconciliationJob(foundation: Foundation, destinations: readonly string[]): ScheduledJob {
  const { site, storage, clock } = foundation;
  const { name, expression } = reconciliationSchedule(site.configuration.schedules);
  const run = async (): Promise<void> => {
    const at = clock();
    for (const destination of destinations) {
      const order = { destination, day: yesterday(at), by: GATEWAY, at };
      await orderDaysUpTo(storage.database, order, MOST_DAYS);
      await wakeQueue(foundation)('reconcile', destination);
    }
  };
  return { name, expression, run };
}
