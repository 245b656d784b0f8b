// What became of a batch, for the agency that delivered it, operators and auditors.
import type { RequestHandler, Response } from 'express';
import { GatewayError } from '../core/errors.js';
import { UUID } from '../core/uuid.js';
import { callerOf, maySee } from './authenticate.js';
import type { HttpDeps } from './deps.js';

/** Makes the handler of `GET /v1/batches/{id}`. */
export function readBatch(deps: HttpDeps): RequestHandler<{ id: string }> {
  return async (request, response) => {
    response.json(await ownBatch(request.params.id, response, deps));
  };
}

/** Gives a batch that the caller may see; throws `batch.unknown`. */
export async function ownBatch(
  id: string,
  response: Response,
  deps: Pick<HttpDeps, 'readBatch'>,
): Promise<{ readonly id: string }> {
  const batch = UUID.test(id) ? await deps.readBatch(id) : null;
  if (batch === null || !maySee(callerOf(response), batch.agency))
    throw new GatewayError('batch.unknown', 'There is no such batch for this key.', {
      detailZh: '该密钥没有此批次。',
    });
  return batch;
}
