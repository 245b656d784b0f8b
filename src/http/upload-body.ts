// The body of an upload as a stream of its own: asked for when it is first read, and what is destroyed is
// this stream, never the request, which has to live on until its answer is out.
import { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import { GatewayError } from '../core/errors.js';
import { askForBody } from './expect-continue.js';

const BUFFERED_BYTES = 262_144;

/** Makes the stream; it fails with `upload.broken-off` when the sender goes before its last byte. */
export function uploadBody(request: Request, response: Response): Readable {
  const take = (chunk: Buffer): void => {
    if (!body.push(chunk)) request.pause();
  };
  const finish = (): void => void body.push(null);
  const breakOff = (): void => {
    if (!request.complete) body.destroy(brokenOff());
  };
  let isFlowing = false;
  const body = new Readable({
    highWaterMark: BUFFERED_BYTES,
    read: () => {
      askForBody(request, response);
      if (!isFlowing) request.on('data', take).once('end', finish);
      isFlowing = true;
      request.resume();
    },
    destroy: (error, done) => {
      request.off('data', take).off('end', finish).off('error', breakOff).off('close', breakOff);
      done(error);
    },
  });
  request.once('error', breakOff).once('close', breakOff);
  // A sender may go before anybody reads; who reads later finds the stream destroyed.
  body.on('error', () => undefined);
  return body;
}

function brokenOff(): GatewayError {
  return new GatewayError('upload.broken-off', 'The upload ended before its last byte; send it again.', {
    detailZh: '上传在结束前中断，请重新上传。',
  });
}
