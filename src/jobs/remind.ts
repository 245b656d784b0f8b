// Looks for sources from which nothing came in a period that they were expected to fill, and reminds their
// agencies. One statement for all sources; a row for each source and period keeps a reminder from being raised twice.
import { randomUUID } from 'node:crypto';
import { GATEWAY } from '../core/audit-entry.js';
import { shanghaiDay, type Clock } from '../core/clock.js';
import type { Configuration } from '../core/configuration.js';
import { latestOwed } from '../core/expected-periods.js';
import { appendAudits } from '../db/audit.js';
import type { Database } from '../db/pool.js';
import { raiseReminders, type OwedPeriod, type RaisedReminder } from '../db/reminders.js';
import type { Queue } from '../platform/dispatcher.js';
import type { Logger } from '../platform/logger.js';

export interface RemindNeeds {
  readonly database: Database;
  readonly configuration: Pick<Configuration, 'sources' | 'gateway'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly wake: (queue: Queue, id: string) => Promise<void>;
}

/** Raises what is to be raised now and gives the number of new reminders. */
export async function remindAgencies(needs: RemindNeeds): Promise<number> {
  const { database, configuration, clock, log, wake } = needs;
  const now = clock();
  const when = { today: shanghaiDay(now), graceDays: configuration.gateway.reminders.graceDays };
  const owed = configuration.sources.flatMap(({ id: source, agency, expects }) => {
    const period = expects && latestOwed(expects, when);
    return period === undefined ? [] : [{ id: randomUUID(), source, agency, period }];
  });
  const raised = await raise(database, owed, now);
  for (const { id, source, agency, period } of raised) {
    log.warn({ source, agency, period }, 'Nothing came from a source in a period');
    await wake('deliver-reminder', id);
  }
  return raised.length;
}

function raise(database: Database, owed: readonly OwedPeriod[], at: Date): Promise<RaisedReminder[]> {
  return database.transaction(async (sql) => {
    const raised = await raiseReminders(sql, owed, at);
    const acts = raised.map(({ id, source, agency, period }) => ({
      at,
      actor: GATEWAY,
      action: 'reminder.raised' as const,
      object: source,
      details: { reminder: id, agency, period },
    }));
    await appendAudits(sql, acts);
    return raised;
  });
}
