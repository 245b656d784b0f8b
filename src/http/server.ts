// The HTTP server: limits, ids and log around the routes, problems behind them. Stopping takes no new
// connection, sends waiting readers home and ends what is idle.
import { createServer as createHttpServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import { GatewayError } from '../core/errors.js';
import { authenticate, limitKey, permit } from './authenticate.js';
import type { HttpDeps } from './deps.js';
import { documentation } from './documentation.js';
import { problemHandler, sendProblem } from './problem.js';
import { assignRequestId, requestId } from './request-id.js';
import { routes } from './routes.js';

export interface HttpServer {
  /** Listens; 0 takes any free port. Rejects with the error of the socket, EADDRINUSE for a busy port. */
  listen(host: string, port: number): Promise<{ readonly url: string; readonly port: number }>;
  stop(): Promise<void>;
}

const JSON_LIMIT = '256kb';
const HEADERS_TIMEOUT_MS = 30_000;
const STOP_IDLE_MS = 5_000;

/** Builds the server on its functions. */
export function createServer(deps: HttpDeps): HttpServer {
  const server = createHttpServer({ requestTimeout: 0, headersTimeout: HEADERS_TIMEOUT_MS }, createApp(deps));
  return {
    listen: (host, port) => listen(server, host, port),
    stop: () => stop(server),
  };
}

function createApp(deps: HttpDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.use(assignRequestId(), helmet(), accessLog(deps));
  app.get('/livez', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', async (_request, response) => {
    const isReady = await deps.isReady();
    response.status(isReady ? 200 : 503).json({ status: isReady ? 'ok' : 'starting' });
  });
  app.use(documentation());
  app.use('/v1', limit(deps), authenticate(deps));
  const json = express.json({ limit: JSON_LIMIT, strict: true });
  for (const { method, path, roles, takesJson, handler } of routes(deps))
    app[method](path, permit(roles), ...(takesJson === true ? [json] : []), handler);
  app.use((request, response) => {
    sendProblem(
      response,
      new GatewayError(
        'request.not-found',
        `There is no ${request.method} ${request.path.slice(0, 100)}; see /docs.`,
        {
          detailZh: '地址不存在，请参阅 /docs。',
        },
      ),
    );
  });
  app.use(problemHandler(deps.log));
  return app;
}

function limit(deps: HttpDeps): ReturnType<typeof rateLimit> {
  return rateLimit({
    windowMs: 1000,
    limit: deps.requestsPerSecond,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: limitKey,
    handler: (_request, response) => {
      response.set('Retry-After', '1');
      sendProblem(
        response,
        new GatewayError(
          'request.too-many',
          `At most ${deps.requestsPerSecond} requests a second; slow down.`,
          {
            detailZh: `每秒最多 ${deps.requestsPerSecond} 次请求，请放慢。`,
          },
        ),
      );
    },
  });
}

function accessLog(deps: HttpDeps): ReturnType<typeof pinoHttp> {
  return pinoHttp({
    logger: deps.log,
    quietReqLogger: true,
    genReqId: (_request, response) => requestId(response as never),
    customLogLevel: () => 'debug',
    customSuccessMessage: () => 'Request answered',
    customErrorMessage: () => 'Request answered',
    // Neither headers nor query: keys and codes may stand there.
    serializers: {
      req: ({ method, url }: { method: string; url: string }) => ({ method, path: url.split('?')[0] }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
  });
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

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const late = setTimeout(() => server.closeAllConnections(), STOP_IDLE_MS);
  await closed;
  clearTimeout(late);
}
