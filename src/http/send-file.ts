// Sends a file while it comes into being, no faster than it is read. What fails before its first byte is
// answered as a failure; what fails later resets the connection, so that half a file never looks like a whole.
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { HttpDeps } from './deps.js';
import { requestId } from './request-id.js';

export interface Sending {
  readonly request: Pick<Request, 'method'>;
  readonly response: Response;
  readonly deps: Pick<HttpDeps, 'log' | 'uploadIdleTimeoutMs'>;
}

/** Lets `write` fill the answer; what it throws before the first byte is thrown on. */
export async function sendFile(
  { request, response, deps }: Sending,
  write: (out: Writable) => Promise<void>,
): Promise<void> {
  const out = openAnswer(response, request.method === 'HEAD');
  response.once('close', () => out.destroy());
  // A reader that takes not a byte for so long is left; where we are slow ourselves, it waits.
  response.setTimeout(deps.uploadIdleTimeoutMs, () => {
    if (response.writableNeedDrain) response.socket?.resetAndDestroy();
  });
  try {
    await write(out);
    if (!out.writableEnded) out.end();
    await finished(out);
  } catch (error) {
    if (response.closed || response.writableEnded) return;
    if (!response.headersSent) throw error;
    deps.log.error({ err: error, request: requestId(response) }, 'File broke off while it was sent');
    // A reader by HTTP/1.0 takes the end of the connection for the end of the file, but not its reset.
    response.socket?.resetAndDestroy();
  }
}

/** Makes the stream that becomes the body of the answer; where only its headers are asked for, the first byte ends it. */
function openAnswer(response: Response, isHead: boolean): Writable {
  const out = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      if (isHead) {
        response.end();
        out.destroy();
      } else if (response.write(chunk)) done();
      else response.once('drain', done);
    },
    final: (done) => {
      response.end();
      done();
    },
  });
  // Whoever writes is told by the stream itself.
  out.on('error', () => undefined);
  return out;
}
