// `Expect: 100-continue`: the sender waits with its body until it is asked for. It is asked only once nothing
// speaks against the headers, so that a refusal costs no upload.
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';

interface Asked extends IncomingMessage {
  isAskedToContinue?: boolean;
}

/** Tells whether the sender waits with its body and has not been asked for it. */
export function awaitsContinue(request: Asked): boolean {
  return /^100-continue$/i.test(request.headers.expect ?? '') && request.isAskedToContinue !== true;
}

/** Asks a sender that waits for its body. */
export function askForBody(request: Asked, response: Response): void {
  if (!awaitsContinue(request) || response.headersSent) return;
  request.isAskedToContinue = true;
  response.writeContinue();
}

/** Makes a handler that asks for the body before it is read by the next one. */
export function continueBody(): RequestHandler {
  return (request: Request, response, next) => {
    askForBody(request, response);
    next();
  };
}
