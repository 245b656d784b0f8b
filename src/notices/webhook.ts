// One try of a Standard Webhook (standardwebhooks.com, v1): the same id at every try, a fresh timestamp.
import { Webhook } from 'standardwebhooks';
import { readRetryAfter } from '../core/retry-after.js';
import { failureCode, type SendHttp } from './send-http.js';

export interface Endpoint {
  readonly url: string;
  /** Base64 behind `whsec_`. */
  readonly secret: string;
}

/** What came of one try: an HTTP status, or the code of why no answer came. */
export interface TryOutcome {
  readonly status: number | null;
  readonly error: string | null;
  readonly retryAfterMs?: number;
}

/** What is told to an endpoint. Personal numbers in it are masked already. */
export interface WebhookMessage {
  /** Stays the same over all tries. */
  readonly id: string;
  readonly type: string;
  readonly timestamp: Date;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Sends a message to an endpoint; never rejects. */
export async function sendWebhook(
  message: WebhookMessage,
  endpoint: Endpoint,
  deps: { send: SendHttp; timeoutMs: number; now: Date },
): Promise<TryOutcome> {
  const { id, type, timestamp, data } = message;
  const body = JSON.stringify({ type, timestamp: timestamp.toISOString(), data });
  const signature = sign(id, endpoint.secret, { at: deps.now, body });
  if (signature === undefined) return { status: null, error: 'config.invalid' };
  try {
    const answer = await deps.send({
      method: 'POST',
      url: endpoint.url,
      headers: {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(deps.now.getTime() / 1000)),
        'webhook-signature': signature,
      },
      body,
      timeoutMs: deps.timeoutMs,
    });
    const retryAfterMs = readRetryAfter(answer.headers['retry-after'], deps.now);
    const isTaken = answer.status >= 200 && answer.status < 300;
    return {
      status: answer.status,
      error: isTaken ? null : `http-${answer.status}`,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  } catch (error) {
    return { status: null, error: failureCode(error) };
  }
}

/** Undefined where the secret is unusable: the configuration's fault, which no retry can mend. */
function sign(id: string, secret: string, signed: { at: Date; body: string }): string | undefined {
  try {
    return new Webhook(secret).sign(id, signed.at, signed.body);
  } catch {
    return undefined;
  }
}
