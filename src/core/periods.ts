// How long a decision is published and shared: from its class and its day, under the rules in force on that day.
// A period of months does not count the day of the decision and ends with the last day (Civil Code, 201 to 203).

export interface ClassPeriod {
  /** 0 where the rules set no minimum. */
  readonly publicityMinMonths: number;
  readonly publicityMaxMonths: number;
  /** Whether records of this class are published at all; those that are not are shared between authorities. */
  readonly isPublished: boolean;
  /** From when on repair may be asked for. */
  readonly repairAfterMonths: number;
}

/** One set of rules, for decisions from `from` on until the next set comes into force. */
export interface PeriodRules {
  readonly from: string;
  readonly source: { readonly text: string; readonly verified: boolean; readonly note?: string };
  readonly classes: Readonly<Record<string, ClassPeriod>>;
}

export interface Period {
  /** The first day on which publicity may end. */
  readonly earliestEnd: string;
  /** The last day of publicity and sharing. */
  readonly latestEnd: string;
  readonly isPublished: boolean;
}

/** Gives the period of a class for a decision of the day `from`; undefined where no rules say anything. */
export function periodOf(
  decision: { readonly severityClass: string; readonly from: string },
  rules: readonly PeriodRules[],
): Period | undefined {
  const inForce = rules.findLast(({ from }) => from <= decision.from);
  const period = inForce?.classes[decision.severityClass];
  if (period === undefined) return undefined;
  return {
    earliestEnd: addMonths(decision.from, period.publicityMinMonths),
    latestEnd: addMonths(decision.from, period.publicityMaxMonths),
    isPublished: period.isPublished,
  };
}

/** Gives the same day of a later month, or that month's last day where it has no such day; days are `YYYY-MM-DD`. */
export function addMonths(day: string, months: number): string {
  const [year, month, date] = day.split('-').map(Number) as [number, number, number];
  const lastOfMonth = new Date(Date.UTC(year, month + months, 0));
  lastOfMonth.setUTCDate(Math.min(date, lastOfMonth.getUTCDate()));
  return lastOfMonth.toISOString().slice(0, 10);
}
