// Requests as bytes on a socket, for what no client would send.
import assert from 'node:assert/strict';
import net from 'node:net';
import type { Exchange } from './openapi-check.js';

export interface RawConnection {
  readonly socket: net.Socket;
  /** Everything received so far. */
  received(): string;
  /** Resolves with everything received when the server has closed. */
  readonly closed: Promise<string>;
}

/** Opens a connection and sends the bytes. */
export function openRaw(port: number, bytes: string | Buffer): RawConnection {
  const pieces: Buffer[] = [];
  const received = (): string => Buffer.concat(pieces).toString('utf8');
  const socket = net.connect({ port, host: '127.0.0.1' }, () => socket.write(bytes));
  socket.on('data', (piece) => pieces.push(piece));
  const closed = new Promise<string>((resolve) => {
    socket.on('close', () => resolve(received()));
    // A connection that is reset has been closed, too.
    socket.on('error', () => undefined);
  });
  return { socket, received, closed };
}

/** Reads one answer out of what was received. */
export function readExchange(raw: string, sent: { method: string; path: string }): Exchange {
  const end = raw.indexOf('\r\n\r\n');
  assert.ok(end > 0, `no whole answer: ${JSON.stringify(raw.slice(0, 200))}`);
  const [first = '', ...lines] = raw.slice(0, end).split('\r\n');
  const headers = new Headers(
    lines.map((line): [string, string] => [
      line.slice(0, line.indexOf(':')),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
  return { ...sent, status: Number(first.split(' ')[1]), headers, text: raw.slice(end + 4) };
}
