// The city's own interface: `POST {CITY_URL}/records` in JSON, answered with a code and the single refusals.
import { bearerToken } from '../../core/authorization.js';
import type { Clock } from '../../core/clock.js';
import { isGatewayError } from '../../core/errors.js';
import { isCertificateFault, type HttpClient } from '../../platform/http-client.js';
import type { Adapter, Outcome, Parcel } from '../adapter.js';
import { readCityAnswer } from '../answer.js';
import { composeMessage, type ComposeNeeds } from '../compose.js';

export interface CityHttpNeeds extends Omit<ComposeNeeds, 'showsPersonalNumbers'> {
  readonly clock: Clock;
  readonly http: Pick<HttpClient, 'send'>;
  readonly city: { readonly url: string; readonly token: string };
  readonly signal: AbortSignal;
}

/** Makes the adapter. */
export function cityHttp(needs: CityHttpNeeds): Adapter {
  return {
    compose: ({ message, changes, destination: { showsPersonalNumbers } }) =>
      composeMessage(message, changes, { ...needs, showsPersonalNumbers }),
    send: async (parcel, body) => {
      try {
        return await post(parcel, body, needs);
      } catch (error) {
        return unanswered(error);
      }
    },
  };
}

async function post(
  { message, changes, destination }: Parcel,
  body: string | Buffer,
  needs: CityHttpNeeds,
): Promise<Outcome> {
  const { city, clock, http, signal } = needs;
  const answer = await http.send({
    method: 'POST',
    url: `${city.url.replace(/\/+$/, '')}/records`,
    headers: {
      ...bearerToken(city.token),
      'content-type': 'application/json; charset=utf-8',
      'idempotency-key': message.id,
    },
    body,
    gzip: destination.gzip,
    timeoutMs: destination.timeoutMs,
    signal,
  });
  return { answer: readCityAnswer(answer, changes.length, clock()), httpStatus: answer.status };
}

function unanswered(error: unknown): Outcome {
  if (!isGatewayError(error)) throw error;
  const { reason: said } = error.details;
  const reason = typeof said === 'string' ? said : error.code;
  if (isCertificateFault(reason)) return { answer: { kind: 'denied', reason }, httpStatus: null };
  return { answer: { kind: 'again', reason, retryAfterMs: undefined }, httpStatus: null };
}
