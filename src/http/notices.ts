// Notices over HTTP: the city pushes them, agencies fetch theirs, acknowledge and answer them.
import type { RequestHandler } from 'express';
import { GatewayError } from '../core/errors.js';
import { agencyOf, callerOf } from './authenticate.js';
import type { HttpDeps } from './deps.js';
import { MAX_LIMIT, readLimit, readWhole } from './query.js';

const NOTICE_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$/;

/** Makes the handler of `POST /v1/notices`: 201 for a new notice, 200 for one that is there already. */
export function acceptNotice(deps: HttpDeps): RequestHandler {
  return async (request, response) => {
    const { isNew, ...accepted } = await deps.acceptNotice(request.body as unknown, callerOf(response));
    response.status(isNew ? 201 : 200).json(accepted);
  };
}

/** Makes the handler of `GET /v1/notices`, the mailbox of an agency. */
export function listMailbox(deps: HttpDeps): RequestHandler {
  return async (request, response) => {
    const page = {
      after: readWhole(request, 'after', 0) ?? 0,
      limit: readLimit(request, MAX_LIMIT),
      caller: callerOf(response),
    };
    response.json(await deps.listMailbox(agencyOf(response), page));
  };
}

/** Makes the handler of `POST /v1/notices/{id}/acknowledgement`. */
export function acknowledge(deps: HttpDeps): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const by = { agency: agencyOf(response), caller: callerOf(response) };
    response.json(await deps.acknowledge({ noticeId: noticeId(request.params.id), ...by }));
  };
}

/** Makes the handler of `POST /v1/notices/{id}/feedback`. */
export function giveFeedback(deps: HttpDeps): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const by = { agency: agencyOf(response), caller: callerOf(response) };
    const feedback: unknown = request.body;
    response.json(await deps.giveFeedback({ noticeId: noticeId(request.params.id), ...by, feedback }));
  };
}

function noticeId(id: string): string {
  if (NOTICE_ID.test(id)) return id;
  throw new GatewayError('notice.unknown', 'There is no such notice for this key.', {
    detailZh: '该密钥没有此通知。',
  });
}
