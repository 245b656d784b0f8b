// The one home of axios: one request, one answer, whatever its status. No redirect is followed, the whole
// call has one deadline, the answer is bounded, connections are kept, and bodies are never logged.
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent, type AgentOptions } from 'node:https';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import { gzip as gzipWith } from 'node:zlib';
import axios, { type AxiosInstance } from 'axios';
import { GatewayError, isGatewayError } from '../core/errors.js';
import type { ClientIdentity } from './client-identity.js';
import { createAddressGuard, guardedLookup, notAllowed, type AddressGuard } from './address-guard.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Sends the body packed, with `content-encoding: gzip`. */
  readonly gzip?: boolean;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** What is shown to a server that asks for a certificate; the same object is the same identity. */
  readonly identity?: ClientIdentity;
  /** Takes an answer that is not UTF-8 for none (`city.unreachable`, reason `not-utf-8`) instead of replacing characters. */
  readonly requiresUtf8?: boolean;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface HttpClient {
  /** Sends a request; throws `city.unreachable` where no answer came and `address.not-allowed` where none may be asked. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Closes the kept connections. */
  close(): void;
}

const pack = promisify<string | Buffer, { level: number }, Buffer>(gzipWith);
/** The fastest: the line is seldom slower than the processor. */
const GZIP_LEVEL = 1;

const CERTIFICATE_FAULTS =
  /^(CERT_|CRL_|ERROR_IN_C|ERR_TLS_CERT|UNABLE_TO_(GET|VERIFY|DECRYPT|DECODE)_|(DEPTH_ZERO_)?SELF_SIGNED_CERT|INVALID_(CA|PURPOSE)|HOSTNAME_MISMATCH|ERR_SSL_(TLSV1|TLSV13|SSLV3)_ALERT_(\w+_)?(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED))/;

/** Tells whether no answer came because one side does not accept the certificate of the other: the `reason` of `city.unreachable`. */
export function isCertificateFault(reason: string): boolean {
  return CERTIFICATE_FAULTS.test(reason);
}

export interface HttpClientOptions {
  /** Refuses addresses that are neither public nor in these CIDR ranges; any address may be called where it is absent. */
  readonly allowedRanges?: readonly string[];
  readonly maxAnswerBytes: number;
}

/** Makes a client with its own connections. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const guard = options.allowedRanges === undefined ? undefined : createAddressGuard(options.allowedRanges);
  const agentOptions = {
    keepAlive: true,
    ...(guard === undefined ? {} : { lookup: guardedLookup(guard) as never }),
  };
  const httpAgent = new HttpAgent(agentOptions);
  const httpsAgent = new HttpsAgent(agentOptions);
  const identified = createIdentifiedAgents(agentOptions);
  const client = axios.create({
    httpAgent,
    httpsAgent,
    maxRedirects: 0,
    maxContentLength: options.maxAnswerBytes,
    proxy: false,
    responseType: 'text',
    // Bodies go and come as they are: axios would parse JSON in both directions.
    transformRequest: [(body: unknown) => body],
    transformResponse: [(text: unknown) => text],
    validateStatus: () => true,
  });
  return {
    send: (request) => {
      const { identity } = request;
      const agent = identity === undefined ? httpsAgent : identified.agentOf(identity);
      return send(client, { ...request, agent }, guard);
    },
    close: () => {
      httpAgent.destroy();
      httpsAgent.destroy();
      identified.close();
    },
  };
}

/** One agent at a time: where the certificate has changed, connections of the old one end with what is under way. */
function createIdentifiedAgents(options: AgentOptions): {
  agentOf(identity: ClientIdentity): HttpsAgent;
  close(): void;
} {
  let current: { identity: ClientIdentity; agent: HttpsAgent } | undefined;
  return {
    agentOf: (identity) => {
      if (current?.identity === identity) return current.agent;
      if (current !== undefined) retire(current.agent);
      const { cert, key, ca } = identity;
      const agent = new HttpsAgent({
        ...options,
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(ca === undefined ? {} : { ca }),
      });
      current = { identity, agent };
      return agent;
    },
    close: () => current?.agent.destroy(),
  };
}

function retire(agent: HttpsAgent): void {
  agent.maxFreeSockets = 0;
  for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
}

async function send(
  client: AxiosInstance,
  request: HttpRequest & { readonly agent: HttpsAgent },
  guard: AddressGuard | undefined,
): Promise<HttpAnswer> {
  // A literal address never comes to the guarded look-up of names.
  const host = hostOf(request.url);
  if (guard !== undefined && isIP(host) !== 0 && !guard(host)) throw notAllowed();
  const { body, gzip = false } = request;
  const packed = gzip && body !== undefined ? await pack(body, { level: GZIP_LEVEL }) : undefined;
  const deadline = startDeadline(request);
  try {
    const answer = await client.request<string | Buffer>({
      method: request.method,
      url: request.url,
      headers: { ...request.headers, ...(packed === undefined ? {} : { 'content-encoding': 'gzip' }) },
      data: packed ?? request.body,
      signal: deadline.signal,
      httpsAgent: request.agent,
      ...(request.requiresUtf8 === true ? { responseType: 'arraybuffer' } : {}),
    });
    return { status: answer.status, headers: lowerCase(answer.headers), body: textOf(answer.data) };
  } catch (error) {
    throw callFailed(error, deadline.isLate());
  } finally {
    deadline.end();
  }
}

function textOf(body: string | Buffer): string {
  if (typeof body === 'string') return body;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw noAnswer('not-utf-8');
  }
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname.replace(/^\[|\]$/g, '');
  } catch (error) {
    throw new GatewayError('address.not-allowed', 'This is no address that can be called.', { cause: error });
  }
}

/**
 * axios' own time-out ends when the first byte comes; a slow drip must end too. The caller's signal may live as
 * long as the process: what listens to it is taken off again, which AbortSignal.any does not do.
 */
function startDeadline({ timeoutMs, signal }: HttpRequest): {
  signal: AbortSignal;
  isLate(): boolean;
  end(): void;
} {
  const ending = new AbortController();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    ending.abort();
  }, timeoutMs);
  const giveUp = (): void => ending.abort();
  if (signal?.aborted === true) giveUp();
  else signal?.addEventListener('abort', giveUp);
  return {
    signal: ending.signal,
    isLate: () => isLate,
    end: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', giveUp);
    },
  };
}

function callFailed(error: unknown, isLate: boolean): GatewayError {
  const cause = (error as { cause?: unknown }).cause;
  if (isGatewayError(error)) return error;
  if (isGatewayError(cause)) return cause;
  const code = (error as { code?: unknown }).code;
  // The error of axios carries the request with its token: it stays out of the cause.
  if (isLate) return noAnswer('time-out');
  if (/^maxContentLength /.test(String((error as { message?: unknown }).message)))
    return noAnswer('too-large');
  return noAnswer(typeof code === 'string' ? code : 'network');
}

function noAnswer(reason: string): GatewayError {
  return new GatewayError('city.unreachable', `No answer came: ${reason}.`, { details: { reason } });
}

function lowerCase(headers: object): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value as string | undefined]),
  );
}
