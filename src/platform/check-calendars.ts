// Holds the calendars of working days against themselves, against the types that are measured by them, and
// against the day of the check: a year that is missing is a fault, one whose notice is not known yet is told.
import { shanghaiDay } from '../core/clock.js';
import type { Configuration } from '../core/configuration.js';
import { isDay } from '../core/day.js';
import type { Definitions } from '../core/definitions.js';
import type { Calendar } from '../core/working-days.js';

/** Gives one sentence per contradiction in the calendars and in what is measured by them. */
export function calendarProblems(configuration: Configuration, definitions: Definitions): string[] {
  const years = configuration.calendars.map(({ year }) => year);
  return [
    ...configuration.calendars.flatMap(dayProblems),
    ...years
      .filter((year, i) => years.indexOf(year) !== i)
      .map((year) => `calendars: the year ${year} is given twice`),
    ...timelinessProblems(configuration, definitions),
  ];
}

function dayProblems({ year, holidays, workingDays }: Calendar): string[] {
  const at = `calendars/${year}.yaml`;
  const named = [...holidays.flatMap(({ from, to }) => [from, to]), ...workingDays];
  const isFree = (day: string): boolean => holidays.some(({ from, to }) => day >= from && day <= to);
  return [
    ...named.filter((day) => !isDay(day)).map((day) => `${at}: ${day} is no day`),
    ...named
      .filter((day) => !day.startsWith(`${year}-`))
      .map((day) => `${at}: ${day} is not a day of ${year}`),
    ...holidays
      .filter(({ from, to }) => from > to)
      .map(({ name }) => `${at}: the holiday ${name} ends before it begins`),
    ...workingDays.filter(isFree).map((day) => `${at}: ${day} is both a holiday and a working day`),
  ];
}

function timelinessProblems({ catalogue, calendars }: Configuration, definitions: Definitions): string[] {
  return catalogue.flatMap(({ type, timeliness }) => {
    const field = timeliness && definitions.types.get(type)?.properties[timeliness.from];
    if (timeliness === undefined || !definitions.types.has(type)) return [];
    const at = `catalogue.yaml, ${type}`;
    if (field === undefined) return [`${at}: the type has no field ${timeliness.from} to measure from`];
    if (field.format !== 'date') return [`${at}: the field ${timeliness.from} is no date`];
    return calendars.length === 0
      ? [`${at}: its timeliness needs a calendar, and config/calendars has none`]
      : [];
  });
}

/** Gives what is wrong, and what is merely to be known, about the calendars at this moment. */
export function calendarsAt(
  { catalogue, calendars }: Configuration,
  now: Date,
): { readonly problems: string[]; readonly notices: string[] } {
  if (catalogue.every(({ timeliness }) => timeliness === undefined)) return { problems: [], notices: [] };
  const today = shanghaiDay(now);
  const year = Number(today.slice(0, 4));
  // Limits that begin in December end in January: from then on the next year is needed as well.
  const needed = today.slice(5, 7) === '12' ? [year, year + 1] : [year];
  return {
    problems: needed
      .filter((each) => !calendars.some((calendar) => calendar.year === each))
      .map(
        (each) =>
          `calendars/${each}.yaml is missing: enter the State Council's notice on the holidays of ${each} · 缺少${each}年节假日安排`,
      ),
    notices: calendars
      .filter((calendar) => calendar.provisional === true && calendar.year >= year)
      .map(
        (calendar) =>
          `calendars/${calendar.year}.yaml is provisional: enter the State Council's notice once it is published · ${calendar.year}年节假日安排待录入`,
      ),
  };
}
