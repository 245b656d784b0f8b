// A token for a client's secret (OAuth 2 client credentials, RFC 6749 section 4.4), kept until shortly before
// it ends.
import type { Clock } from '../../core/clock.js';
import type { PullAuthorization } from '../../core/configuration.js';
import { isGatewayError } from '../../core/errors.js';
import type { HttpAnswer, HttpClient, HttpRequest } from '../../platform/http-client.js';
import { pullFailed } from './pull-fault.js';

export interface Token {
  readonly header: string;
  readonly endsAtMs: number;
}

/** The tokens that are held, by the id of their source. */
export type Tokens = Map<string, Token>;

export interface TokenNeeds {
  readonly source: string;
  readonly send: HttpClient['send'];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

type Client = Extract<PullAuthorization, { kind: 'oauth2' }>;

const MOST_MARGIN_S = 30;
/** RFC 6749 leaves the life of a token open; a 401 ends it too. */
const DEFAULT_LIFE_S = 300;
const TOKEN = /^[\x21-\x7e]+$/;

/** Gets a token; throws `pull.failed` where the service gives none. */
export async function getToken(client: Client, secret: string, needs: TokenNeeds): Promise<Token> {
  const answer = await ask({ ...formOf(client, secret), url: client.tokenUrl }, needs);
  const { access_token: given, expires_in: life } = readAnswer(answer.body);
  if (answer.status !== 200 || typeof given !== 'string' || !TOKEN.test(given))
    throw noToken(String(answer.status), needs, answer.status);
  const seconds = lifeOf(life);
  const margin = Math.min(MOST_MARGIN_S, seconds / 2);
  return { header: `Bearer ${given}`, endsAtMs: needs.clock().getTime() + (seconds - margin) * 1000 };
}

/** Makes the `Authorization` of RFC 7617. */
export function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

async function ask(
  request: Pick<HttpRequest, 'url' | 'headers' | 'body'>,
  { source, send, clock, signal, timeoutMs }: TokenNeeds,
): Promise<HttpAnswer> {
  try {
    return await send({ method: 'POST', timeoutMs, signal, ...request });
  } catch (error) {
    if (!isGatewayError(error, 'city.unreachable')) throw error;
    throw noToken(String(error.details['reason']), { source, send, clock, signal, timeoutMs });
  }
}

function formOf(
  { clientId, clientAuthentication, scope }: Client,
  secret: string,
): Pick<HttpRequest, 'headers' | 'body'> & { body: string } {
  const isPost = clientAuthentication === 'post';
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    ...(scope === undefined ? {} : { scope }),
    ...(isPost ? { client_id: clientId, client_secret: secret } : {}),
  });
  const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' };
  const authorization = basic(encodeURIComponent(clientId), encodeURIComponent(secret));
  return { body: form.toString(), headers: isPost ? headers : { ...headers, authorization } };
}

function readAnswer(body: string): { access_token?: unknown; expires_in?: unknown } {
  try {
    return Object(JSON.parse(body)) as { access_token?: unknown; expires_in?: unknown };
  } catch {
    // The status is told instead.
    return {};
  }
}

function lifeOf(given: unknown): number {
  const seconds = typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given) : given;
  return typeof seconds === 'number' && seconds >= 0 ? seconds : DEFAULT_LIFE_S;
}

function noToken(reason: string, { source }: TokenNeeds, httpStatus?: number): Error {
  return pullFailed(
    { source, reason, ...(httpStatus === undefined ? {} : { httpStatus }) },
    `gave no token (${reason})`,
    `未发放令牌（${reason}）`,
  );
}
