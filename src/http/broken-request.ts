// What Node cannot read as a request: broken syntax, too long headers, headers that never end. There is no
// request to answer, so the problem is written to the socket.
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERRORS, GatewayError } from '../core/errors.js';
import { PROBLEM_TYPE, problemText } from './problem.js';

/** Answers on the socket and closes it. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  const { _httpMessage: answer } = socket as { _httpMessage?: { readonly headersSent: boolean } | null };
  // Another answer may be under way on this socket: a second one would be read as part of it.
  if (!socket.writable || answer?.headersSent === true) {
    socket.destroy();
    return;
  }
  const problem = problemOf(error.code);
  const body = problemText(problem);
  const { status } = ERRORS[problem.code];
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: ${PROBLEM_TYPE}\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

function problemOf(code: string | undefined): GatewayError {
  if (code === 'HPE_HEADER_OVERFLOW')
    return new GatewayError('request.headers-too-large', 'Address and headers together exceed 16 KiB.');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new GatewayError('request.timed-out', 'The headers did not arrive in time.');
  return new GatewayError('request.malformed', 'This is not a well-formed HTTP request.');
}
