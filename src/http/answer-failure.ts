// The last handlers: what no route took and what was thrown become problems. Of what is not ours nothing is
// told but a request id: no path, SQL, stack or personal number.
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { GatewayError, isGatewayError } from '../core/errors.js';
import type { Logger } from '../platform/logger.js';
import { sendProblem } from './problem.js';
import { requestId } from './request-id.js';

const CLIENT_FAULT = 400;
const SERVER_FAULT = 500;
const ERROR_HANDLER_PARAMETERS = 4;

/** Makes the handler of addresses that are not there; what was asked for is not repeated. */
export function answerNotFound(): RequestHandler {
  return () => {
    throw new GatewayError('request.not-found', 'There is nothing at this address; see /docs.', {
      detailZh: '地址不存在，请参阅 /docs。',
    });
  };
}

/** Makes the handler of an address that is there, for other methods than these. */
export function answerNotAllowed(methods: readonly string[]): RequestHandler {
  const allowed = methods.flatMap((method) => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]));
  return (_request, response) => {
    response.set('Allow', allowed.join(', '));
    throw new GatewayError('request.method-not-allowed', `Only ${allowed.join(', ')} may be used here.`, {
      details: { allowed },
      detailZh: `此地址仅支持 ${allowed.join('、')}。`,
    });
  };
}

/** Makes the last handler of the server: what was thrown becomes a problem. */
export function answerFailure(log: Logger): ErrorRequestHandler {
  const answer = (...[thrown, request, response]: Parameters<ErrorRequestHandler>): void => {
    if (response.headersSent || request.socket.destroyed) {
      log.debug({ err: thrown, request: requestId(response) }, 'Request failed after its answer');
      response.destroy();
      return;
    }
    sendProblem(response, asGatewayError(thrown, response, log));
  };
  // Express knows an error handler by the number of its parameters.
  return Object.defineProperty(answer, 'length', { value: ERROR_HANDLER_PARAMETERS });
}

function asGatewayError(thrown: unknown, response: Response, log: Logger): GatewayError {
  if (isGatewayError(thrown)) {
    if (thrown.status >= SERVER_FAULT)
      log.error({ err: thrown, request: requestId(response) }, 'Request failed');
    // A failure of ours may name files or statements in its sentence.
    return thrown.status === SERVER_FAULT ? unexpected(response) : thrown;
  }
  const { status, type } = (thrown ?? {}) as { status?: unknown; type?: unknown };
  if (typeof status === 'number' && status >= CLIENT_FAULT && status < SERVER_FAULT)
    return clientFault(status, type === undefined ? 'address' : 'body');
  log.error({ err: thrown, request: requestId(response) }, 'Request failed unexpectedly');
  return isConnectionFault(thrown)
    ? new GatewayError('database.unavailable', 'The gateway cannot reach its database just now; try again.')
    : unexpected(response);
}

function clientFault(status: number, place: 'address' | 'body'): GatewayError {
  if (status === 413) return new GatewayError('request.too-large', 'The body of this request is too large.');
  if (status === 415)
    return new GatewayError('request.type-not-supported', 'Send application/json in UTF-8, not compressed.', {
      detailZh: '请以 UTF-8 编码的 application/json 发送，不要压缩。',
    });
  return place === 'body'
    ? new GatewayError('request.malformed', 'The body must be well-formed JSON: an object or an array.', {
        detailZh: '请求体必须是合法的 JSON。',
      })
    : new GatewayError('request.malformed', 'The address cannot be read; check its percent-encoding.', {
        detailZh: '请求地址无法解析，请检查百分号编码。',
      });
}

function unexpected(response: Response): GatewayError {
  return new GatewayError(
    'internal.unexpected',
    `Something went wrong on our side; name request ${requestId(response)} when you report it.`,
    { detailZh: `系统内部错误，报告时请提供请求编号 ${requestId(response)}。` },
  );
}

function isConnectionFault(thrown: unknown): boolean {
  const { code, message } = (thrown ?? {}) as { code?: unknown; message?: unknown };
  // The driver gives some of its failures no code.
  if (typeof message === 'string' && message.startsWith('Connection terminated')) return true;
  return typeof code === 'string' && (/^(ECONN|ETIMEDOUT|EPIPE)/.test(code) || /^(08|57P)/.test(code));
}
