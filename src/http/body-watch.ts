// Watches the body of every request on its socket, whoever reads it or nobody: one that stands still is
// ended with 408, one that goes on and on after its refusal is cut off.
import type { Request, RequestHandler, Response } from 'express';
import { GatewayError } from '../core/errors.js';
import { writeProblem } from './problem.js';

const DRAINED_BYTES = 4 * 1024 ** 3;
const LOOKS = 8;
const DRAIN_LIMIT = 'drainBytes';

/** Makes the watch; a body may take as long as it likes, but not `idleMs` without a byte. */
export function watchBody(idleMs: number): RequestHandler {
  return (request, response, next) => {
    if (hasBody(request)) watch(request, response, idleMs);
    next();
  };
}

/** Says how much of a refused body is taken before the connection is cut; 4 GiB where nobody says so. */
export function setDrainLimit(response: Response, bytes: number): void {
  response.locals[DRAIN_LIMIT] = bytes;
}

/** Tells whether a request announces a body. */
export function hasBody(request: Request): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.get('content-length') ?? 0) > 0;
}

function watch(request: Request, response: Response, idleMs: number): void {
  const { socket } = request;
  const startedAt = socket.bytesRead;
  let seen = startedAt;
  let quietLooks = 0;
  const timer = setInterval(() => {
    if (request.complete || request.destroyed) {
      clearInterval(timer);
      return;
    }
    // What lies unread here waits for us, not for the sender.
    quietLooks = socket.bytesRead > seen || request.readableLength > 0 ? 0 : quietLooks + 1;
    seen = socket.bytesRead;
    if (quietLooks >= LOOKS) endIdle(request, response);
    else if (response.headersSent && seen - startedAt > drainLimit(response)) request.destroy();
  }, idleMs / LOOKS);
  request.once('close', () => clearInterval(timer));
}

function drainLimit(response: Response): number {
  const bytes: unknown = response.locals[DRAIN_LIMIT];
  return typeof bytes === 'number' ? bytes : DRAINED_BYTES;
}

function endIdle(request: Request, response: Response): void {
  if (response.headersSent) {
    request.destroy();
    return;
  }
  response.set('Connection', 'close');
  response.once('finish', () => request.destroy());
  writeProblem(
    response,
    new GatewayError('request.timed-out', 'No byte of the body came for too long; send it again.', {
      detailZh: '长时间未收到数据，请重新发送。',
    }),
  );
  response.end();
}
