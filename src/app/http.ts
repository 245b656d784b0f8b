// Binds the API to the gateway's functions and opens its port.
import { actorOf } from '../core/audit-entry.js';
import { GatewayError } from '../core/errors.js';
import { findKey } from '../db/api-keys.js';
import { appendAudit } from '../db/audit.js';
import { readLastPosition } from '../db/changes.js';
import { gatherAudits, type WriteDown } from '../db/gathered-audit.js';
import { isPaused } from '../db/source-pauses.js';
import { orderPull } from '../db/source-pulls.js';
import { createFeedWaiter, type FeedWaiter } from '../feed/feed-waiter.js';
import { readFeedDigest } from '../feed/read-digest.js';
import { followRecorded } from '../feed/recorded-feed.js';
import type { HttpDeps } from '../http/deps.js';
import { createServer, type HttpServer } from '../http/server.js';
import { charsetNamed } from '../intake/charset.js';
import { receiveDelivery } from '../intake/receive.js';
import { acceptNotice } from '../notices/accept.js';
import { acknowledge, giveFeedback, listMailbox } from '../notices/answer.js';
import { compileSchemaCheck } from '../notices/schema-check.js';
import { later } from '../platform/later.js';
import { csvTemplate } from '../reports/template-csv.js';
import { writeTemplateWorkbook } from '../reports/template-workbook.js';
import { bindBatchReplays } from './batch-replays.js';
import { viewBatch } from './batch-view.js';
import { dryRunUpload } from './dry-run-upload.js';
import { feedViews } from './feed-views.js';
import type { Foundation } from './gateway.js';
import { dropHeld, releaseHeld } from './held.js';
import { bindMetricFigures } from './metric-figures.js';
import { inboundDeps, wakeQueue } from './notice-binding.js';
import { bindDestinations } from './destination-pauses.js';
import { bindReplays } from './destination-replays.js';
import { bindTroubles } from './destination-troubles.js';
import { alreadyPaused, bindPauses } from './pauses.js';
import { pressureOf } from './pressure.js';
import { bindProblemReading } from './problem-reading.js';
import { signReceipt } from './receipts.js';
import { atMostEvery } from './at-most-every.js';
import { bindReconciliations } from './reconciliations.js';
import { bindRecordDecisions } from './record-decisions.js';
import { findRecords } from './record-search.js';
import { tellRecord } from './record-story.js';
import { bindReports } from './reports.js';
import { listSources, waysIn } from './source-list.js';
import { readStatus } from './status.js';
import { bindSupply } from './supply.js';

export interface Http {
  /** Where the API answers; empty where this process serves none. */
  readonly url: string;
  /** Tells waiting readers of the feed to look at once. */
  readonly notify: () => void;
  /** Lets `/readyz` say that everything has started. */
  readonly open: () => void;
}

const DEFAULT_PORT = 8080;
const PORTS_TRIED = 50;
const STATUS_EVERY_MS = 1000;

/** Opens the port and serves; `/readyz` answers 503 until `open` is called. */
export async function startHttp(foundation: Foundation, options: { takeFreePort: boolean }): Promise<Http> {
  const { environment, stops } = foundation;
  let isOpen = false;
  const waiter = openWaiter(foundation);
  const server = createServer({
    ...bindDeps(foundation, waiter),
    isReady: async () => isOpen && (await answers(foundation)),
  });
  stops.push('HTTP server', server.stop);
  stops.push('waiting readers', () => {
    waiter.stop();
    return Promise.resolve();
  });
  const port = environment.port ?? DEFAULT_PORT;
  const mayMove = options.takeFreePort && environment.port === undefined;
  const { url } = await listenFrom(server, {
    host: environment.host,
    port,
    tries: mayMove ? PORTS_TRIED : 1,
  });
  return {
    url,
    notify: waiter.notify,
    open: () => {
      isOpen = true;
    },
  };
}

