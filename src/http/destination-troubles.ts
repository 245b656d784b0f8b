// What does not get through to a destination: its refusals, and the messages that are set aside.
import type { Request, RequestHandler } from 'express';
import { UUID } from '../core/uuid.js';
import { callerOf } from './authenticate.js';
import type { HttpDeps, SetAsideOrder } from './deps.js';
import { mustGiveReason } from './held.js';
import { MAX_LIMIT, readLimit, readText, readWhole } from './query.js';

const MAX_MESSAGES = 100;

type To = { destination: string };

/** Makes the handler of `GET /v1/destinations/{destination}/refusals`. */
export function listRefusals(deps: HttpDeps): RequestHandler<To> {
  return async (request, response) => {
    const page = {
      ...readPage(request as Request<never>, MAX_LIMIT),
      code: readText(request as Request<never>, 'code'),
    };
    response.json(await deps.listRefusals(request.params.destination, page));
  };
}

/** Makes the handler of `GET /v1/destinations/{destination}/set-aside`. */
export function listSetAside(deps: HttpDeps): RequestHandler<To> {
  return async (request, response) => {
    const page = readPage(request as Request<never>, MAX_MESSAGES);
    response.json(await deps.listSetAside(request.params.destination, page));
  };
}

/** Makes the handler for one of the two ways out of being set aside; a reason is required. */
export function endSetAside(
  deps: HttpDeps,
  way: SetAsideOrder['way'],
): RequestHandler<To & { message: string }> {
  return async (request, response) => {
    const { destination, message } = request.params;
    const messageId = UUID.test(message) ? message.toLowerCase() : undefined;
    const reason = mustGiveReason(request.body);
    await deps.endSetAside(destination, { messageId, way, reason, caller: callerOf(response) });
    response.json({ destination, message, state: 'planned' });
  };
}

function readPage(request: Request, most: number): { after: number | undefined; limit: number } {
  return { after: readWhole(request, 'after', 0), limit: readLimit(request, most) };
}
