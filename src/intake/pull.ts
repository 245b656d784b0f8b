// What a scheduled way in is: folder, HTTP service and front-end database do the same thing, which is to
// turn what is new at the source into deliveries, and to move their place with them.
import type { Clock } from '../core/clock.js';
import type { Source } from '../core/configuration.js';
import type { Database } from '../db/pool.js';
import type { PullOrder } from '../db/source-pulls.js';
import type { Logger } from '../platform/logger.js';
import type { Originals } from '../platform/originals.js';
import type { Sealer } from '../platform/sealing.js';
import type { Delivery, Received } from './receive.js';

export interface PullNeeds {
  readonly database: Database;
  readonly originals: Originals;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly log: Logger;
  /** Aborts when the lease is lost or the gateway stops. */
  readonly signal: AbortSignal;
  /** Takes a delivery in, as an upload would be; fills in what a delivery of a pull does not say. */
  readonly receive: (delivery: PulledDelivery) => Promise<Received>;
}

export type PulledDelivery = Pick<
  Delivery,
  'source' | 'body' | 'alongside' | 'fileName' | 'heldAs' | 'declaredFormat' | 'skipsSettled'
>;

/** Runs one pull to its end; throws where the source cannot be asked or answers wrongly. */
export type Pull = (source: Source, order: PullOrder) => Promise<void>;
