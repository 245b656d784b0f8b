// An agency's HTTP service, as a real server on this machine: it answers as a test says, and remembers what it
// was asked.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes and texts as they are, all else as JSON. */
  readonly body: unknown;
}

export interface HttpService {
  /** Address of its rows, at `/rows`. */
  readonly url: string;
  readonly port: number;
  readonly asked: Asked[];
  answer(asked: Asked): Answer | Promise<Answer>;
  close(): Promise<void>;
}

/** Starts a service that has no rows. */
export async function openHttpService(): Promise<HttpService> {
  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const service: HttpService = {
    url: `http://127.0.0.1:${port}/rows`,
    port,
    asked: [],
    answer: () => ({ body: [] }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const piece of request) body += String(piece);
    const { method = '', headers } = request;
    const asked = { method, headers, body, url: new URL(request.url ?? '', service.url) };
    service.asked.push(asked);
    const { status = 200, headers: given = {}, body: told } = await service.answer(asked);
    response.writeHead(status, { 'content-type': 'application/json', ...given });
    response.end(typeof told === 'string' || told instanceof Uint8Array ? told : JSON.stringify(told));
  };
  return service;
}
