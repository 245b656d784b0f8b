// Wakes workers after a commit. A wake-up that fails is logged and left to the sweep: the work is in the tables.
import type { Queue } from '../platform/dispatcher.js';
import type { Logger } from '../platform/logger.js';

export type Wake = (queue: Queue, id: string) => Promise<void>;

/** Wakes a worker for each id; never rejects. */
export async function wakeAll(
  deps: { readonly wake: Wake; readonly log: Logger },
  queue: Queue,
  ids: readonly string[],
): Promise<void> {
  for (const id of ids) {
    try {
      await deps.wake(queue, id);
    } catch (error) {
      deps.log.warn({ queue, id, err: error }, 'Wake-up failed, the sweep will find the work');
    }
  }
}
