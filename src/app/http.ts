// Binds the API to the gateway's functions and opens its port.
import { GatewayError } from '../core/errors.js';
import type { Role } from '../core/words.js';
import { findKey } from '../db/api-keys.js';
import { readLastPosition } from '../db/changes.js';
import { readProblems } from '../db/problems.js';
import { createFeedWaiter, type FeedWaiter } from '../feed/feed-waiter.js';
import { followFeed } from '../feed/read-feed.js';
import type { HttpDeps } from '../http/deps.js';
import { createServer, type HttpServer } from '../http/server.js';
import { charsetNamed } from '../intake/charset.js';
import { receiveDelivery } from '../intake/receive.js';
import { acceptNotice } from '../notices/accept.js';
import { acknowledge, giveFeedback, listMailbox } from '../notices/answer.js';
import { compileSchemaCheck } from '../notices/schema-check.js';
import { later } from '../platform/later.js';
import { csvTemplate } from '../records/template.js';
import { viewBatch } from './batch-view.js';
import type { Foundation } from './gateway.js';
import { inboundDeps, wakeQueue } from './notice-binding.js';

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
  const sources = new Map(site.configuration.sources.map((source) => [source.id, source]));
  // What the catalogue keeps for authorised look-ups is no part of an agency's feed.
  const opened = site.configuration.catalogue.filter(({ openness }) => openness !== 'authorised');
  const typesFor = (role: Role): string[] | undefined =>
    role === 'agency' ? opened.map(({ type }) => type) : undefined;
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
    readBatch: (id) => viewBatch(database, id),
    readProblems: (id, page) => readProblems(database, id, page),
    csvTemplate: (type) => csvTemplate(type, site.definitions),
    followFeed: (query) =>
      followFeed({ ...query, types: typesFor(query.caller.role) }, query, { sql: database, waiter, clock }),
    acceptNotice: (notice) => acceptNotice(notice, inbound),
    listMailbox: (agency, page) => listMailbox({ database }, agency, page),
    acknowledge: (from) => acknowledge(answering, from),
    giveFeedback: (from) => giveFeedback(answering, from),
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
    return receiveDelivery({ ...upload, source, declaredCharset, maxBytes }, needs);
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
