// The answer to "is anything wrong?": what was found just now, since when, and the figures beside it.
import {
  CONDITIONS,
  describeCondition,
  severityOf,
  type ConditionSeverity,
  type ConditionText,
  type FoundCondition,
  type SubjectKind,
} from '../core/conditions.js';
import { readConditions } from '../db/conditions.js';
import { readDestinationLag, type DestinationLag } from '../db/destination-lag.js';
import type { Sql } from '../db/pool.js';
import { countOpenBatches, readQueues, type OpenBatches, type QueueFigure } from '../db/queue-figures.js';
import { findConditions, type LookNeeds } from './find-conditions.js';

export interface ConditionView extends ConditionText {
  readonly code: string;
  readonly severity: ConditionSeverity;
  readonly subject: { readonly kind: SubjectKind; readonly id: string };
  /** RFC 3339. */
  readonly since: string;
}

export interface StatusView {
  /** Whether nothing is wrong that somebody has to look at. */
  readonly ok: boolean;
  readonly checkedAt: string;
  /** Errors first, the longest first. */
  readonly conditions: readonly ConditionView[];
  readonly figures: Figures;
}

interface Figures {
  readonly sources: {
    readonly total: number;
    readonly late: number;
    readonly failing: number;
    readonly paused: number;
  };
  readonly batches: OpenBatches;
  readonly queues: readonly Waiting[];
  readonly destinations: readonly Lag[];
}

type Waiting = Omit<QueueFigure, 'since'> & { readonly oldestSeconds: number | null };
type Lag = Omit<DestinationLag, 'since'> & { readonly oldestSeconds: number | null };

const ORDER: readonly ConditionSeverity[] = ['error', 'warning', 'info'];

/** Looks and tells. */
export async function readStatus(needs: LookNeeds): Promise<StatusView> {
  const found = await findConditions(needs);
  const conditions = await withBeginnings(needs.database, found, needs.now);
  return {
    ok: found.every((each) => severityOf(each) === 'info'),
    checkedAt: needs.now.toISOString(),
    conditions: conditions.sort(
      (a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity) || (a.since < b.since ? -1 : 1),
    ),
    figures: await readFigures(needs, found),
  };
}

/** Tells each with its beginning: its own, else when it was first noted, else now. */
async function withBeginnings(
  sql: Sql,
  found: readonly FoundCondition[],
  now: Date,
): Promise<ConditionView[]> {
  const noted = new Map(
    (await readConditions(sql)).map(({ code, subject, since }) => [`${code} ${subject}`, since]),
  );
  return found.map((each) => {
    const since = each.since ?? noted.get(`${each.code} ${each.subject}`) ?? now;
    return {
      code: each.code,
      severity: severityOf(each),
      subject: { kind: CONDITIONS[each.code].about, id: each.subject },
      since: since.toISOString(),
      ...describeCondition({ ...each, since }),
    };
  });
}

async function readFigures(needs: LookNeeds, found: readonly FoundCondition[]): Promise<Figures> {
  const { database, configuration, now } = needs;
  const count = (code: string): number => found.filter((each) => each.code === code).length;
  const seconds = (since: Date | null): number | null =>
    since === null ? null : Math.max(0, Math.round((now.getTime() - since.getTime()) / 1000));
  const queues = await readQueues(database, now);
  const lags = await readDestinationLag(
    database,
    configuration.destinations.map(({ id }) => id),
  );
  return {
    sources: {
      total: configuration.sources.length,
      late: count('source.late'),
      failing: count('source.failing'),
      paused: count('source.paused'),
    },
    batches: await countOpenBatches(database),
    queues: queues.map(({ since, ...rest }) => ({ ...rest, oldestSeconds: seconds(since) })),
    destinations: lags.map(({ since, ...rest }) => ({ ...rest, oldestSeconds: seconds(since) })),
  };
}
