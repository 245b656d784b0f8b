// What became of a batch, for the agency that delivered it, operators and auditors.
import type { RequestHandler, Response } from 'express';
import { GatewayError } from '../core/errors.js';
import { callerOf, maySee } from './authenticate.js';
import type { HttpDeps } from './deps.js';
import { MAX_LIMIT, readLimit, readText } from './query.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const PLACE = /^\d{1,15}\.\d{1,9}$/;

/** Makes the handler of `GET /v1/batches/{id}`. */
export function readBatch(deps: HttpDeps): RequestHandler<{ id: string }> {
  return async (request, response) => {
    response.json(await ownBatch(request.params.id, response, deps));
  };
}

/** Makes the handler of `GET /v1/batches/{id}/problems`. */
export function readBatchProblems(deps: HttpDeps): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const batch = await ownBatch(request.params.id, response, deps);
    const after = readText(request, 'after');
    if (after !== undefined && !PLACE.test(after))
      throw new GatewayError(
        'request.malformed',
        'The parameter after must be the next of an earlier page.',
        {
          details: { parameter: 'after' },
          detailZh: '参数 after 应为上一页返回的 next。',
        },
      );
    response.json(await deps.readProblems(batch.id, { after, limit: readLimit(request, MAX_LIMIT) }));
  };
}

async function ownBatch(id: string, response: Response, deps: HttpDeps): Promise<{ readonly id: string }> {
  const batch = UUID.test(id) ? await deps.readBatch(id) : null;
  if (batch === null || !maySee(callerOf(response), batch.agency))
    throw new GatewayError('batch.unknown', 'There is no such batch for this key.', {
      detailZh: '该密钥没有此批次。',
    });
  return batch;
}
