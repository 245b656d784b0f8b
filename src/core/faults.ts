// When what fails is at fault itself, and not the way there: it failed again and again while others passed.
import type { Destination } from './configuration.js';

/** With the usual delays ten minutes: by then a destination that fails half of its calls has not failed one so often. */
const MAX_FAULTS = 20;

/** Gives after how many such failures something for a destination is set aside, or called stuck. */
export function maxFaultsOf({ maxFaults }: Pick<Destination, 'maxFaults'>): number {
  return maxFaults ?? MAX_FAULTS;
}