async function listenFrom(
  server: HttpServer,
  from: { host: string; port: number; tries: number },
): Promise<{ url: string }> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await server.listen(from.host, from.port + tried - 1);
    } catch (error) {
      const isBusy = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isBusy || tried >= from.tries) throw portTaken(from.port, error);
    }
  }
}

function openWaiter({ storage, log }: Foundation): FeedWaiter {
  return createFeedWaiter({
    readLastPosition: () => readLastPosition(storage.database),
    later,
    onError: (error) => log.warn({ err: error }, 'Feed cannot ask the database'),
  });
}

async function answers({ storage }: Foundation): Promise<boolean> {
  try {
    await storage.database.query('select 1');
    return true;
  } catch {
    // What fails is told by the pool; here it only means that nothing can be served.
    return false;
  }
}

function bindDeps(foundation: Foundation, waiter: FeedWaiter): Omit<HttpDeps, 'isReady'> {
  const { site, storage, clock, log } = foundation;
  const { database } = storage;
  const { gateway } = site.configuration;
  const wake = wakeQueue(foundation);
  const writeDown = gatherAudits(database);
  const sources = new Map(site.configuration.sources.map((source) => [source.id, source]));
  const inbound = { ...inboundDeps(foundation), database, wake };
  const answering = { database, clock, log, wake, checkFeedback: compileSchemaCheck('feedback') };
  return {
    log,
    requestsPerSecond: gateway.requestsPerSecond,
    uploadIdleTimeoutMs: gateway.uploadIdleTimeoutMs,
    feedLimit: gateway.feedLimit,
    authenticate: (key) => findKey(database, key),
    source: (id) => {
      const source = sources.get(id);
      return source && { ...source, maxUploadBytes: source.maxUploadBytes ?? gateway.maxUploadBytes };
    },
    isCharset: (name) => charsetNamed(name) !== undefined,
    receiveBatch: bindReceive(foundation),
    validate: (upload) => dryRunUpload(upload, foundation),
    ...bindWatching(foundation),
    ...bindSources(foundation),
    ...bindPauses(foundation),
    ...bindDestinations(foundation),
    ...bindReplays(foundation),
    ...bindTroubles(foundation),
    ...bindReconciliations(foundation),
    ...bindBatchReplays(foundation),
    ...bindSupply(foundation),
    ...bindRecordDecisions(foundation, waiter.notify),
    searchRecords: (search) => findRecords(search, foundation, writeDown),
    tellRecord: (request) => tellRecord(request, foundation, writeDown),
    releaseBatch: (decision) => releaseHeld(decision, foundation),
    dropBatch: (decision) => dropHeld(decision, foundation),
    ...bindTelling(foundation, writeDown),
    ...bindFeed(foundation, waiter, writeDown),
    acceptNotice: (notice, caller) => acceptNotice(notice, { ...inbound, actor: actorOf(caller) }),
    listMailbox: (agency, { caller, ...page }) =>
      listMailbox({ database, clock, actor: actorOf(caller) }, agency, page),
    acknowledge: (from) => acknowledge({ ...answering, actor: actorOf(from.caller) }, from),
    giveFeedback: (from) => giveFeedback({ ...answering, actor: actorOf(from.caller) }, from),
  };
}

/** What readers of the feed get, each by right. */
function bindFeed(
  { site, storage, clock }: Foundation,
  waiter: FeedWaiter,
  writeDown: WriteDown,
): Pick<HttpDeps, 'followFeed' | 'readFeedDigest'> {
  const { database: sql } = storage;
  const viewOf = feedViews(site.configuration);
  return {
    readFeedDigest: (lastEventId) => readFeedDigest(lastEventId, { sql, view: viewOf('city') }),
    followFeed: (query) => {
      const { caller } = query;
      const reading = { sql, writeDown, waiter, clock, actor: actorOf(caller) };
      return followRecorded({ ...query, view: viewOf(caller.role) }, query, reading);
    },
  };
}

