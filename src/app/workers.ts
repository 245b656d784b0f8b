// What works in the background: a handler for each queue, the sweep that finds what is due, and the
// schedule. A process has them by its roles.
import type { Address, Addresses } from '../core/addresses.js';
import { CITY } from '../core/city.js';
import type { Destination } from '../core/configuration.js';
import { dueSources } from '../db/batches.js';
import { dueDestinations } from '../db/destinations.js';
import { duePulls } from '../db/source-pulls.js';
import { dueDeliveries } from '../db/notice-deliveries.js';
import { dueReminders } from '../db/reminders.js';
import { dueFeedback } from '../db/notice-feedback.js';
import { dueReconciliations } from '../db/reconciliations.js';
import { dueSourceReplays } from '../db/source-replays.js';
import { createSourceWorker } from '../jobs/process-source.js';
import { createPullWorker } from '../jobs/pull-source.js';
import { remindAgencies } from '../jobs/remind.js';
import { startSchedule, type ScheduledJob } from '../jobs/schedule.js';
import { startSweep } from '../jobs/sweep.js';
import { deliverReminder } from '../notices/deliver-reminder.js';
import { deliverNotice } from '../notices/deliver.js';
import { createFetchNotices } from '../notices/fetch-notices.js';
import { pollNotices } from '../notices/poll.js';
import { rematchNotices } from '../notices/rematch.js';
import { sendFeedback } from '../notices/send-feedback.js';
import type { Queue } from '../platform/dispatcher.js';
import { openClient, openDestinationClient } from './clients.js';
import type { Endpoints } from './endpoints.js';
import { startFeedDigest } from './feed-digest.js';
import { creditCodes, handleForwarding } from './forwarding-binding.js';
import type { Foundation } from './gateway.js';
import { inboundDeps, wakeQueue } from './notice-binding.js';
import { ownJobs, startLateEndings } from './own-jobs.js';
import { createReplayPlanner } from './plan-source-replays.js';
import { pressureOf } from './pressure.js';
import { reconciliationJob } from './reconciliation-jobs.js';
import { bindPulls, followUp, pullJobs } from './pulls.js';
import { startSearchBackfill } from './search-backfill.js';
import { wakeDestinations } from './wake-destinations.js';
import { watchOnce } from './watch.js';

export interface WorkerOptions {
  readonly roles: readonly ('api' | 'worker' | 'scheduler')[];
  /** Nothing is forwarded to a destination that is not in it. */
  readonly addresses: Addresses;
  readonly endpointOf: Endpoints;
  /** Ranges that webhooks may call besides the configured ones. */
  readonly allowedRanges: readonly string[];
  /** Told after a commit that changed something. */
  readonly onChanges: () => void;
}

const SOURCES_AT_ONCE = 2;
const PULLS_AT_ONCE = 4;
const DELIVERIES_AT_ONCE = 16;
const FEEDBACK_AT_ONCE = 4;
const REMINDERS_AT_ONCE = 4;

/** Starts the workers of this process's roles. */
export async function startWorkers(foundation: Foundation, options: WorkerOptions): Promise<void> {
  if (options.roles.includes('worker')) {
    handleSources(foundation, options);
    handlePulls(foundation);
    handleReplays(foundation);
    handleForwarding(foundation, options.addresses);
    handleNotices(foundation, options);
    // The handlers end before the connections that they use are closed.
    foundation.stops.push('handlers', () => foundation.dispatcher.stop());
  }
  if (options.roles.includes('scheduler')) await startScheduler(foundation, options);
}

function handleSources(foundation: Foundation, options: WorkerOptions): void {
  const { site, storage, dispatcher } = foundation;
  const work = createSourceWorker({
    ...foundation,
    ...site,
    ...storage,
    onChanges: tellOf(foundation, options),
    onSettled: (source) => followUp(foundation, source),
  });
  dispatcher.handle('process-source', SOURCES_AT_ONCE, work);
}

/** Tells the readers of the feed and the forwarders of a commit that changed something. */
function tellOf(foundation: Foundation, options: WorkerOptions): () => void {
  const wake = wakeDestinations(foundation);
  return () => {
    options.onChanges();
    void wake();
  };
}

function handleReplays(foundation: Foundation): void {
  const { site, storage, dispatcher } = foundation;
  const wake = wakeQueue(foundation);
  const plan = createReplayPlanner({
    ...foundation,
    database: storage.database,
    claimMs: site.configuration.gateway.claimMs,
    random: Math.random,
    onOrdered: (source) => wake('process-source', source),
  });
  dispatcher.handle('plan-replays', 1, plan);
}

function handlePulls(foundation: Foundation): void {
  const { site, storage, dispatcher } = foundation;
  const { allowedRanges } = site.configuration.gateway.pull;
  const pullOf = bindPulls(foundation, openClient(foundation, allowedRanges));
  const work = createPullWorker({ ...foundation, ...site, ...storage, pullOf });
  dispatcher.handle('pull-source', PULLS_AT_ONCE, work);
}

