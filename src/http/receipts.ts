// The signed receipt of a batch, and the public key with which anybody can check it.
import type { RequestHandler } from 'express';
import { ownBatch } from './batches.js';
import type { HttpDeps } from './deps.js';

/** Makes the handler of `GET /v1/batches/{id}/receipt`. */
export function readReceipt(deps: HttpDeps): RequestHandler<{ id: string }> {
  return async (request, response) => {
    const { id } = await ownBatch(request.params.id, response, deps);
    const receipt = await deps.signReceipt(id);
    // As bytes: a charset has no meaning for this type.
    response.set('Content-Type', 'application/jose').send(Buffer.from(receipt, 'ascii'));
  };
}

/** Makes the handler of `GET /.well-known/jwks.json`. */
export function showPublicKeys(deps: Pick<HttpDeps, 'publicKeys'>): RequestHandler {
  return (_request, response) => {
    response.json(deps.publicKeys);
  };
}
