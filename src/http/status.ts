// `GET /v1/status`: is anything wrong?
import type { RequestHandler } from 'express';
import type { HttpDeps } from './deps.js';

/** Makes the handler. */
export function readStatus(deps: Pick<HttpDeps, 'readStatus'>): RequestHandler {
  return async (_request, response) => {
    response.json(await deps.readStatus());
  };
}
