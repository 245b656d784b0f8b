// Binds what the gateway does by itself day by day: ending records whose period is over, and deleting what is past
// its retention.
import { appendAudits } from '../db/audit.js';
import { applyRetention } from '../jobs/apply-retention.js';
import { endRecords } from '../jobs/end-records.js';
import type { ScheduledJob } from '../jobs/schedule.js';
import type { Foundation } from './gateway.js';

/** Lists the jobs. */
export function ownJobs(foundation: Foundation, onChanges: () => void): ScheduledJob[] {
  const { site, storage, clock, log, signal } = foundation;
  const { schedules, retention } = site.configuration;
  const needs = { ...storage, clock, signal, audit: appendAudits };
  return [
    {
      name: 'endings',
      expression: schedules.endings,
      run: async () => {
        const records = await endRecords({ ...needs, onChanges });
        if (records > 0) log.info({ records }, 'Records have ended');
      },
    },
    {
      name: 'retention',
      expression: schedules.retention,
      run: () => applyRetention({ ...needs, retention }),
    },
  ];
}
