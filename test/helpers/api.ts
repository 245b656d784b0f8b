// A client for tests: every answer is held against the OpenAPI document, so that a test cannot pass on a
// status, header, media type or shape that is not documented.
import { createOpenapiCheck, type Exchange } from './openapi-check.js';

export interface Call {
  readonly method?: string;
  /** Path and query. */
  readonly path: string;
  readonly key?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly body?: string | Buffer;
}

export interface Answer extends Exchange {
  /** The JSON of the answer; the empty object where it has none. */
  readonly body: Record<string, unknown>;
}

export type Api = (call: Call) => Promise<Answer>;

/** Makes a client of the server under `url`. */
export function createApi(url: string): Api {
  const check = createOpenapiCheck();
  return async (call) => {
    const { method = 'GET', path } = call;
    const { status, headers, text } = await send(url, call);
    const exchange = { method, path, status, headers, text };
    check(exchange);
    return { ...exchange, body: parse(exchange) };
  };
}

/** Uploads a file as `text/csv`, unless the headers say otherwise, and gives the answer. */
export function upload(api: Api, source: string, call: Omit<Call, 'path' | 'method'>): Promise<Answer> {
  return api({
    ...call,
    method: 'POST',
    path: `/v1/sources/${source}/batches`,
    headers: { 'content-type': 'text/csv', ...call.headers },
  });
}

async function send(url: string, call: Call): Promise<{ status: number; headers: Headers; text: string }> {
  const { key, json } = call;
  const body = json === undefined ? call.body : JSON.stringify(json);
  const answer = await fetch(new URL(call.path, url), {
    method: call.method ?? 'GET',
    headers: {
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
      ...call.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

function parse({ text, headers }: Exchange): Record<string, unknown> {
  return (headers.get('content-type') ?? '').includes('json') && text !== ''
    ? (JSON.parse(text) as Record<string, unknown>)
    : {};
}
