// What the notices need of the HTTP client, and why no answer came in a word that is safe to store.
import { isGatewayError } from '../core/errors.js';
import type { HttpClient } from '../platform/http-client.js';

/** One request, one answer; rejects with `address.not-allowed` where the address may not be called. */
export type SendHttp = HttpClient['send'];

/** Names why no answer came, in a word that is safe to store: the client's reason, or a code of ours or the network's. */
export function failureCode(error: unknown): string {
  if (isGatewayError(error)) {
    const { reason } = error.details;
    return typeof reason === 'string' ? reason : error.code;
  }
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : 'network';
}
