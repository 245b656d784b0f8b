// JSON bodies: at most 256 KiB, UTF-8, not compressed, and of the right type.
import express, { type RequestHandler } from 'express';
import { GatewayError } from '../core/errors.js';
import { hasBody } from './body-watch.js';
import { continueBody } from './expect-continue.js';

const MAX_BYTES = 256 * 1024;

/** Makes the handlers that read a JSON body; throws `request.type-not-supported` for any other. */
export function readJson(presence: 'required' | 'optional'): RequestHandler[] {
  return [refuseOthers(presence), continueBody(), express.json({ limit: MAX_BYTES, inflate: false })];
}

function refuseOthers(presence: 'required' | 'optional'): RequestHandler {
  return (request, _response, next) => {
    if (hasBody(request) ? request.is('application/json') === false : presence === 'required')
      throw new GatewayError(
        'request.type-not-supported',
        'Send application/json in UTF-8, not compressed.',
        { detailZh: '请以 UTF-8 编码的 application/json 发送，不要压缩。' },
      );
    next();
  };
}
