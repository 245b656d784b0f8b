// The adapters by the name that a destination's entry gives. A new one is a file beside this and a line in the table,
// and its name in schemas/config/destinations.schema.json.
import type { Destination } from '../../core/configuration.js';
import type { Adapter } from '../adapter.js';
import { cityHttp, type CityHttpNeeds } from './city-http.js';

export type AdapterNeeds = CityHttpNeeds;

const ADAPTERS = { 'city-http': cityHttp } satisfies Record<
  Destination['adapter'],
  (needs: AdapterNeeds) => Adapter
>;

/** Gives the adapter of a destination. */
export function adapterOf({ adapter }: Destination, needs: AdapterNeeds): Adapter {
  return ADAPTERS[adapter](needs);
}
