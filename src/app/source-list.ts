// The sources as their agencies and the operators see them: what they may send, how it comes, when it last came
// and next will, and what is wrong with that.
import type { Configuration, Source } from '../core/configuration.js';
import type { Definitions } from '../core/definitions.js';
import type { ReadingLimits } from '../core/reading-limits.js';
import { FORMATS, type Format } from '../core/words.js';
import type { PeriodKind } from '../core/reporting-period.js';
import { nextFires } from '../db/fires.js';
import { lastDeliveries, type LastBatch, type LastDelivery } from '../db/last-batches.js';
import { listReminders, type OpenReminder } from '../db/reminders.js';
import { listPauses, type Pause } from '../db/source-pauses.js';
import { listPulls, type PullState } from '../db/source-pulls.js';
import type { Sql } from '../db/pool.js';
import { nextRun } from '../jobs/next-run.js';
import { pullSchedules } from '../jobs/schedules-of.js';

/** How long after its time a fire may still be claimed without being missed. */
const FIRE_GRACE_MS = 120_000;

export interface SourceEntry {
  readonly id: string;
  readonly agency: string;
  readonly type: string;
  readonly title: string;
  readonly titleZh: string;
  readonly formats: readonly Format[];
  readonly limits: ReadingLimits & { readonly maxUploadBytes: number };
  readonly waysIn: readonly string[];
  readonly pull: PullState | null;
  /** When something last came or was last looked for; null where neither ever was. */
  readonly lastRunAt: Date | null;
  /** When its schedules look next; null where it has none, or is stopped. */
  readonly nextRunAt: Date | null;
  /** When the last batch of which rows were taken came to its end. */
  readonly lastSuccessAt: Date | null;
  readonly lastBatch: LastBatch | null;
  /** Runs of its scheduled ways in that failed one after another. */
  readonly consecutiveFailures: number;
  /** Whether something that was expected has not come, or a schedule has passed unused. */
  readonly late: boolean;
  readonly paused: Pause | null;
  /** How often something is expected; null where nothing is. */
  readonly expects: PeriodKind | null;
  /** Periods in which nothing came, of which the agency is reminded until something does. */
  readonly reminders: readonly OpenReminder[];
}

export interface SourceListNeeds {
  readonly configuration: Configuration;
  readonly definitions: Definitions;
  readonly sql: Sql;
  readonly now: Date;
}

/** What the tables know, by source. */
interface Known {
  readonly pulls: ReadonlyMap<string, PullState>;
  readonly reminders: ReadonlyMap<string, readonly OpenReminder[]>;
  readonly pauses: ReadonlyMap<string, Pause>;
  readonly deliveries: ReadonlyMap<string, LastDelivery>;
  readonly nextRuns: ReadonlyMap<string, Date>;
  readonly now: Date;
}

/** Lists the sources, of one agency or of all. */
export async function listSources(agency: string | null, needs: SourceListNeeds): Promise<SourceEntry[]> {
  const sources = needs.configuration.sources.filter((source) => agency === null || source.agency === agency);
  const known = await readKnown(sources, needs);
  return sources.map((source) => ({ ...describe(source, needs), ...stateOf(source, known) }));
}

type State = Omit<SourceEntry, keyof ReturnType<typeof describe>>;

function describe(source: Source, { configuration, definitions }: SourceListNeeds) {
  const { gateway } = configuration;
  const schema = definitions.types.get(source.type);
  return {
    id: source.id,
    agency: source.agency,
    type: source.type,
    title: schema?.title ?? source.type,
    titleZh: schema?.titleZh ?? source.type,
    formats: FORMATS,
    limits: {
      maxUploadBytes: source.maxUploadBytes ?? gateway.maxUploadBytes,
      ...gateway.limits,
      ...source.limits,
    },
    waysIn: waysIn(source),
    expects: source.expects?.every ?? null,
  };
}

function stateOf({ id }: Source, known: Known): State {
  const pull = known.pulls.get(id) ?? null;
  const delivery = known.deliveries.get(id);
  const paused = known.pauses.get(id) ?? null;
  const reminders = known.reminders.get(id) ?? [];
  const next = known.nextRuns.get(id);
  return {
    pull,
    lastRunAt: latest([pull?.begunAt, delivery && new Date(delivery.batch.receivedAt)]),
    nextRunAt: paused === null ? (next ?? null) : null,
    lastSuccessAt: delivery?.takenAt ?? null,
    lastBatch: delivery?.batch ?? null,
    consecutiveFailures: pull?.failuresInRow ?? 0,
    late: reminders.length > 0 || (next !== undefined && isMissed(next, known.now)),
    paused,
    reminders,
  };
}

/** Tells whether a fire has passed unused: a moment later it would have had its row. */
export function isMissed(dueAt: Date, now: Date): boolean {
  return now.getTime() - dueAt.getTime() > FIRE_GRACE_MS;
}

async function readKnown(
  sources: readonly Source[],
  { configuration, sql, now }: SourceListNeeds,
): Promise<Known> {
  const ids = sources.map(({ id }) => id);
  const [pulls, reminders, pauses, deliveries, nextRuns] = await Promise.all([
    listPulls(sql),
    listReminders(sql),
    listPauses(sql),
    lastDeliveries(sql, ids),
    readNextRuns(sources, { configuration, sql }),
  ]);
  return {
    pulls: new Map(pulls.map((pull) => [pull.source, pull])),
    reminders,
    pauses,
    deliveries: new Map(deliveries.map((delivery) => [delivery.source, delivery])),
    nextRuns,
    now,
  };
}

/** Gives the next fire of each source: of its schedules the one that is first. */
async function readNextRuns(
  sources: readonly Source[],
  { configuration, sql }: Pick<SourceListNeeds, 'configuration' | 'sql'>,
): Promise<Map<string, Date>> {
  const schedules = pullSchedules(sources);
  const fires = await nextFires(
    sql,
    schedules.map(({ name }) => name),
  );
  const found = new Map<string, Date>();
  for (const { name, source, expression } of schedules) {
    const at = fires.get(name) ?? nextRun(expression, configuration.schedules.timezone);
    const known = found.get(source);
    if (at !== undefined && (known === undefined || at < known)) found.set(source, at);
  }
  return found;
}

function latest(moments: readonly (Date | null | undefined)[]): Date | null {
  const times = moments.flatMap((moment) => (moment instanceof Date ? [moment.getTime()] : []));
  return times.length === 0 ? null : new Date(Math.max(...times));
}

/** Names the ways in of a source; all but uploads are scheduled. */
export function waysIn({ folder, httpPull, databasePull }: Source): string[] {
  return [
    'upload',
    ...(folder === undefined ? [] : ['folder']),
    ...(httpPull === undefined ? [] : ['http-pull']),
    ...(databasePull === undefined ? [] : ['database-pull']),
  ];
}
