// One line a request, for whoever looks closely. Neither headers nor query: keys and codes may stand there.
import type { RequestHandler } from 'express';
import { pinoHttp } from 'pino-http';
import type { Logger } from '../platform/logger.js';
import { requestId } from './request-id.js';

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
      req: ({ method, url }: { method: string; url: string }) => ({ method, path: url.split('?')[0] }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
  });
}
