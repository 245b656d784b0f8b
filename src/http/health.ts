// `/livez` says that the process runs, `/readyz` that everything has started and the database answers.
import type { RequestHandler } from 'express';
import type { HttpDeps } from './deps.js';

const UNAVAILABLE = 503;

/** Makes the handler of `GET /livez`. */
export function tellAlive(): RequestHandler {
  return (_request, response) => {
    response.json({ status: 'ok' });
  };
}

/** Makes the handler of `GET /readyz`: 503 until everything has started, and while the database does not answer. */
export function tellReady(deps: Pick<HttpDeps, 'isReady'>): RequestHandler {
  return async (_request, response) => {
    const isReady = await deps.isReady();
    response.status(isReady ? 200 : UNAVAILABLE).json({ status: isReady ? 'ok' : 'starting' });
  };
}
