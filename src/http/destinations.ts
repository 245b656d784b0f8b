// The destinations: how each stands, stopping one and letting it go on.
import type { RequestHandler } from 'express';
import { callerOf } from './authenticate.js';
import type { HttpDeps } from './deps.js';
import { mustGiveReason, readReason } from './held.js';

/** Makes the handler of `GET /v1/destinations`. */
export function listDestinations(deps: HttpDeps): RequestHandler {
  return async (_request, response) => {
    response.json({ destinations: await deps.listDestinations() });
  };
}

/** Makes the handler of `POST /v1/destinations/{destination}/pause`; a reason is required. */
export function pauseDestination(deps: HttpDeps): RequestHandler<{ destination: string }> {
  return async (request, response) => {
    const { destination: id } = request.params;
    const reason = mustGiveReason(request.body);
    const paused = await deps.pauseDestination(id, { reason, caller: callerOf(response) });
    response.json({ id, paused });
  };
}

/** Makes the handler of `POST /v1/destinations/{destination}/resume`. */
export function resumeDestination(deps: HttpDeps): RequestHandler<{ destination: string }> {
  return async (request, response) => {
    const { destination: id } = request.params;
    await deps.resumeDestination(id, { reason: readReason(request.body), caller: callerOf(response) });
    response.json({ id, paused: null });
  };
}
