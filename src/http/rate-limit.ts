// How often one may call: each key by itself, all without a known key together by their address. Guessing
// keys opens no new account, because a key that is not known counts as none.
import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { GatewayError } from '../core/errors.js';
import { findCaller } from './authenticate.js';

const WINDOW_MS = 1000;

/** Makes the limit; above it follows `request.too-many`, with `Retry-After`. */
export function limitRequests(requestsPerSecond: number): RequestHandler {
  return rateLimit({
    windowMs: WINDOW_MS,
    limit: requestsPerSecond,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: accountOf,
    handler: () => {
      throw new GatewayError(
        'request.too-many',
        `At most ${requestsPerSecond} requests a second; slow down.`,
        { detailZh: `每秒最多 ${requestsPerSecond} 次请求，请放慢。` },
      );
    },
  });
}

function accountOf(request: Request, response: Response): string {
  const caller = findCaller(response);
  return caller === undefined ? `address:${ipKeyGenerator(request.ip ?? '')}` : `key:${caller.keyId}`;
}