/** How the gateway itself fares. */
function bindWatching(
  foundation: Foundation,
): Pick<HttpDeps, 'areMetricsOpen' | 'pressure' | 'readMetrics' | 'readStatus'> {
  const { site, storage, clock } = foundation;
  const { database } = storage;
  const pressure = pressureOf(foundation);
  const look = { database, configuration: site.configuration, pressure };
  return {
    pressure,
    readMetrics: bindMetricFigures(foundation),
    areMetricsOpen: site.configuration.gateway.metrics.openTo === 'loopback',
    readStatus: atMostEvery(STATUS_EVERY_MS, clock, () => readStatus({ ...look, now: clock() })),
  };
}

/** What is told of batches and types. */
function bindTelling(
  foundation: Foundation,
  writeDown: WriteDown,
): Pick<
  HttpDeps,
  | 'csvTemplate'
  | 'problemsCsv'
  | 'publicKeys'
  | 'readBatch'
  | 'readProblems'
  | 'signReceipt'
  | 'writeCorrection'
  | 'writeTemplate'
> {
  const { site, storage } = foundation;
  const { database } = storage;
  const reports = bindReports(foundation);
  return {
    ...reports,
    ...bindProblemReading({ foundation, writeDown, problemsCsv: reports.problemsCsv }),
    signReceipt: (id) => signReceipt(id, storage),
    publicKeys: storage.signer.publicKeys,
    writeTemplate: (type, out) => writeTemplateWorkbook(type, site.definitions, out),
    readBatch: (id) => viewBatch(database, id),
    csvTemplate: (type) => csvTemplate(type, site.definitions),
  };
}

function bindSources(foundation: Foundation): Pick<HttpDeps, 'listSources' | 'runSource'> {
  const { site, storage, clock } = foundation;
  const { configuration, definitions } = site;
  return {
    listSources: (agency) =>
      listSources(agency, { configuration, definitions, sql: storage.database, now: clock() }),
    runSource: async (id, order) => {
      const source = configuration.sources.find((entry) => entry.id === id);
      if (source === undefined || waysIn(source).length === 1)
        throw new GatewayError(
          'source.not-pulled',
          'This source is only uploaded to; there is nothing to run.',
          {
            detailZh: '该来源仅支持上传。',
          },
        );
      const at = clock();
      const { isFull, isSweep, caller } = order;
      await storage.database.transaction(async (sql) => {
        if (await isPaused(sql, id)) throw alreadyPaused();
        await orderPull(sql, id, { isFull, isSweep, at });
        const details = { isFull, isSweep };
        await appendAudit(sql, { at, actor: actorOf(caller), action: 'pull.ordered', object: id, details });
      });
      await wakeQueue(foundation)('pull-source', id);
    },
  };
}

function bindReceive(foundation: Foundation): HttpDeps['receiveBatch'] {
  const { site, storage, clock, log } = foundation;
  const { gateway, sources } = site.configuration;
  const wake = wakeQueue(foundation);
  const needs = { ...storage, ...site, clock, log, wake: (source: string) => wake('process-source', source) };
  return (upload) => {
    const source = sources.find(({ id }) => id === upload.sourceId);
    if (source === undefined) throw new Error('The route has not looked for the source.');
    const declaredCharset = upload.charset === undefined ? undefined : charsetNamed(upload.charset);
    const maxBytes = source.maxUploadBytes ?? gateway.maxUploadBytes;
    const { format: declaredFormat } = upload;
    const actor = actorOf(upload.caller);
    return receiveDelivery({ ...upload, actor, source, declaredCharset, declaredFormat, maxBytes }, needs);
  };
}

function portTaken(port: number, cause: unknown): Error {
  const { code } = cause as NodeJS.ErrnoException;
  return new GatewayError(
    'config.invalid',
    `Port ${port} cannot be opened (${code ?? 'unknown'}); set PORT to another one.`,
    {
      cause,
      detailZh: `端口 ${port} 无法使用，请用 PORT 指定其他端口。`,
    },
  );
}
