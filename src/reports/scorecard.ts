// The score card of a month: for each agency and source what came, how much of it could be taken, how much
// was in time, which faults came again, and in which periods nothing came. It judges supplies, never subjects.
import { shanghaiDay, shanghaiMidnight } from '../core/clock.js';
import type { Configuration, Source } from '../core/configuration.js';
import { dayNumber, dayOf } from '../core/day.js';
import { owedPeriods, type Deliveries } from '../core/expected-periods.js';
import { periodOf, type Period, type PeriodKind } from '../core/reporting-period.js';
import { noDataRanges } from '../db/no-data.js';
import type { Sql } from '../db/pool.js';
import { deliveryDays, sumBatches, type SourceSums } from '../db/scorecard.js';

export interface ScorecardEntry {
  readonly agency: string;
  readonly source: string;
  readonly type: string;
  /** `YYYY-MM`, by the Asia/Shanghai day on which a batch came. */
  readonly month: string;
  readonly received: number;
  readonly accepted: number;
  readonly rejected: number;
  /** accepted ÷ received; null where nothing came. */
  readonly complianceRate: number | null;
  readonly measured: number;
  readonly timely: number;
  readonly late: number;
  /** timely ÷ measured; null where nothing was measured. */
  readonly timelinessRate: number | null;
  /** Rejected rows with a fault that an earlier batch of the source had already. */
  readonly repeatedFaults: number;
  /** repeatedFaults ÷ rejected; null where nothing was rejected. */
  readonly repeatFaultRate: number | null;
  readonly expects: PeriodKind | null;
  /** Periods that were over in this month; `noData` and `silent` are those of them in which no batch came. */
  readonly expectedPeriods: number;
  readonly noDataPeriods: readonly string[];
  readonly silentPeriods: readonly string[];
}

export interface ScorecardQuery {
  readonly month: Period;
  readonly agency: string | null;
  readonly source: string | null;
}

export interface ScorecardNeeds {
  readonly sql: Sql;
  readonly configuration: Pick<Configuration, 'sources'>;
  readonly now: Date;
}

type Place = Pick<SourceSums, 'source' | 'agency' | 'type'>;

/** Makes the score card, ordered by agency and source. Sources that are no longer configured are shown where something came. */
export async function makeScorecard(query: ScorecardQuery, needs: ScorecardNeeds): Promise<ScorecardEntry[]> {
  const { month } = query;
  const { sources } = needs.configuration;
  // The first week that ends in a month may begin in the one before.
  const firstDay = periodOf('week', month.firstDay).firstDay;
  const before = dayAfter(month.lastDay);
  const sums = await sumBatches(needs.sql, { from: shanghaiMidnight(month.firstDay), before });
  const days = await deliveryDays(needs.sql, { from: shanghaiMidnight(firstDay), before });
  const stated = await noDataRanges(needs.sql, { firstDay, lastDay: month.lastDay });
  const bySource = new Map(sources.map((source) => [source.id, source]));
  return places(sources, sums)
    .filter(({ agency }) => query.agency === null || agency === query.agency)
    .filter(({ source }) => query.source === null || source === query.source)
    .map((place) => {
      const source = bySource.get(place.source);
      const came = { days: days.get(place.source) ?? [], noData: stated.get(place.source) ?? [] };
      const owner = source?.agency === place.agency ? source : undefined;
      return entryOf(place, { source: owner, came, month, sums, today: shanghaiDay(needs.now) });
    });
}

function dayAfter(day: string): Date {
  return shanghaiMidnight(dayOf(dayNumber(day) + 1));
}

function places(sources: readonly Source[], sums: readonly SourceSums[]): Place[] {
  const all = [...sources.map(({ id, agency, type }) => ({ source: id, agency, type })), ...sums];
  const byKey = new Map<string, Place>();
  for (const place of all) {
    const key = `${place.agency}\n${place.source}`;
    if (!byKey.has(key)) byKey.set(key, place);
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, place]) => place);
}

interface Facts {
  readonly source: Source | undefined;
  readonly came: Deliveries;
  readonly month: Period;
  readonly sums: readonly SourceSums[];
  readonly today: string;
}

function entryOf({ source, agency, type }: Place, facts: Facts): ScorecardEntry {
  const sum = facts.sums.find((each) => each.source === source && each.agency === agency);
  const { received = 0, rejected = 0, measured = 0, late = 0, repeated = 0 } = sum ?? {};
  const expects = facts.source?.expects;
  const owed = owedPeriods(expects, facts, facts.came);
  return {
    agency,
    source,
    type,
    month: facts.month.id,
    received,
    accepted: received - rejected,
    rejected,
    complianceRate: rate(received - rejected, received),
    measured,
    timely: measured - late,
    late,
    timelinessRate: rate(measured - late, measured),
    repeatedFaults: repeated,
    repeatFaultRate: rate(repeated, rejected),
    expects: expects?.every ?? null,
    expectedPeriods: owed.expected,
    noDataPeriods: owed.noData,
    silentPeriods: owed.silent,
  };
}

const DIGITS = 10_000;

/** Rounded to four digits, but never up to a whole that it is not. */
function rate(part: number, whole: number): number | null {
  if (whole === 0) return null;
  return Math.floor((part / whole) * DIGITS + 1e-9) / DIGITS;
}
