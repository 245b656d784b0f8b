// Calendar days as `YYYY-MM-DD`, and the arithmetic on them; months and weekdays of no timezone.

const DAY_MS = 86_400_000;

/** Gives the number of a day since 1970-01-01. */
export function dayNumber(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / DAY_MS;
}

/** Gives the day of a number. */
export function dayOf(number: number): string {
  return new Date(number * DAY_MS).toISOString().slice(0, 10);
}

/** Gives the weekday of a number: 1 is Monday, 7 is Sunday. */
export function weekdayOf(number: number): number {
  // 1970-01-01 was a Thursday.
  return ((((number + 3) % 7) + 7) % 7) + 1;
}

/** Tells whether a text is a day that exists. */
export function isDay(text: string): boolean {
  const number = dayNumber(text);
  return Number.isFinite(number) && dayOf(number) === text;
}
