// Wakes scheduled work. node-cron only says when; the row of the fire in PostgreSQL says who. A window
// that passed while nobody ran is caught up once at start.
import cron, { type ScheduledTask } from 'node-cron';
import type { Clock } from '../core/clock.js';
import { claimFire, finishFire, nextDue, type Fire } from '../db/fires.js';
import type { Database } from '../db/pool.js';
import type { Logger } from '../platform/logger.js';

export interface ScheduledJob {
  readonly name: string;
  /** node-cron expression with six fields, seconds first. */
  readonly expression: string;
  readonly run: () => Promise<void>;
}

export interface ScheduleNeeds {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  readonly owner: string;
  readonly timezone: string;
}

/** Tells whether node-cron can read an expression. */
export function isCronExpression(expression: string): boolean {
  return cron.validate(expression);
}

/** Starts the schedule; `stop` takes no new fire and waits for those under way. */
export async function startSchedule(
  jobs: readonly ScheduledJob[],
  needs: ScheduleNeeds,
): Promise<{ stop(): Promise<void> }> {
  const running = new Set<Promise<void>>();
  const tasks: ScheduledTask[] = [];
  for (const job of jobs) {
    const launch = (dueAt: Date): void => {
      const fire = { schedule: job.name, dueAt, nextDueAt: task.getNextRun(), owner: needs.owner };
      const work = runFire(job, fire, needs).finally(() => running.delete(work));
      running.add(work);
    };
    const task = cron.schedule(job.expression, (context) => launch(wholeSecond(context.date)), {
      timezone: needs.timezone,
      noOverlap: true,
      name: job.name,
    });
    tasks.push(task);
    const due = await nextDue(needs.database, job.name);
    if (due !== undefined && due < needs.clock()) launch(due);
  }
  return {
    stop: async () => {
      for (const task of tasks) await task.destroy();
      await Promise.all(running);
    },
  };
}

function wholeSecond(moment: Date): Date {
  return new Date(Math.floor(moment.getTime() / 1000) * 1000);
}

/** Runs one fire if this instance gets it; a failure is noted in its row and logged, the next fire comes anyway. */
export async function runFire(job: ScheduledJob, fire: Fire, needs: ScheduleNeeds): Promise<void> {
  try {
    if (!(await claimFire(needs.database, fire, needs.clock()))) return;
    const error = await runJob(job, needs.log);
    await finishFire(needs.database, fire, { at: needs.clock(), error });
  } catch (failure) {
    needs.log.warn({ err: failure, schedule: job.name }, 'Scheduled fire could not be recorded');
  }
}

async function runJob(job: ScheduledJob, log: Logger): Promise<string | null> {
  try {
    await job.run();
    return null;
  } catch (failure) {
    log.warn({ err: failure, schedule: job.name }, 'Scheduled job failed');
    return (failure as Error).message;
  }
}
