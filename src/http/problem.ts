// Every failure as `application/problem+json` (RFC 9457) with a stable code, in both languages. The rest of a
// refused body is taken in before the answer ends, so that a connection that closes does not cut the answer.
import type { Response } from 'express';
import { ERRORS, type GatewayError } from '../core/errors.js';
import { awaitsContinue } from './expect-continue.js';
import { requestId } from './request-id.js';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';
const RETRY_AFTER_S = { soon: 1, later: 5 };

/** Answers a failure and ends the answer once the body of the request is in. */
export function sendProblem(response: Response, error: GatewayError): void {
  const { req: request } = response;
  const isIgnored = awaitsContinue(request);
  // A sender that was not told to continue may send its body all the same, or the next request.
  if (isIgnored) response.set('Connection', 'close');
  writeProblem(response, error);
  if (request.complete || request.destroyed || isIgnored) {
    response.end();
    return;
  }
  const end = (): void => void response.end();
  request.once('end', end).once('close', end).resume();
}

/** Writes a failure without ending the answer. */
export function writeProblem(response: Response, error: GatewayError): void {
  const { status } = ERRORS[error.code];
  const body = problemText(error, `urn:request:${requestId(response)}`);
  response.removeHeader('Content-Disposition');
  if (status === 401) response.set('WWW-Authenticate', 'Bearer');
  const wait = waitSeconds(error);
  if (wait !== undefined) response.set('Retry-After', String(wait));
  response.status(status).set({ 'Content-Type': PROBLEM_TYPE, 'Content-Length': Buffer.byteLength(body) });
  response.write(body);
}

/** Gives the whole seconds after which it is worth asking again; undefined where a retry does not help. */
function waitSeconds(error: GatewayError): number | undefined {
  const { status, retry } = ERRORS[error.code];
  if (status !== 429 && status !== 503 && !(retry && status === 409)) return undefined;
  const known = error.details['retryAfterSeconds'];
  if (typeof known === 'number' && known > 0) return Math.ceil(known);
  return status === 429 ? RETRY_AFTER_S.soon : RETRY_AFTER_S.later;
}

/** Gives the JSON of a failure; `instance` names the request where it has a name. */
export function problemText(error: GatewayError, instance?: string): string {
  const { status, title, titleZh } = ERRORS[error.code];
  return JSON.stringify({
    ...error.details,
    type: `urn:credit-exchange:problem:${error.code}`,
    title: `${title} · ${titleZh}`,
    status,
    code: error.code,
    detail: error.message,
    detailZh: error.detailZh ?? titleZh,
    instance,
  });
}
