// The files that agencies fill in.
import type { RequestHandler } from 'express';
import { GatewayError, isGatewayError } from '../core/errors.js';
import type { HttpDeps } from './deps.js';

/** Makes the handler of `GET /v1/templates/{type}.csv`. */
export function csvTemplate(deps: HttpDeps): RequestHandler<{ type: string }> {
  return (request, response) => {
    const text = templateOf(request.params.type, deps);
    response.type('text/csv; charset=utf-8').attachment(`${request.params.type}.csv`).send(text);
  };
}

function templateOf(type: string, deps: HttpDeps): string {
  try {
    return deps.csvTemplate(type);
  } catch (error) {
    if (!isGatewayError(error, 'catalogue.not-listed')) throw error;
    throw new GatewayError('request.not-found', 'There is no template for such a record type.', {
      cause: error,
      details: error.details,
      detailZh: '没有该信息类别的模板。',
    });
  }
}
