// Whether a record came within the working days that its type allows. What is late was decided before one
// day that is the same for the whole batch, so that a row costs one comparison.
import type { TimelinessRule } from '../core/catalogue.js';
import type { CanonicalRecord } from '../core/definitions.js';
import type { RowTimeliness } from '../core/rows.js';
import type { WorkingDays } from '../core/working-days.js';

/** Judges one record; undefined where the record does not say its day. */
export type TimelinessCheck = (record: CanonicalRecord) => RowTimeliness | undefined;

export interface TimelinessFacts {
  readonly rule: TimelinessRule;
  /** The day of delivery in Asia/Shanghai. */
  readonly today: string;
  readonly days: WorkingDays;
  readonly columnOf: (field: string) => string;
}

const IN_TIME: RowTimeliness = { isLate: false };

/** Compiles the check of a type for one batch. */
export function compileTimeliness({ rule, today, days, columnOf }: TimelinessFacts): TimelinessCheck {
  const { from: field, workingDays } = rule;
  const column = columnOf(field);
  const earliest = days.earliestInTime(today, workingDays);
  const late = new Map<string, RowTimeliness>();
  return (record) => {
    const from = record[field];
    if (typeof from !== 'string') return undefined;
    if (from >= earliest) return IN_TIME;
    const known = late.get(from);
    if (known !== undefined) return known;
    const found = {
      isLate: true,
      column,
      from,
      deadline: days.deadline(from, workingDays),
      workingDays,
    } as const;
    late.set(from, found);
    return found;
  };
}
