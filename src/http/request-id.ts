// One id for each request: in its log lines, and in every problem it is answered with.
import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';

const LOCAL = 'requestId';

/** Gives each request its id. */
export function assignRequestId(): RequestHandler {
  return (_request, response, next) => {
    response.locals[LOCAL] = randomUUID();
    next();
  };
}

/** Gives the id of the request that is being answered. */
export function requestId(response: Response): string {
  const id: unknown = response.locals[LOCAL];
  return typeof id === 'string' ? id : '';
}
