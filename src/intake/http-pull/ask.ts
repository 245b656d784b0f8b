// One page is asked for: the request with what authorizes it, a second one where a token was refused, and
// every answer but a success as the failure of the pull.
import type { Clock } from '../../core/clock.js';
import type { HttpPullSettings } from '../../core/configuration.js';
import { isGatewayError } from '../../core/errors.js';
import { readRetryAfter } from '../../core/retry-after.js';
import type { HttpAnswer, HttpClient } from '../../platform/http-client.js';
import type { Authorizer } from './authorize.js';
import { pullFailed, type PagePlace } from './pull-fault.js';

export interface AskNeeds {
  readonly settings: HttpPullSettings;
  readonly send: HttpClient['send'];
  readonly authorizer: Authorizer;
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

const NO_CONTENT = 204;

/** Gives the body of a page, undefined where the service says that there is none; throws `pull.failed`. */
export async function ask(url: URL, place: PagePlace, needs: AskNeeds): Promise<string | undefined> {
  let answer = await askOnce(url, place, needs);
  // A token may end, or be taken back, between two pages.
  if (answer.status === 401 && needs.authorizer.renew()) answer = await askOnce(url, place, needs);
  if (answer.status === 200) return answer.body;
  if (answer.status === NO_CONTENT) return undefined;
  const retryAfterMs = readRetryAfter(answer.headers['retry-after'], needs.clock());
  throw pullFailed(
    { ...place, httpStatus: answer.status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
    `answered page ${place.page} with ${answer.status}`,
    `第 ${place.page} 页应答状态为 ${answer.status}`,
  );
}

async function askOnce(
  url: URL,
  place: PagePlace,
  { settings, send, authorizer, signal }: AskNeeds,
): Promise<HttpAnswer> {
  const headers = { accept: 'application/json', ...(await authorizer.headers()) };
  try {
    return await send({
      method: 'GET',
      url: url.href,
      headers,
      timeoutMs: settings.timeoutMs,
      signal,
      requiresUtf8: true,
    });
  } catch (error) {
    if (!isGatewayError(error, 'city.unreachable')) throw error;
    const reason = String(error.details['reason']);
    throw pullFailed(
      { ...place, reason },
      `gave no answer for page ${place.page} that can be taken (${reason})`,
      `第 ${place.page} 页无可用应答（${reason}）`,
    );
  }
}
