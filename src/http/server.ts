// The HTTP server: limits, ids and log around the routes, problems behind them. Stopping takes no new
// connection, sends waiting readers home and ends what is idle.
import { setMaxListeners } from 'node:events';
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { logRequests } from './access-log.js';
import { answerFailure, answerNotAllowed, answerNotFound } from './answer-failure.js';
import { identify, permit, requireCaller } from './authenticate.js';
import { watchBody } from './body-watch.js';
import { answerBrokenRequest } from './broken-request.js';
import type { HttpDeps } from './deps.js';
import { documentationAssets } from './documentation.js';
import { readJson } from './json-body.js';
import { isFromThisMachine } from './metrics.js';
import { limitRequests } from './rate-limit.js';
import { assignRequestId } from './request-id.js';
import type { Route } from './route.js';
import { routes } from './routes.js';

export interface HttpServer {
  /** Listens; 0 takes any free port. Rejects with the error of the socket, EADDRINUSE for a busy port. */
  listen(host: string, port: number): Promise<{ readonly url: string; readonly port: number }>;
  /** Stops; what is not answered after `deadlineMs` (5 s where none is given) is cut off. */
  stop(deadlineMs?: number): Promise<void>;
}

const HEADERS_TIMEOUT_MS = 30_000;
const STOP_DEADLINE_MS = 5_000;
const SWEEP_EVERY_MS = 50;

/** Builds the server on its functions. */
export function createServer(deps: HttpDeps): HttpServer {
  const stopping = new AbortController();
  // Any number of readers may wait.
  setMaxListeners(0, stopping.signal);
  const app = createApp(deps, stopping.signal);
  const headersTimeout = deps.headersTimeoutMs ?? HEADERS_TIMEOUT_MS;
  // No total time-out: an upload of 4 GiB takes its time. The watch ends a body that stands still.
  const limits = { requestTimeout: 0, headersTimeout, connectionsCheckingInterval: headersTimeout / 4 };
  const server = createHttpServer(limits, app as RequestListener);
  server.on('checkContinue', app);
  server.on('clientError', answerBrokenRequest);
  return {
    listen: (host, port) => listen(server, host, port),
    stop: (deadlineMs = STOP_DEADLINE_MS) => {
      stopping.abort();
      return stop(server, deadlineMs);
    },
  };
}

function createApp(deps: HttpDeps, stopping: AbortSignal): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('query parser', 'simple');
  app.use(assignRequestId(), protect(), logRequests(deps.log), watchBody(deps.uploadIdleTimeoutMs));
  app.use(['/v1', '/metrics'], keepPrivate(), identify(deps));
  app.use(limitRequests(deps.requestsPerSecond));
  app.use('/v1', requireCaller());
  const table = routes(deps, stopping);
  for (const route of table) app[route.method](route.path, ...guards(route), route.handler);
  for (const path of new Set(table.map((route) => route.path)))
    app.all(path, answerNotAllowed(table.filter((route) => route.path === path).map(({ method }) => method)));
  app.use('/docs', documentationAssets());
  app.use(answerNotFound(), answerFailure(deps.log));
  return app;
}

function guards(route: Route): RequestHandler[] {
  return [
    ...(route.callers === 'anybody' ? [] : [permitOrOpen(route, permit(route.callers))]),
    ...(route.json === undefined ? [] : readJson(route.json, route.maxJsonBytes)),
  ];
}

/** Lets programs on this machine pass where the route is open to them. */
function permitOrOpen({ isOpenToThisMachine }: Route, others: RequestHandler): RequestHandler {
  if (isOpenToThisMachine !== true) return others;
  return (request, response, next) => {
    if (isFromThisMachine(request)) next();
    else void others(request, response, next);
  };
}

function protect(): RequestHandler {
  // Everything is served from here; over plain HTTP in a closed network nothing may be upgraded.
  const directives = {
    'style-src': ["'self'", "'unsafe-inline'"],
    'font-src': ["'self'", 'data:'],
    'upgrade-insecure-requests': null,
  };
  return helmet({ contentSecurityPolicy: { directives }, strictTransportSecurity: false });
}

function keepPrivate(): RequestHandler {
  return (_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  };
}

function listen(server: Server, host: string, port: number): Promise<{ url: string; port: number }> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const bound = (server.address() as AddressInfo).port;
      const name = host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host;
      resolve({ port: bound, url: `http://${name}:${bound}` });
    });
  });
}

async function stop(server: Server, deadlineMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  // A connection that is kept alive becomes idle only when its answer has gone out.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_EVERY_MS);
  const late = setTimeout(() => server.closeAllConnections(), deadlineMs);
  server.closeIdleConnections();
  await closed;
  clearInterval(sweep);
  clearTimeout(late);
}
