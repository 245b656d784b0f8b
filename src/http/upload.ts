// `POST /v1/sources/{source}/batches` and `/validations`: the same upload, to be taken in or only looked at.
import type { RequestHandler } from 'express';
import type { HttpDeps } from './deps.js';
import { withUpload } from './read-upload.js';

/** Makes the handler that takes a batch in. */
export function uploadBatch(deps: HttpDeps): RequestHandler<{ source: string }> {
  return async (request, response) => {
    const { id, status } = await withUpload({ request, response }, deps, deps.receiveBatch);
    response.status(202).location(`/v1/batches/${id}`).json({ id, status });
  };
}

/** Makes the handler that says what would become of a batch, and stores nothing. */
export function validateUpload(deps: HttpDeps): RequestHandler<{ source: string }> {
  return async (request, response) => {
    response.json(await withUpload({ request, response }, deps, deps.validate));
  };
}
