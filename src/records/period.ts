// Gives a checked row the last day on which its record is published and shared, and whether it is published at all. The class comes with the record
// or from its mapping and is never guessed: without one, only the end that the record itself states counts.
import type { CatalogueEntry } from '../core/catalogue.js';
import { LONG_TERM, type CanonicalRecord } from '../core/definitions.js';
import { periodOf, type Period, type PeriodRules } from '../core/periods.js';
import type { Problem, ProblemCode } from '../core/problems.js';
import type { CheckedRow, DatedRow } from '../core/rows.js';

export interface PeriodPlan {
  /** Which fields hold class, day and stated end; undefined where the type has no periods. */
  readonly fields: CatalogueEntry['periods'];
  readonly rules: readonly PeriodRules[];
}

interface PeriodNeeds {
  readonly periods: PeriodPlan | undefined;
  /** The day of delivery in Asia/Shanghai. */
  readonly today: string;
  readonly columnOf: (field: string) => string;
}

/** Makes the stage of one batch. */
export function compilePeriod(needs: PeriodNeeds): (row: CheckedRow) => DatedRow {
  const fields = needs.periods?.fields;
  if (fields === undefined) return (row) => dated(row, UNLIMITED, row.problems);
  const findPeriod = rememberPeriods(needs.periods?.rules ?? []);
  return (row) => {
    // What a faulty row says counts for nothing, and what withdraws has no period.
    if (row.withdraws || row.problems.some(({ severity }) => severity === 'error'))
      return dated(row, UNLIMITED, row.problems);
    const stated = statedEnd(row.record, fields.end);
    const period = findPeriod(valueOf(row.record, fields.class), valueOf(row.record, fields.from));
    if (period === undefined) return dated(row, { endsOn: stated ?? null, isPublished: true }, row.problems);
    const endsOn = stated === undefined || stated > period.latestEnd ? period.latestEnd : stated;
    const shown = { endsOn, isPublished: period.isPublished };
    const column = needs.columnOf(fields.end ?? fields.class ?? '');
    const code = warningOf({ stated, endsOn, today: needs.today }, period);
    if (code === undefined) return dated(row, shown, row.problems);
    return dated(row, shown, [...row.problems, warning(row.row, { code, column, period, endsOn })]);
  };
}

/** A file has few pairs of class and day: each is worked out once. */
function rememberPeriods(
  rules: readonly PeriodRules[],
): (severityClass: unknown, from: unknown) => Period | undefined {
  const known = new Map<string, Period | undefined>();
  return (severityClass, from) => {
    if (typeof severityClass !== 'string' || typeof from !== 'string') return undefined;
    const key = `${severityClass}\n${from}`;
    if (!known.has(key)) known.set(key, periodOf({ severityClass, from }, rules));
    return known.get(key);
  };
}

function valueOf(record: CanonicalRecord, field: string | undefined): unknown {
  return field === undefined ? undefined : record[field];
}

/** 长期 is no end. */
function statedEnd(record: CanonicalRecord, field: string | undefined): string | undefined {
  const end = valueOf(record, field);
  return typeof end === 'string' && end !== LONG_TERM ? end : undefined;
}

function warningOf(
  end: { readonly stated: string | undefined; readonly endsOn: string; readonly today: string },
  period: Period,
): ProblemCode | undefined {
  if (end.stated !== undefined && end.stated > period.latestEnd) return 'period.beyond-maximum';
  if (end.stated !== undefined && end.stated < period.earliestEnd) return 'period.below-minimum';
  return end.endsOn < end.today ? 'period.over' : undefined;
}

function warning(
  row: number,
  found: {
    readonly code: ProblemCode;
    readonly column: string;
    readonly period: Period;
    readonly endsOn: string;
  },
): Problem {
  const { code, column, period, endsOn } = found;
  const { earliestEnd: earliest, latestEnd: latest } = period;
  return { row, code, column, severity: 'warning', details: { earliest, latest, end: endsOn } };
}

type Shown = Pick<DatedRow, 'endsOn' | 'isPublished'>;

const UNLIMITED: Shown = { endsOn: null, isPublished: true };

/** Written out: this runs for every row. */
function dated(row: CheckedRow, { endsOn, isPublished }: Shown, problems: readonly Problem[]): DatedRow {
  return {
    checked: true,
    endsOn,
    isPublished,
    row: row.row,
    cells: row.cells,
    record: row.record,
    withdraws: row.withdraws,
    versionTimeMs: row.versionTimeMs,
    problems,
  };
}
