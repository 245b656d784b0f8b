// The destinations that nobody says the place of: told by `check`, at the start and in the status, for nothing goes there.
import { addressVariable, type Addresses } from '../core/addresses.js';
import type { Configuration } from '../core/configuration.js';

/** Gives the ids of the destinations without an address, in the order of the configuration. */
export function withoutAddress(
  { destinations }: Pick<Configuration, 'destinations'>,
  addresses: Addresses,
): string[] {
  return destinations.map(({ id }) => id).filter((id) => !addresses.has(id));
}

/** Gives one sentence per destination without an address, in both languages. */
export function addressNotices(
  configuration: Pick<Configuration, 'destinations'>,
  addresses: Addresses,
): string[] {
  return withoutAddress(configuration, addresses).map((id) => {
    const variable = addressVariable(id, 'URL');
    return `destinations.yaml, ${id}: ${variable} is not set, so nothing is forwarded there · 未设置 ${variable}，不向该目的地转发`;
  });
}
