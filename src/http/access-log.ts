// One line a request, for whoever looks closely. Neither headers nor query, for keys and codes may stand there;
// nor runs of digits as long as a personal number.
import type { RequestHandler } from 'express';
import { pinoHttp } from 'pino-http';
import type { Logger } from '../platform/logger.js';
import { requestId } from './request-id.js';

const LONG_NUMBER = /\d{15,}[Xx]?/g;

/** Makes the log of requests, on level `debug`. */
export function logRequests(log: Logger): RequestHandler {
  return pinoHttp({
    logger: log,
    quietReqLogger: true,
    genReqId: (_request, response) => requestId(response as never),
    customLogLevel: () => 'debug',
    customSuccessMessage: () => 'Request answered',
    customErrorMessage: () => 'Request answered',
    serializers: {
      req: ({ method, url }: { method: string; url: string }) => ({ method, path: pathOf(url) }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
  });
}

function pathOf(url: string): string {
  return (url.split('?')[0] ?? '').replaceAll(LONG_NUMBER, '*');
}
