// Every failure as `application/problem+json` (RFC 9457) with a stable code, in both languages. Of what is
// not ours nothing is told but a request id: no path, SQL, stack or personal number.
import type { NextFunction, Request, Response } from 'express';
import { ERRORS, GatewayError, isGatewayError } from '../core/errors.js';
import type { Logger } from '../platform/logger.js';
import { requestId } from './request-id.js';

const CLIENT_FAULT = 400;
const SERVER_FAULT = 500;

/** Answers a failure. */
export function sendProblem(response: Response, error: GatewayError): void {
  const { status, title, titleZh, retry } = ERRORS[error.code];
  if (status === 401) response.set('WWW-Authenticate', 'Bearer');
  if (status === 503 || (retry && status === 409)) response.set('Retry-After', '5');
  response
    .status(status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        ...error.details,
        type: `urn:credit-exchange:problem:${error.code}`,
        title: `${title} · ${titleZh}`,
        status,
        code: error.code,
        detail: error.message,
        detailZh: error.detailZh ?? titleZh,
        instance: `urn:request:${requestId(response)}`,
      }),
    );
}

/** Makes the last handler of the server: what was thrown becomes a problem. */
export function problemHandler(log: Logger) {
  // Express knows an error handler by its four parameters.
  return (thrown: unknown, _request: Request, response: Response, next: NextFunction): void => {
    const error = asGatewayError(thrown, response, log);
    if (response.headersSent) next(thrown);
    else sendProblem(response, error);
  };
}

function asGatewayError(thrown: unknown, response: Response, log: Logger): GatewayError {
  if (isGatewayError(thrown)) {
    if (thrown.status >= SERVER_FAULT)
      log.error({ err: thrown, request: requestId(response) }, 'Request failed');
    // A failure of ours may name files or statements in its sentence.
    return thrown.status === SERVER_FAULT ? unexpected(response) : thrown;
  }
  const status = (thrown as { status?: unknown } | null)?.status;
  if (typeof status === 'number' && status >= CLIENT_FAULT && status < SERVER_FAULT)
    return clientFault(status);
  log.error({ err: thrown, request: requestId(response) }, 'Request failed unexpectedly');
  return isConnectionFault(thrown)
    ? new GatewayError('database.unavailable', 'The gateway cannot reach its database just now; try again.')
    : unexpected(response);
}

function clientFault(status: number): GatewayError {
  if (status === 413) return new GatewayError('upload.too-large', 'The body of this request is too large.');
  if (status === 415)
    return new GatewayError(
      'upload.type-not-supported',
      'This content type or encoding is not supported here.',
    );
  return new GatewayError(
    'request.malformed',
    'The request cannot be read; its body must be well-formed JSON.',
    {
      detailZh: '请求无法解析，请求体必须是合法的 JSON。',
    },
  );
}

function unexpected(response: Response): GatewayError {
  return new GatewayError(
    'internal.unexpected',
    `Something went wrong on our side; name request ${requestId(response)} when you report it.`,
    {
      detailZh: `系统内部错误，报告时请提供请求编号 ${requestId(response)}。`,
    },
  );
}

function isConnectionFault(thrown: unknown): boolean {
  const code = (thrown as { code?: unknown } | null)?.code;
  return typeof code === 'string' && (/^(ECONN|ETIMEDOUT|EPIPE)/.test(code) || /^(08|57P)/.test(code));
}
