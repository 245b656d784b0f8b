// The files that agencies fill in.
import type { RequestHandler } from 'express';
import { GatewayError, isGatewayError } from '../core/errors.js';
import type { HttpDeps } from './deps.js';
import { XLSX } from './reports.js';
import { sendFile } from './send-file.js';

/** Makes the handler of `GET /v1/templates/{type}.csv`. */
export function csvTemplate(deps: HttpDeps): RequestHandler<{ type: string }> {
  return (request, response) => {
    const text = templateOf(request.params.type, deps);
    response.type('text/csv; charset=utf-8').attachment(`${request.params.type}.csv`).send(text);
  };
}

/** Makes the handler of `GET /v1/templates/{type}.xlsx`. */
export function workbookTemplate(deps: HttpDeps): RequestHandler<{ type: string }> {
  return async (request, response) => {
    const { type } = request.params;
    // A type that is not there is found out before anything is sent.
    templateOf(type, deps);
    response.type(XLSX).attachment(`${type}.xlsx`);
    await sendFile({ request, response, deps }, (out) => deps.writeTemplate(type, out));
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
