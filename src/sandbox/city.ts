// The simulated city platform: takes any clean record, keeps a ledger on disk, has a notice feed and takes
// feedback. It can be told to misbehave, from code or by `POST /control`.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type RequestHandler, type Response } from 'express';
import type { Clock } from '../core/clock.js';
import type { Logger } from '../platform/logger.js';
import {
  createBehaviourSwitch,
  readBehaviour,
  type BehaviourSwitch,
  type CityBehaviour,
} from './city-behaviour.js';
import { openCityLedger, type CityLedger, type Feedback, type LedgerSummary } from './city-ledger.js';
import type { CityMessage } from './city-message.js';
import { noticeRoutes, type NoticeRoutes } from './city-notices.js';
import { reconcile } from './city-reconciliation.js';
import { receiveRecords } from './city-records.js';

export interface SandboxCityOptions {
  /** Where the ledger is kept; a city that starts on the folder of an earlier one goes on with it. */
  readonly folder: string;
  /** What everybody must show as `Authorization: Bearer`. */
  readonly token: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly host?: string;
  readonly port?: number;
  readonly onMessage?: (message: CityMessage) => void;
}

export interface SandboxCity {
  readonly url: string;
  readonly token: string;
  /** Puts a notice on the city's feed; gives the id of its event. */
  readonly offerNotice: (notice: Readonly<Record<string, unknown>>) => Promise<string>;
  /** The feedback that came, each key once. */
  readonly feedback: () => readonly Feedback[];
  readonly summary: () => LedgerSummary;
  readonly records: CityLedger['records'];
  readonly behave: (behaviour: CityBehaviour) => void;
  readonly stop: () => Promise<void>;
}

const MAX_BODY = '64mb';

/** Starts the city on a free port, unless one is named. */
export async function startSandboxCity(options: SandboxCityOptions): Promise<SandboxCity> {
  const ledger = await openCityLedger(options.folder, options.clock);
  const behaviour = createBehaviourSwitch();
  const notices = noticeRoutes(ledger, behaviour);
  const server = createServer(cityRoutes(options, { ledger, behaviour, notices }));
  const host = options.host ?? '127.0.0.1';
  try {
    await listen(server, options.port ?? 0, host);
  } catch (error) {
    await ledger.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    token: options.token,
    offerNotice: notices.offerNotice,
    feedback: () => ledger.feedback,
    summary: ledger.summary,
    records: ledger.records,
    behave: behaviour.behave,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await ledger.close();
    },
  };
}

function cityRoutes(
  options: SandboxCityOptions,
  { ledger, behaviour, notices }: { ledger: CityLedger; behaviour: BehaviourSwitch; notices: NoticeRoutes },
): express.Express {
  const routes = express.Router();
  routes.use(requireToken(options.token));
  routes.use(express.json({ limit: MAX_BODY }));
  const onMessage = options.onMessage ?? (() => undefined);
  routes.post('/records', receiveRecords({ ledger, behaviour, clock: options.clock, onMessage }));
  routes.get('/reconciliation', reconcile(ledger));
  routes.get('/notices', notices.readNotices);
  routes.post('/notices/:id/feedback', notices.takeFeedback);
  routes.get('/feedback', (_, response) => void response.json({ feedback: ledger.feedback }));
  routes.get('/ledger', (_, response) => void response.json(ledger.summary()));
  routes.post('/control', (request, response) => {
    const told = readBehaviour(request.body);
    if (told !== undefined) behaviour.behave(told);
    response.sendStatus(told === undefined ? 400 : 204);
  });
  const app = express();
  app.disable('x-powered-by');
  app.use((request, response) => {
    // What no route took ends here, a failure too.
    routes(request, response, (error?: unknown) => end(error, response, options.log));
  });
  return app;
}

function requireToken(token: string): RequestHandler {
  return (request, response, next) => {
    if (request.get('authorization') === `Bearer ${token}`) next();
    else response.status(401).json({ errorCode: '401', errorMsg: '未授权' });
  };
}

function end(error: unknown, response: Response, log: Logger): void {
  const status = Number(
    (error as { status?: unknown } | undefined)?.status ?? (error === undefined ? 404 : 500),
  );
  if (status >= 500) log.error({ err: error }, 'Simulated city failed');
  if (response.headersSent) response.destroy();
  else response.status(status).json({ errorCode: String(status), errorMsg: '请求无法处理' });
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
