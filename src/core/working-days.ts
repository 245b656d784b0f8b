// Working days by the State Council's yearly notices: weekdays, less the holidays, plus the days that were
// shifted. Pure. Day 1 of a time limit is the first working day after the day that it runs from.
import { dayNumber, dayOf, weekdayOf } from './day.js';

/** A year as its notice has it. */
export interface Calendar {
  readonly year: number;
  /** The notice, with its number. */
  readonly source: string;
  /** Set where the notice is not known yet: statutory holidays alone. */
  readonly provisional?: boolean;
  readonly holidays: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  /** Saturdays and Sundays on which is worked. */
  readonly workingDays: readonly string[];
}

export interface WorkingDays {
  isWorkingDay(day: string): boolean;
  /** Gives the last day of a limit of `count` working days that runs from `day`. */
  deadline(day: string, count: number): string;
  /** Gives the earliest day from which a limit of `count` working days has not ended before `today`. */
  earliestInTime(today: string, count: number): string;
}

/** Compiles the calendars; in a year without one, Saturdays and Sundays alone are free. */
export function compileWorkingDays(calendars: readonly Calendar[]): WorkingDays {
  const free = new Set(
    calendars.flatMap(({ holidays }) => holidays.flatMap(({ from, to }) => daysOf(from, to))),
  );
  const shifted = new Set(calendars.flatMap(({ workingDays }) => workingDays.map(dayNumber)));
  const isWorking = (number: number): boolean =>
    shifted.has(number) || (!free.has(number) && weekdayOf(number) <= 5);
  return {
    isWorkingDay: (day) => isWorking(dayNumber(day)),
    deadline: (day, count) => dayOf(walk({ from: dayNumber(day), count, step: 1 }, isWorking)),
    // All days behind it that lie before today are too few for the limit to be over.
    earliestInTime: (today, count) => dayOf(walk({ from: dayNumber(today), count, step: -1 }, isWorking)),
  };
}

function walk(
  way: { from: number; count: number; step: 1 | -1 },
  isWorking: (number: number) => boolean,
): number {
  let number = way.from;
  for (let left = way.count; left > 0;) {
    number += way.step;
    if (isWorking(number)) left -= 1;
  }
  return number;
}

function daysOf(from: string, to: string): number[] {
  const first = dayNumber(from);
  return Array.from({ length: dayNumber(to) - first + 1 }, (_, i) => first + i);
}
