// What a source owed in one month: the periods that ended in it, and in which of them nothing came. Pure.
import type { Expectation } from './configuration.js';
import { dayNumber, dayOf } from './day.js';
import { periodBefore, periodOf, periodsEndingIn, type Period } from './reporting-period.js';

export interface DayRange {
  readonly firstDay: string;
  readonly lastDay: string;
}

/** What came from one source. */
export interface Deliveries {
  /** Days on which a batch came. */
  readonly days: readonly string[];
  /** Ranges of which its agency said that there was nothing. */
  readonly noData: readonly DayRange[];
}

export interface OwedPeriods {
  /** Periods that are over. */
  readonly expected: number;
  /** Those of them in which no batch came, but the word that there was nothing. */
  readonly noData: readonly string[];
  /** Those of them in which nothing came at all. */
  readonly silent: readonly string[];
}

/** Tells what a source owed in a month, as it stands on `today`. */
export function owedPeriods(
  expects: Expectation | undefined,
  when: { month: Period; today: string },
  came: Deliveries,
): OwedPeriods {
  if (expects === undefined) return { expected: 0, noData: [], silent: [] };
  const over = periodsEndingIn(expects.every, when.month).filter(
    (period) => period.lastDay < when.today && isExpected(period, expects),
  );
  const empty = over.filter(
    ({ firstDay, lastDay }) => !came.days.some((day) => day >= firstDay && day <= lastDay),
  );
  const isStated = (period: Period): boolean => came.noData.some((range) => covers(range, period));
  return {
    expected: over.length,
    noData: empty.filter(isStated).map(({ id }) => id),
    silent: empty.filter((period) => !isStated(period)).map(({ id }) => id),
  };
}

/** Gives the latest period that has been over for more than the days of grace; undefined where none is expected yet. */
export function latestOwed(
  expects: Expectation,
  { today, graceDays }: { today: string; graceDays: number },
): Period | undefined {
  const last = dayOf(dayNumber(today) - graceDays - 1);
  const current = periodOf(expects.every, last);
  const period = current.lastDay <= last ? current : periodBefore(current);
  return isExpected(period, expects) ? period : undefined;
}

function isExpected(period: Period, { from }: Expectation): boolean {
  return from === undefined || period.firstDay >= from;
}

function covers(range: DayRange, { firstDay, lastDay }: Period): boolean {
  return range.firstDay <= firstDay && range.lastDay >= lastDay;
}
