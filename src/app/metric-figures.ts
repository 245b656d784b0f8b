// The figures behind `/metrics`: truth from PostgreSQL, asked at most every few seconds however many scrape.
import { readConditions } from '../db/conditions.js';
import { readDestinationLag } from '../db/destination-lag.js';
import { lastDeliveries } from '../db/last-batches.js';
import { countOpenBatches, readQueues } from '../db/queue-figures.js';
import { countAttempts, countDeliveryAttempts, countRows, countSettled } from '../db/running-counts.js';
import { listPauses } from '../db/source-pauses.js';
import { listPulls } from '../db/source-pulls.js';
import type { MetricFigures } from '../http/deps.js';
import { atMostEvery } from './at-most-every.js';
import type { Foundation } from './gateway.js';
import { createRunningCount } from './running-count.js';

const ASK_EVERY_MS = 5_000;

/** Binds the reading of the figures. */
export function bindMetricFigures(
  foundation: Pick<Foundation, 'storage' | 'site' | 'clock'>,
): () => Promise<MetricFigures> {
  const { clock, storage, site } = foundation;
  const { database } = storage;
  const sources = site.configuration.sources.map(({ id }) => id);
  const destinations = site.configuration.destinations.map(({ id }) => id);
  const rows = createRunningCount(clock, (stretch) => countRows(database, stretch));
  const settled = createRunningCount(clock, (stretch) => countSettled(database, stretch));
  const attempts = createRunningCount(clock, (stretch) => countAttempts(database, stretch));
  const webhooks = createRunningCount(clock, (stretch) => countDeliveryAttempts(database, stretch));
  const known = new Set([...sources, ...destinations]);
  // What the configuration no longer names is left out, so that it alone bounds the number of series.
  const named = ({ of }: { of: readonly string[] }): boolean => known.has(of[0] ?? '');
  return atMostEvery(ASK_EVERY_MS, clock, async () => {
    const now = clock();
    const pauses = await listPauses(database);
    const pulls = new Map((await listPulls(database)).map((pull) => [pull.source, pull.failuresInRow]));
    const taken = new Map(
      (await lastDeliveries(database, sources)).map((last) => [last.source, last.takenAt]),
    );
    return {
      now,
      sources: sources.map((id) => ({
        id,
        succeededAt: taken.get(id) ?? null,
        isPaused: pauses.has(id),
        failures: pulls.get(id) ?? 0,
      })),
      rows: (await rows()).filter(named),
      settled: (await settled()).filter(named),
      batches: Object.entries(await countOpenBatches(database)),
      queues: await readQueues(database, now),
      destinations: await readDestinationLag(database, destinations),
      attempts: (await attempts()).filter(named),
      webhooks: await webhooks(),
      conditions: (await readConditions(database)).map(({ severity }) => severity),
    };
  });
}
