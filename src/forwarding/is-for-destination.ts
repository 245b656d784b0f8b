// Whether a change goes to a destination at all: by the openness of its record and by that of its type.
import type { Clock } from '../core/clock.js';
import type { Destination } from '../core/configuration.js';
import { isOpenTo, type Openness } from '../core/openness.js';
import type { FreshChange } from '../db/message-plan.js';
import type { Database } from '../db/pool.js';

export interface PlanNeeds {
  readonly database: Database;
  readonly clock: Clock;
  readonly destination: Destination;
  /** Ends a planning that finds nothing for the destination for long. */
  readonly signal?: AbortSignal | undefined;
  /** How open the catalogue says a record type is; undefined where it does not list it. All are public where it is absent. */
  readonly opennessOf?: ((type: string) => Openness | undefined) | undefined;
}

/** Tells whether a change goes there; what is no longer exchanged at all can still be taken back. */
export function isForDestination(
  { recordType, operation }: Pick<FreshChange, 'recordType' | 'operation'>,
  needs: Pick<PlanNeeds, 'destination' | 'opennessOf'>,
): boolean {
  if (operation === '-') return false;
  const openness = needs.opennessOf === undefined ? 'public' : needs.opennessOf(recordType);
  return openness === undefined ? operation === 'd' : isOpenTo(needs.destination.openness, openness);
}
