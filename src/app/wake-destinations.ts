// Wakes the worker of each destination after something changed: what goes where is for its planning to find out.
import type { Foundation } from './gateway.js';
import { wakeQueue } from './notice-binding.js';

/** Gives what wakes them; a wake-up that fails is left to the sweep. */
export function wakeDestinations(
  foundation: Pick<Foundation, 'dispatcher' | 'log' | 'site'>,
): () => Promise<void> {
  const wake = wakeQueue(foundation);
  const { destinations } = foundation.site.configuration;
  return async () => {
    for (const { id } of destinations) await wake('forward', id);
  };
}
