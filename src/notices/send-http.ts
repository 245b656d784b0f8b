// What the notices need of an HTTP client: one request, one answer, no redirect followed. It rejects where
// no answer came, with `address.not-allowed` where the address may not be called.
import { isGatewayError } from '../core/errors.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export type SendHttp = (request: HttpRequest) => Promise<HttpAnswer>;

/** Names why no answer came, in a word that is safe to store: the client's reason, or a code of ours or the network's. */
export function failureCode(error: unknown): string {
  if (isGatewayError(error)) {
    const { reason } = error.details;
    return typeof reason === 'string' ? reason : error.code;
  }
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'network';
}

/** Reads a `Retry-After` header (seconds or a date) as milliseconds from `now`; undefined where it says nothing. */
export function readRetryAfter(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const moment = Date.parse(header);
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now.getTime());
}
