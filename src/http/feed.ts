// `GET /v1/feeds/records` (http-feeds.org): the events after a position, at once or when there are any.
import type { RequestHandler } from 'express';
import type { HttpDeps } from './deps.js';
import { readLimit, readText, readWhole } from './query.js';

const MAX_TIMEOUT_MS = 60_000;

/** Makes the handler. */
export function readFeed(deps: HttpDeps): RequestHandler {
  return async (request, response) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const events = await deps.followFeed({
      lastEventId: readText(request, 'lastEventId'),
      limit: readLimit(request, deps.feedLimit),
      timeoutMs: Math.min(readWhole(request, 'timeout', 0) ?? 0, MAX_TIMEOUT_MS),
      signal: gone.signal,
    });
    if (!gone.signal.aborted)
      response.type('application/cloudevents-batch+json').send(JSON.stringify(events));
  };
}
