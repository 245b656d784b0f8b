// Comparing the days of a destination with its own account: ordering it, what came of it, and making good what differs.
import type { Request, RequestHandler } from 'express';
import { GatewayError } from '../core/errors.js';
import { callerOf } from './authenticate.js';
import type { HttpDeps } from './deps.js';
import { mustGiveReason } from './held.js';
import { readMembers } from './json-body.js';
import { MAX_LIMIT, readLimit, readText, readWhole } from './query.js';

interface To {
  readonly destination: string;
}
type ToDay = To & { readonly date: string };

const MAX_DAYS = 100;

/** Makes the handler of `POST /v1/destinations/{destination}/reconcile`; for yesterday where no date is given. */
export function orderReconciliation(deps: HttpDeps): RequestHandler<To> {
  return async (request, response) => {
    const { date } = readMembers(request.body, ['date']);
    if (date !== undefined && typeof date !== 'string')
      throw new GatewayError('request.malformed', 'The date must be a text, YYYY-MM-DD.', {
        detailZh: '日期应为 YYYY-MM-DD 格式的文本。',
      });
    const order = { date, caller: callerOf(response) };
    response.status(202).json(await deps.orderReconciliation(request.params.destination, order));
  };
}

/** Makes the handler of `GET /v1/destinations/{destination}/reconciliations`. */
export function listReconciliations(deps: HttpDeps): RequestHandler<To> {
  return async (request, response) => {
    const asked = request as unknown as Request;
    const page = { before: readText(asked, 'before'), limit: readLimit(asked, MAX_DAYS) };
    response.json(await deps.listReconciliations(request.params.destination, page));
  };
}

/** Makes the handler of `GET /v1/destinations/{destination}/reconciliations/{date}/differences`. */
export function listDifferences(deps: HttpDeps): RequestHandler<ToDay> {
  return async (request, response) => {
    const { destination, date } = request.params;
    const asked = request as unknown as Request;
    const page = { after: readWhole(asked, 'after', 0) ?? 0, limit: readLimit(asked, MAX_LIMIT) };
    response.json(await deps.listDifferences(destination, date, page));
  };
}

/** Makes the handler of `POST /v1/destinations/{destination}/reconciliations/{date}/repair`; a reason is required. */
export function repairDifferences(deps: HttpDeps): RequestHandler<ToDay> {
  return async (request, response) => {
    const { destination, date } = request.params;
    const repair = { reason: mustGiveReason(request.body), caller: callerOf(response) };
    response.status(202).json(await deps.repairDifferences(destination, date, repair));
  };
}
