// The sources: what each may send and how it comes, pulling one at once, stopping one and letting it go on.
import type { RequestHandler } from 'express';
import { GatewayError } from '../core/errors.js';
import { callerOf } from './authenticate.js';
import type { HttpDeps } from './deps.js';
import { mustGiveReason, readReason } from './held.js';
import { readMembers } from './json-body.js';
import { ownSource } from './read-upload.js';

/** Makes the handler of `GET /v1/sources`. */
export function listSources(deps: HttpDeps): RequestHandler {
  return async (_request, response) => {
    response.json({ sources: await deps.listSources(callerOf(response).agency) });
  };
}

/** Makes the handler of `POST /v1/sources/{source}/run`. */
export function runSource(deps: HttpDeps): RequestHandler<{ source: string }> {
  return async (request, response) => {
    const { id } = ownSource(request.params.source, response, deps);
    const { full, sweep } = readOrder(request.body);
    await deps.runSource(id, { isFull: full, isSweep: sweep, caller: callerOf(response) });
    response.status(202).json({ id, full, sweep });
  };
}

/** Makes the handler of `POST /v1/sources/{source}/pause`; a reason is required. */
export function pauseSource(deps: HttpDeps): RequestHandler<{ source: string }> {
  return async (request, response) => {
    const { id } = ownSource(request.params.source, response, deps);
    const reason = mustGiveReason(request.body);
    const paused = await deps.pauseSource(id, { reason, caller: callerOf(response) });
    response.json({ id, paused });
  };
}

/** Makes the handler of `POST /v1/sources/{source}/resume`. */
export function resumeSource(deps: HttpDeps): RequestHandler<{ source: string }> {
  return async (request, response) => {
    const { id } = ownSource(request.params.source, response, deps);
    await deps.resumeSource(id, { reason: readReason(request.body), caller: callerOf(response) });
    response.json({ id, paused: null });
  };
}

function readOrder(body: unknown): { full: boolean; sweep: boolean } {
  const { full = false, sweep = false } = readMembers(body, ['full', 'sweep']);
  if (typeof full === 'boolean' && typeof sweep === 'boolean') return { full, sweep };
  throw new GatewayError('request.malformed', 'full and sweep must be true or false.', {
    detailZh: 'full 和 sweep 应为 true 或 false。',
  });
}
