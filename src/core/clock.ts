// Time is passed in: nothing below the entry point asks the machine what time it is.

/** Gives the present moment. */
export type Clock = () => Date;

const SHANGHAI_OFFSET_MS = 8 * 3_600_000;

/** Gives the calendar day in Asia/Shanghai (UTC+8, no summer time since 1991) as `YYYY-MM-DD`. */
export function shanghaiDay(moment: Date): string {
  return new Date(moment.getTime() + SHANGHAI_OFFSET_MS).toISOString().slice(0, 10);
}

/** Gives the time in Asia/Shanghai as `YYYY-MM-DD HH:MM:SS`. */
export function shanghaiTime(moment: Date): string {
  const local = new Date(moment.getTime() + SHANGHAI_OFFSET_MS).toISOString();
  return `${local.slice(0, 10)} ${local.slice(11, 19)}`;
}

/** Gives the moment at which a day begins in Asia/Shanghai. */
export function shanghaiMidnight(day: string): Date {
  return new Date(Date.parse(`${day}T00:00:00Z`) - SHANGHAI_OFFSET_MS);
}
