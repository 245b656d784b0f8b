// The simulated city's notices: its feed (http-feeds.org, with long polling), and the feedback it gets.
import { EventEmitter, once } from 'node:events';
import type { RequestHandler } from 'express';
import type { BehaviourSwitch } from './city-behaviour.js';
import type { CityLedger, OfferedNotice } from './city-ledger.js';

export interface NoticeRoutes {
  /** Puts a notice on the feed; gives the id of its event. */
  readonly offerNotice: (notice: Readonly<Record<string, unknown>>) => Promise<string>;
  readonly readNotices: RequestHandler;
  readonly takeFeedback: RequestHandler<{ id: string }>;
}

const PAGE = 100;
const MAX_TIMEOUT_MS = 30_000;

/** Makes the notice routes over a ledger. */
export function noticeRoutes(ledger: CityLedger, behaviour: BehaviourSwitch): NoticeRoutes {
  const offers = new EventEmitter().setMaxListeners(0);
  return {
    offerNotice: async (notice) => {
      const { id } = await ledger.offer(notice);
      offers.emit('offer');
      return id;
    },
    readNotices: async (request, response) => {
      const { lastEventId, timeout } = request.query;
      const after = lastEventId === undefined ? 0 : Number(lastEventId);
      if (!Number.isInteger(after) || after < 0 || after > ledger.notices.length) {
        response.status(400).json({ errorCode: '400', errorMsg: 'lastEventId 无法识别' });
        return;
      }
      const timeoutMs = Math.min(Number(timeout) || 0, MAX_TIMEOUT_MS);
      if (ledger.notices.length === after && timeoutMs > 0) await offered(offers, timeoutMs);
      response
        .type('application/cloudevents-batch+json')
        .send(JSON.stringify(ledger.notices.slice(after, after + PAGE).map(toEvent)));
    },
    takeFeedback: async (request, response) => {
      if (behaviour.deniesFeedback()) {
        response.status(403).json({ errorCode: '403', errorMsg: '无权反馈' });
        return;
      }
      const key = request.get('idempotency-key');
      if (key === undefined || typeof request.body !== 'object') {
        response.status(400).json({ errorCode: '400', errorMsg: '缺少 Idempotency-Key 或请求体' });
        return;
      }
      await ledger.keep({ key, noticeId: request.params.id, body: request.body as unknown });
      response.json({ errorCode: '200', errorMsg: 'success' });
    },
  };
}

/** Resolves at the next offer, or when time is up. */
async function offered(offers: EventEmitter, timeoutMs: number): Promise<void> {
  await once(offers, 'offer', { signal: AbortSignal.timeout(timeoutMs) }).catch((error: unknown) => {
    if ((error as Error).name !== 'AbortError') throw error;
  });
}

function toEvent({ id, time, notice }: OfferedNotice): object {
  return {
    specversion: '1.0',
    id,
    type: 'cn.tj.credit.sanction-notice',
    source: 'urn:credit-city:tianjin',
    time,
    ...(typeof notice['noticeId'] === 'string' ? { subject: notice['noticeId'] } : {}),
    method: 'PUT',
    datacontenttype: 'application/json',
    data: notice,
  };
}
