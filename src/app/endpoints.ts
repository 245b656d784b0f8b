// Where each agency takes notices: its entry in config/agencies.yaml, with the secret from the file that
// is named there, or the sandbox's simulated agency.
import { readFileSync } from 'node:fs';
import type { Agency } from '../core/configuration.js';
import { GatewayError } from '../core/errors.js';

export interface AgencyEndpoint {
  readonly url: string;
  readonly secret: string;
}

/** Gives the endpoint of an agency; undefined where it fetches its notices from its mailbox. */
export type Endpoints = (agency: string) => AgencyEndpoint | undefined;

/** Reads the configured endpoints; throws `config.invalid` where a secret cannot be read. */
export function configuredEndpoints(agencies: readonly Agency[]): Endpoints {
  const endpoints = new Map<string, AgencyEndpoint>();
  for (const { id, webhook } of agencies)
    if (webhook !== undefined)
      endpoints.set(id, { url: webhook.url, secret: readSecret(id, webhook.secretFile) });
  return (agency) => endpoints.get(agency);
}

function readSecret(agency: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new GatewayError(
      'config.invalid',
      `The webhook secret of ${agency} cannot be read; see secretFile in config/agencies.yaml.`,
      {
        cause: error,
      },
    );
  }
}
