// `GET /metrics` in the text format of Prometheus: figures of the tables, and of this process. Labels are ids of the
// configuration and words of closed lists, never anything that a delivery brought.
import type { Request, RequestHandler } from 'express';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { CONDITION_SEVERITIES } from '../core/conditions.js';
import type { HttpDeps, MetricFigures } from './deps.js';

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;
const PREFIX = 'credit_exchange_';

/** Makes the handler. */
export function showMetrics(deps: Pick<HttpDeps, 'readMetrics'>): RequestHandler {
  const ofProcess = new Registry();
  collectDefaultMetrics({ register: ofProcess });
  return async (_request, response) => {
    const ofTables = tell(await deps.readMetrics());
    const text = `${await ofTables.metrics()}\n${await ofProcess.metrics()}`;
    response.set('Content-Type', ofProcess.contentType).send(text);
  };
}

/** Tells whether a request comes from a program on this machine, and not through a proxy on it. */
export function isFromThisMachine(request: Request): boolean {
  const isProxied = ['x-forwarded-for', 'forwarded', 'via', 'x-real-ip'].some(
    (name) => request.headers[name] !== undefined,
  );
  return !isProxied && LOOPBACK.test(request.socket.remoteAddress ?? '');
}

type Sample = readonly [labels: readonly string[], value: number];
type Kind = typeof Gauge<string> | typeof Counter<string>;

/** A registry of the moment: counters are what the tables say, and not what this process has seen. */
function tell(figures: MetricFigures): Registry {
  const registry = new Registry();
  const add = (
    Metric: Kind,
    [name, help, ...labelNames]: readonly string[],
    samples: readonly Sample[],
  ): void => {
    const metric = new Metric({
      name: `${PREFIX}${name}`,
      help: help ?? '',
      labelNames,
      registers: [registry],
    });
    for (const [labels, value] of samples) metric.labels(...labels).inc(value);
  };
  tellSources(figures, add);
  tellWork(figures, add);
  tellDestinations(figures, add);
  return registry;
}

type Add = (
  kind: Kind,
  named: readonly [name: string, help: string, ...labels: string[]],
  samples: readonly Sample[],
) => void;

function tellSources({ sources, rows, settled }: MetricFigures, add: Add): void {
  add(
    Gauge,
    ['source_last_success_timestamp_seconds', 'When rows of a source were last taken.', 'source'],
    sources.flatMap(({ id, succeededAt }) =>
      succeededAt === null ? [] : [[[id], unixSeconds(succeededAt)]],
    ),
  );
  add(
    Gauge,
    ['source_paused', 'Whether a source is paused.', 'source'],
    sources.map(({ id, isPaused }) => [[id], isPaused ? 1 : 0]),
  );
  add(
    Gauge,
    ['source_consecutive_failures', 'Runs of the scheduled ways in that failed in a row.', 'source'],
    sources.map(({ id, failures }) => [[id], failures]),
  );
  add(
    Counter,
    ['rows_total', 'Rows received, by verdict.', 'source', 'verdict'],
    rows.map(({ of, count }) => [of, count]),
  );
  add(
    Counter,
    ['batches_settled_total', 'Batches that came to their end, by state.', 'source', 'state'],
    settled.map(({ of, count }) => [of, count]),
  );
}

function tellWork({ batches, queues, conditions, now }: MetricFigures, add: Add): void {
  add(
    Gauge,
    ['batches', 'Batches that are not settled or failed for good, by state.', 'state'],
    batches.map(([state, count]) => [[state], count]),
  );
  add(
    Gauge,
    ['queue_waiting', 'What is due in a queue.', 'queue'],
    queues.map(({ queue, waiting }) => [[queue], waiting]),
  );
  add(
    Gauge,
    ['queue_oldest_age_seconds', 'How long the first in a queue has been due; 0 where nothing is.', 'queue'],
    queues.map(({ queue, since }) => [[queue], ageSeconds(since, now)]),
  );
  add(
    Gauge,
    ['conditions', 'What is wrong, see GET /v1/status.', 'severity'],
    CONDITION_SEVERITIES.map((severity) => [
      [severity],
      conditions.filter((each) => each === severity).length,
    ]),
  );
}

function tellDestinations({ destinations, attempts, webhooks, now }: MetricFigures, add: Add): void {
  add(
    Gauge,
    ['destination_lag_records', 'Changes that a destination does not have yet.', 'destination'],
    destinations.map(({ id, records }) => [[id], records]),
  );
  add(
    Gauge,
    ['destination_lag_seconds', 'Age of the oldest change that a destination does not have.', 'destination'],
    destinations.map(({ id, since }) => [[id], ageSeconds(since, now)]),
  );
  add(
    Counter,
    ['delivery_attempts_total', 'Tries of messages to a destination.', 'destination', 'outcome'],
    attempts.map(({ of, count }) => [of, count]),
  );
  add(
    Counter,
    ['webhook_attempts_total', 'Tries of notices to the endpoints of agencies.', 'outcome'],
    webhooks.map(({ of, count }) => [of, count]),
  );
}

function unixSeconds(moment: Date): number {
  return moment.getTime() / 1000;
}

function ageSeconds(since: Date | null, now: Date): number {
  return since === null ? 0 : Math.max(0, (now.getTime() - since.getTime()) / 1000);
}
