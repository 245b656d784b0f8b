// `GET /v1/feeds/records` (http-feeds.org): the events after a position, at once or when there are any. A
// server that stops sends waiting readers home with what there is.
import type { RequestHandler } from 'express';
import { jsonArrayBytes } from '../core/joined-bytes.js';
import { callerOf } from './authenticate.js';
import type { HttpDeps } from './deps.js';
import { readLimit, readText, readWhole } from './query.js';

const MAX_TIMEOUT_MS = 60_000;

/** Makes the handler. */
export function readFeed(deps: HttpDeps, stopping: AbortSignal): RequestHandler {
  return async (request, response) => {
    const leaving = new AbortController();
    const leave = (): void => leaving.abort();
    const query = {
      caller: callerOf(response),
      lastEventId: readText(request, 'lastEventId'),
      limit: readLimit(request, deps.feedLimit),
      timeoutMs: stopping.aborted ? 0 : Math.min(readWhole(request, 'timeout', 0) ?? 0, MAX_TIMEOUT_MS),
      signal: leaving.signal,
    };
    stopping.addEventListener('abort', leave);
    response.once('close', leave);
    try {
      const events = await deps.followFeed(query);
      if (!response.destroyed)
        response
          .type('application/cloudevents-batch+json')
          .send(jsonArrayBytes(events.map(({ json }) => json)));
    } finally {
      stopping.removeEventListener('abort', leave);
    }
  };
}
