// When a schedule fires next, told by node-cron itself; for schedules that have never fired.
import cron from 'node-cron';

/** Gives the next moment of an expression after now, as the machine's clock has it; undefined where there is none. */
export function nextRun(expression: string, timezone: string): Date | undefined {
  const task = cron.schedule(expression, () => undefined, { timezone });
  try {
    return task.getNextRun() ?? undefined;
  } finally {
    void task.destroy();
  }
}
