// The simulated agencies: one server with an endpoint for each. A genuine notice is answered 204, then
// acknowledged and fed back through the gateway's HTTP API. Each agency can be told to misbehave.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Request, type Response } from 'express';
import { shanghaiDay, type Clock } from '../core/clock.js';
import type { Logger } from '../platform/logger.js';
import { createWebhookReceiver, type TakenNotice, type WebhookVerdict } from './agency-webhook.js';

export const AGENCY_BEHAVIOURS = ['answer', 'stay-silent', 'fail', 'hang', 'gone', 'redirect'] as const;
/** `stay-silent` takes notices and never answers them; the others misbehave at the endpoint itself. */
export type AgencyBehaviour = (typeof AGENCY_BEHAVIOURS)[number];

export interface AgenciesOptions {
  readonly agencies: readonly { readonly id: string; readonly webhookSecret: string }[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Posts JSON to a path of the gateway with the agency's key and gives the HTTP status. */
  readonly post: (agency: string, path: string, body: unknown) => Promise<number>;
  readonly host?: string;
  readonly port?: number;
}

export interface SimulatedAgencies {
  /** Where an agency takes webhooks. */
  readonly endpointOf: (agency: string) => { readonly url: string; readonly secret: string } | undefined;
  /** Tells an agency how to behave from now on. */
  readonly tell: (agency: string, behaviour: AgencyBehaviour) => void;
  /** The notices that an agency has taken, each once. */
  readonly takenBy: (agency: string) => readonly TakenNotice[];
  /** Ends the server, and waits for answers that are being given. */
  readonly stop: () => Promise<void>;
}

interface Agency {
  readonly id: string;
  readonly secret: string;
  readonly receive: ReturnType<typeof createWebhookReceiver>;
  readonly taken: TakenNotice[];
  behaviour: AgencyBehaviour;
}

const MAX_BODY = '256kb';
const TRIES = 6;
const FIRST_WAIT_MS = 100;

/** Starts the agencies on a free port, unless one is named. */
export async function startAgencies(options: AgenciesOptions): Promise<SimulatedAgencies> {
  const agencies = new Map(options.agencies.map((each) => [each.id, newAgency(each)]));
  const stopping = new AbortController();
  const answers = new Set<Promise<void>>();
  const answer = (agency: Agency, notice: TakenNotice): void => {
    const given: Promise<void> = answerNotice(agency.id, notice, { ...options, signal: stopping.signal })
      .catch((error: unknown) => options.log.error({ agency: agency.id, err: error }, 'Agency cannot answer'))
      .finally(() => answers.delete(given));
    answers.add(given);
  };
  const server = createServer(endpoints(agencies, answer));
  const host = options.host ?? '127.0.0.1';
  await listen(server, options.port ?? 0, host);
  const { port } = server.address() as AddressInfo;
  return {
    endpointOf: (id) => {
      const agency = agencies.get(id);
      return agency && { url: `http://${host}:${port}/agencies/${id}/webhook`, secret: agency.secret };
    },
    tell: (id, behaviour) => {
      const agency = agencies.get(id);
      if (agency !== undefined) agency.behaviour = behaviour;
    },
    takenBy: (id) => agencies.get(id)?.taken ?? [],
    stop: async () => {
      stopping.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await Promise.all(answers);
    },
  };
}

function newAgency({ id, webhookSecret }: AgenciesOptions['agencies'][number]): Agency {
  const receive = createWebhookReceiver(webhookSecret, new Set());
  return { id, secret: webhookSecret, receive, taken: [], behaviour: 'answer' };
}

function endpoints(
  agencies: ReadonlyMap<string, Agency>,
  answer: (agency: Agency, notice: TakenNotice) => void,
): express.Express {
  const app = express();
  app.disable('x-powered-by');
  const raw = express.raw({ type: () => true, limit: MAX_BODY });
  app.post('/agencies/:id/webhook', raw, (request: Request<{ id: string }>, response) => {
    const agency = agencies.get(request.params.id);
    if (agency === undefined) return void response.sendStatus(404);
    if (misbehave(agency.behaviour, response)) return;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const verdict = agency.receive({ headers: request.headers, body });
    response.sendStatus(statusOf(verdict));
    if (verdict.kind !== 'new') return;
    agency.taken.push(verdict.notice);
    if (agency.behaviour === 'answer') answer(agency, verdict.notice);
  });
  return app;
}

/** Answers as told, or not at all; true where the webhook is dealt with. */
function misbehave(behaviour: AgencyBehaviour, response: Response): boolean {
  switch (behaviour) {
    case 'answer':
    case 'stay-silent':
      return false;
    case 'fail':
      response.sendStatus(500);
      return true;
    case 'gone':
      response.sendStatus(410);
      return true;
    case 'redirect':
      response.redirect(307, '/agencies/elsewhere/webhook');
      return true;
    case 'hang':
      return true;
  }
}

function statusOf(verdict: WebhookVerdict): number {
  switch (verdict.kind) {
    case 'new':
    case 'repeated':
    case 'reminded':
      return 204;
    case 'not-genuine':
      return 401;
    case 'not-understood':
      return 400;
  }
}

async function answerNotice(
  agency: string,
  notice: TakenNotice,
  how: AgenciesOptions & { readonly signal: AbortSignal },
): Promise<void> {
  const date = shanghaiDay(how.clock());
  const path = `/v1/notices/${encodeURIComponent(notice.noticeId)}`;
  const acknowledged = await postUntilTaken(agency, { path: `${path}/acknowledgement`, body: {} }, how);
  if (!acknowledged) return;
  const body = {
    outcome: 'acted',
    measure: notice.measure,
    document: `津滨执〔${date.slice(0, 4)}〕1号`,
    date,
    text: '已按要求采取措施。',
  };
  await postUntilTaken(agency, { path: `${path}/feedback`, body }, how);
}

/** The gateway may be starting or stopping: a few tries, then the log. */
async function postUntilTaken(
  agency: string,
  call: { path: string; body: unknown },
  how: AgenciesOptions & { readonly signal: AbortSignal },
): Promise<boolean> {
  let problem: unknown;
  for (let attempt = 0; attempt < TRIES && !how.signal.aborted; attempt += 1) {
    if (attempt > 0) await pause(FIRST_WAIT_MS * 2 ** attempt, how.signal);
    try {
      const status = await how.post(agency, call.path, call.body);
      if (status >= 200 && status < 300) return true;
      problem = status;
    } catch (error) {
      problem = error;
    }
  }
  if (!how.signal.aborted) how.log.error({ agency, path: call.path, err: problem }, 'Agency was not heard');
  return false;
}

/** Ends early when the sandbox stops. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
    signal.addEventListener('abort', end);
  });
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
