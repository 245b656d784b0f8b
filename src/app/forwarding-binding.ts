// Binds forwarding and the comparison of days in this process: for each destination that has an address a forwarder of
// its own, with its own connections, so that one that is down holds up none of the others.
import type { Address, Addresses } from '../core/addresses.js';
import type { Destination } from '../core/configuration.js';
import { auditReading } from '../db/person-reading.js';
import { createForwarder, type Forwarder } from '../forwarding/forwarder.js';
import { compileWording } from '../forwarding/wording.js';
import type { HttpClient } from '../platform/http-client.js';
import { compileOfficial } from '../records/official-columns.js';
import { openDestinationClient } from './clients.js';
import type { Foundation } from './gateway.js';
import { wakeQueue } from './notice-binding.js';
import { handleReconciliations } from './reconciliation-jobs.js';

/** A destination that can be called. */
export interface Reached {
  readonly destination: Destination;
  readonly city: Address;
  readonly http: Pick<HttpClient, 'send'>;
}

/** Handles the queues `forward` and `reconcile`; does nothing where no destination has an address. */
export function handleForwarding(foundation: Foundation, addresses: Addresses): void {
  const { site, dispatcher, stops } = foundation;
  const reached = site.configuration.destinations.flatMap((destination): Reached[] => {
    const city = addresses.get(destination.id);
    return city === undefined
      ? []
      : [{ destination, city, http: openDestinationClient(foundation, destination) }];
  });
  if (reached.length === 0) return;
  const forwarders = bindForwarders(foundation, reached);
  for (const forwarder of forwarders.values()) stops.push('messages in flight', forwarder.drain);
  // Each is worked on by itself: what one waits for is nothing to the others.
  dispatcher.handle('forward', forwarders.size, async (id) => {
    await forwarders.get(id)?.forward();
  });
  handleReconciliations(foundation, reached);
}

function bindForwarders(foundation: Foundation, reached: readonly Reached[]): Map<string, Forwarder> {
  const { site, storage } = foundation;
  const wake = wakeQueue(foundation);
  const openness = new Map(site.configuration.catalogue.map((entry) => [entry.type, entry.openness]));
  const shared = {
    ...foundation,
    database: storage.database,
    random: Math.random,
    opennessOf: (type: string) => openness.get(type),
    officialTable: compileOfficial(site.definitions),
    open: storage.sealer.open,
    personReading: auditReading,
    creditCodeOf: creditCodes(foundation),
    wordingOf: compileWording(site.definitions, site.configuration.agencies),
    wake: (id: string) => wake('forward', id),
  };
  return new Map(
    reached.map(({ destination, city, http }) => [
      destination.id,
      createForwarder({ ...shared, destination, city, http }),
    ]),
  );
}

/** Gives the unified social credit code of an agency; empty where it is no longer configured. */
export function creditCodes({ site }: Pick<Foundation, 'site'>): (agency: string) => string {
  const codes = new Map(site.configuration.agencies.map(({ id, creditCode }) => [id, creditCode]));
  return (agency) => codes.get(agency) ?? '';
}
