// Reads one page of the city's notice feed (http-feeds.org): events after the one named, oldest first.
import { bearerToken } from '../core/authorization.js';
import { GatewayError } from '../core/errors.js';
import { holdsProvenNumber } from '../core/mask.js';
import type { HttpAnswer } from '../platform/http-client.js';
import { failureCode, type SendHttp } from './send-http.js';

export interface NoticeEvent {
  /** Undefined where the city gave none that could be kept. */
  readonly id: string | undefined;
  readonly method: string | undefined;
  readonly data: unknown;
}

/** Gives the events after `lastEventId`, from the beginning without one; throws `city.unreachable`. */
export type FetchNotices = (lastEventId: string | undefined) => Promise<NoticeEvent[]>;

export interface CityAddress {
  readonly url: string;
  readonly token: string;
  readonly timeoutMs: number;
}

const EVENT_ID = /^[\x20-\x7e]{1,200}$/;

/** Builds the reader of the city's notice feed. */
export function createFetchNotices(send: SendHttp, city: CityAddress): FetchNotices {
  return async (lastEventId) => {
    const query = lastEventId === undefined ? '' : `?lastEventId=${encodeURIComponent(lastEventId)}`;
    const answer = await ask(send, { ...city, url: `${city.url.replace(/\/+$/, '')}/notices${query}` });
    if (answer.status !== 200)
      throw new GatewayError('city.unreachable', `The notice feed answered ${answer.status}.`, {
        details: { status: answer.status },
      });
    return readEvents(answer.body);
  };
}

async function ask(send: SendHttp, city: CityAddress): Promise<HttpAnswer> {
  try {
    return await send({
      method: 'GET',
      url: city.url,
      headers: {
        accept: 'application/cloudevents-batch+json',
        ...bearerToken(city.token),
      },
      timeoutMs: city.timeoutMs,
    });
  } catch (error) {
    throw new GatewayError('city.unreachable', `The notice feed gave no answer: ${failureCode(error)}.`, {
      cause: error,
    });
  }
}

function readEvents(body: string): NoticeEvent[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch (error) {
    throw new GatewayError('city.unreachable', 'The notice feed answered what is no JSON.', { cause: error });
  }
  if (!Array.isArray(parsed)) throw new GatewayError('city.unreachable', 'The notice feed answered no list.');
  return parsed.map((event: unknown) => {
    const { id, method, data } = (event ?? {}) as { id?: unknown; method?: unknown; data?: unknown };
    return {
      id: isKept(id) ? id : undefined,
      method: typeof method === 'string' ? method : undefined,
      data: data ?? null,
    };
  });
}

/** An id is kept and sent back as it is, so that none may hold an ID number. */
function isKept(id: unknown): id is string {
  return typeof id === 'string' && EVENT_ID.test(id) && !holdsProvenNumber(id);
}