function handleNotices(foundation: Foundation, options: WorkerOptions): void {
  const { site, storage, dispatcher } = foundation;
  const { webhook } = site.configuration.gateway;
  const guarded = openClient(foundation, [...webhook.allowedRanges, ...options.allowedRanges]);
  const base = { ...foundation, database: storage.database, random: Math.random };
  const delivering = { ...base, send: guarded.send, settings: webhook, endpointOf: options.endpointOf };
  dispatcher.handle('deliver-notice', DELIVERIES_AT_ONCE, (id) => deliverNotice(id, delivering));
  dispatcher.handle('deliver-reminder', REMINDERS_AT_ONCE, (id) => deliverReminder(id, delivering));
  const city = options.addresses.get(CITY);
  if (city === undefined) return;
  const destination = cityEntry(foundation);
  if (destination === undefined) return;
  const plain = openDestinationClient(foundation, destination);
  dispatcher.handle('send-feedback', FEEDBACK_AT_ONCE, (id) =>
    sendFeedback(id, {
      ...base,
      send: plain.send,
      city: { ...city, timeoutMs: destination.timeoutMs },
      destination,
      creditCodeOf: creditCodes(foundation),
      wake: wakeQueue(foundation),
    }),
  );
}

async function startScheduler(foundation: Foundation, options: WorkerOptions): Promise<void> {
  const { site, storage, stops, log, clock } = foundation;
  const { database } = storage;
  const wake = wakeQueue(foundation);
  const reached = site.configuration.destinations
    .map(({ id }) => id)
    .filter((id) => options.addresses.has(id));
  const sweep = startSweep({
    everyMs: site.configuration.gateway.sweepEveryMs,
    log,
    wake,
    readDue: async () => {
      const now = clock();
      return new Map<Queue, readonly string[]>([
        ['pull-source', await duePulls(database, now)],
        ['process-source', await dueSources(database, now)],
        ['plan-replays', await dueSourceReplays(database, now)],
        ['forward', await dueDestinations(database, reached, now)],
        ['deliver-notice', await dueDeliveries(database, now)],
        ['deliver-reminder', await dueReminders(database, now)],
        ['send-feedback', options.addresses.has(CITY) ? await dueFeedback(database, now) : []],
        ['reconcile', await dueReconciliations(database, reached, now)],
      ]);
    },
  });
  stops.push('sweep', sweep.stop);
  startMatching(foundation);
  const onChanges = tellOf(foundation, options);
  stops.push('late endings', startLateEndings(foundation, onChanges).stop);
  stops.push('feed digest', startFeedDigest(foundation).stop);
  stops.push('search keys', startSearchBackfill(foundation).stop);
  startWatch(foundation, options.addresses);
  const { schedules } = site.configuration;
  const schedule = await startSchedule(
    [
      ...noticePolls(foundation, options),
      ...ownJobs(foundation, onChanges),
      reminderJob(foundation),
      ...(reached.length === 0 ? [] : [reconciliationJob(foundation, reached)]),
      ...pullJobs(foundation),
    ],
    {
      ...foundation,
      database,
      timezone: schedules.timezone,
    },
  );
  stops.push('schedule', schedule.stop);
}

/** Looks for the subjects of kept notices. */
function startMatching(foundation: Foundation): void {
  const { site, storage, stops, log, clock } = foundation;
  const wake = wakeQueue(foundation);
  // Apart from the others: a notice that cannot be matched must not keep anything else from being found.
  const rematch = startSweep({
    everyMs: site.configuration.gateway.sweepEveryMs,
    log,
    wake,
    readDue: async () => {
      await rematchNotices({
        database: storage.database,
        clock,
        log,
        routes: site.configuration.routes,
        wake,
      });
      return new Map();
    },
  });
  stops.push('matching of notices', rematch.stop);
}

/** Tells what begins to be wrong and what is right again. */
function startWatch(foundation: Foundation, addresses: Addresses): void {
  const { site, storage, stops } = foundation;
  const { configuration } = site;
  const needs = {
    ...foundation,
    database: storage.database,
    configuration,
    addresses,
    pressure: pressureOf(foundation),
  };
  const watch = startSweep({
    everyMs: configuration.gateway.status.lookEverySeconds * 1000,
    log: foundation.log,
    wake: () => Promise.resolve(),
    readDue: async () => {
      await watchOnce(needs);
      return new Map();
    },
  });
  stops.push('watch', watch.stop);
}

function noticePolls(foundation: Foundation, { addresses }: WorkerOptions): ScheduledJob[] {
  const city = addresses.get(CITY);
  if (city === undefined) return [];
  const expression = foundation.site.configuration.schedules.noticePoll;
  return [{ name: 'notice-poll', expression, run: noticePoll(foundation, city) }];
}

function reminderJob(foundation: Foundation): ScheduledJob {
  const { site, storage } = foundation;
  const needs = { ...foundation, ...site, database: storage.database, wake: wakeQueue(foundation) };
  const run = async (): Promise<void> => {
    await remindAgencies(needs);
  };
  return { name: 'reminders', expression: site.configuration.schedules.reminders, run };
}

function noticePoll(foundation: Foundation, city: Address): () => Promise<void> {
  const { storage } = foundation;
  const destination = cityEntry(foundation);
  const timeoutMs = destination?.timeoutMs ?? 30_000;
  const client = openDestinationClient(foundation, destination);
  const fetchNotices = createFetchNotices(client.send, { ...city, timeoutMs });
  const deps = {
    ...inboundDeps(foundation),
    database: storage.database,
    fetchNotices,
    wake: wakeQueue(foundation),
  };
  return async () => {
    await pollNotices(deps);
  };
}

function cityEntry({ site }: Foundation): Destination | undefined {
  return site.configuration.destinations.find(({ id }) => id === CITY);
}
