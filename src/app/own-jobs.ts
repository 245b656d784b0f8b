// Binds what the gateway does by itself day by day: ending records whose period is over, and deleting what is past
// its retention.
import { ROLES } from '../core/words.js';
import { appendAudits } from '../db/audit.js';
import { digestViewOf } from '../feed/read-digest.js';
import { applyRetention } from '../jobs/apply-retention.js';
import { endRecords } from '../jobs/end-records.js';
import type { ScheduledJob } from '../jobs/schedule.js';
import { startSweep } from '../jobs/sweep.js';
import { feedViews } from './feed-views.js';
import type { Foundation } from './gateway.js';

const LATE_ENDINGS_EVERY_MS = 60_000;

/** Lists the jobs. */
export function ownJobs(foundation: Foundation, onChanges: () => void): ScheduledJob[] {
  const { site, storage, clock, signal } = foundation;
  const { schedules, retention, catalogue } = site.configuration;
  const viewOf = feedViews(site.configuration);
  const views = ROLES.map((role) => digestViewOf(viewOf(role)));
  const needs = { ...storage, clock, signal, views, audit: appendAudits };
  return [
    { name: 'endings', expression: schedules.endings, run: endDue(foundation, onChanges) },
    {
      name: 'retention',
      expression: schedules.retention,
      run: () => applyRetention({ ...needs, retention, catalogue }),
    },
  ];
}

/** Ends again and again what the schedule left over: its run failed or was killed, or the clock passed it by. */
export function startLateEndings(
  foundation: Foundation,
  onChanges: () => void,
  everyMs = LATE_ENDINGS_EVERY_MS,
): { stop(): Promise<void> } {
  const end = endDue(foundation, onChanges);
  return startSweep({
    everyMs,
    log: foundation.log,
    wake: () => Promise.resolve(),
    readDue: async () => {
      await end();
      return new Map();
    },
  });
}

function endDue({ storage, clock, log, signal }: Foundation, onChanges: () => void): () => Promise<void> {
  return async () => {
    const records = await endRecords({
      database: storage.database,
      clock,
      signal,
      audit: appendAudits,
      onChanges,
    });
    if (records > 0) log.info({ records }, 'Records have ended');
  };
}
