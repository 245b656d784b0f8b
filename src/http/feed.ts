// `GET /v1/feeds/records` (http-feeds.org): the events after a position, at once or when there are any. A
// server that stops sends waiting readers home with what there is.
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Request, RequestHandler, Response } from 'express';
import { jsonArrayBytes } from '../core/joined-bytes.js';
import { callerOf } from './authenticate.js';
import type { HttpDeps } from './deps.js';
import { readLimit, readText, readWhole } from './query.js';

const MAX_TIMEOUT_MS = 60_000;
/** Below, packing costs more than it saves. */
const PACKED_FROM_BYTES = 1024;
/** The fastest level: events of one type are so alike that it takes off most already. */
const LEVEL = 1;
const gzipAside = promisify<Uint8Array, { level: number }, Buffer>(gzip);

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
      const body = await packed(jsonArrayBytes(events.map(({ json }) => json)), { request, response });
      if (!response.destroyed) response.type('application/cloudevents-batch+json').send(body);
    } finally {
      stopping.removeEventListener('abort', leave);
    }
  };
}

/** Packs an answer for a reader that says it can read that; once there is one, so that nothing waits longer. */
async function packed(
  body: Buffer,
  { request, response }: { request: Pick<Request, 'acceptsEncodings'>; response: Response },
): Promise<Buffer> {
  response.vary('Accept-Encoding');
  if (body.length < PACKED_FROM_BYTES || request.acceptsEncodings('identity', 'gzip') !== 'gzip') return body;
  const small = await gzipAside(body, { level: LEVEL });
  if (!response.headersSent) response.set('content-encoding', 'gzip');
  return small;
}

/** Makes the handler of `GET /v1/feeds/records/digest`. */
export function readFeedDigest(deps: Pick<HttpDeps, 'readFeedDigest'>): RequestHandler {
  return async (request, response) => {
    response.json(await deps.readFeedDigest(readText(request, 'lastEventId')));
  };
}
