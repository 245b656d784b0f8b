// The periods in which a source is expected to bring something: a day `2026-06-30`, an ISO week `2026-W27`,
// a month `2026-06`. All days are those of Asia/Shanghai.
import { dayNumber, dayOf, isDay, weekdayOf } from './day.js';

export const PERIOD_KINDS = ['day', 'week', 'month'] as const;
export type PeriodKind = (typeof PERIOD_KINDS)[number];

export interface Period {
  readonly id: string;
  readonly kind: PeriodKind;
  readonly firstDay: string;
  readonly lastDay: string;
}

const WEEK = /^(\d{4})-W(\d{2})$/;
const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;
const DAYS_A_WEEK = 7;
const THURSDAY = 4;

/** Gives the period of one kind in which a day lies. */
export function periodOf(kind: PeriodKind, day: string): Period {
  switch (kind) {
    case 'day':
      return { id: day, kind, firstDay: day, lastDay: day };
    case 'week':
      return weekOf(dayNumber(day));
    case 'month':
      return monthOf(day.slice(0, 7));
  }
}

/** Reads the id of a period; undefined where there is no such period. */
export function parsePeriod(id: string): Period | undefined {
  if (MONTH.test(id)) return monthOf(id);
  if (/^\d{4}-\d{2}-\d{2}$/.test(id)) return isDay(id) ? periodOf('day', id) : undefined;
  const [, year, week] = WEEK.exec(id) ?? [];
  if (year === undefined || week === undefined) return undefined;
  // The 4th of January lies in the first week of every year.
  const found = weekOf(dayNumber(`${year}-01-04`) + (Number(week) - 1) * DAYS_A_WEEK);
  return found.id === id ? found : undefined;
}

/** Gives the period before this one. */
export function periodBefore({ kind, firstDay }: Period): Period {
  return periodOf(kind, dayOf(dayNumber(firstDay) - 1));
}

/** Lists the periods of one kind whose last day lies in a month, oldest first. */
export function periodsEndingIn(kind: PeriodKind, month: Period): Period[] {
  const found: Period[] = [];
  for (let day = month.firstDay; day <= month.lastDay;) {
    const period = periodOf(kind, day);
    if (period.lastDay <= month.lastDay) found.push(period);
    day = dayOf(dayNumber(period.lastDay) + 1);
  }
  return found;
}

function weekOf(number: number): Period {
  const monday = number - weekdayOf(number) + 1;
  const thursday = monday + THURSDAY - 1;
  // A week belongs to the year in which its Thursday lies.
  const year = dayOf(thursday).slice(0, 4);
  const week = Math.floor((thursday - dayNumber(`${year}-01-01`)) / DAYS_A_WEEK) + 1;
  const id = `${year}-W${String(week).padStart(2, '0')}`;
  return { id, kind: 'week', firstDay: dayOf(monday), lastDay: dayOf(monday + DAYS_A_WEEK - 1) };
}

function monthOf(id: string): Period {
  const [year = 0, month = 0] = id.split('-').map(Number);
  const lastDay = new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
  return { id, kind: 'month', firstDay: `${id}-01`, lastDay };
}
