// The HTTP clients of this process; each closes its kept connections at the stop.
import type { Destination } from '../core/configuration.js';
import { openIdentity } from '../platform/client-identity.js';
import { createHttpClient, type HttpClient } from '../platform/http-client.js';
import type { Foundation } from './gateway.js';

const MAX_ANSWER_BYTES = 16 * 1_048_576;

/** Opens a client; it calls any address where no ranges are given. */
export function openClient(
  { stops }: Pick<Foundation, 'stops'>,
  allowedRanges: readonly string[] | undefined,
): HttpClient {
  const client = createHttpClient({
    maxAnswerBytes: MAX_ANSWER_BYTES,
    ...(allowedRanges === undefined ? {} : { allowedRanges }),
  });
  stops.push('kept connections', () => {
    client.close();
    return Promise.resolve();
  });
  return client;
}

/** Opens the client of a destination, which shows the certificate that its entry names. */
export function openDestinationClient(
  { stops, clock, environment }: Pick<Foundation, 'stops' | 'clock' | 'environment'>,
  destination: Destination | undefined,
): Pick<HttpClient, 'send'> {
  const client = openClient({ stops }, undefined);
  const settings = destination?.clientIdentity;
  if (settings === undefined) return client;
  const readIdentity = openIdentity(settings, { folder: environment.configDir, clock });
  return { send: async (request) => client.send({ ...request, identity: await readIdentity() }) };
}
