// Time is passed in: nothing below the entry point asks the machine what time it is.

/** Gives the present moment. */
export type Clock = () => Date;

const SHANGHAI_OFFSET_MS = 8 * 3_600_000;

/** Gives the calendar day in Asia/Shanghai (UTC+8, no summer time since 1991) as `YYYY-MM-DD`. */
export function shanghaiDay(moment: Date): string {
  return new Date(moment.getTime() + SHANGHAI_OFFSET_MS).toISOString().slice(0, 10);
}
