// The dispatcher of a gateway that is one process: wakes workers from memory. What was waiting when the process
// ends is due in PostgreSQL still, and the next sweep wakes it again.
import type { Dispatcher, Queue } from './dispatcher.js';
import type { Logger } from './logger.js';
import { createWakeSlots, type WakeSlots } from './wake-slots.js';

/** Builds a dispatcher without Redis; ids woken before their queue has a handler wait for it. */
export function createInProcessDispatcher({ log }: { readonly log: Logger }): Dispatcher {
  const slots = new Map<Queue, WakeSlots>();
  const early = new Map<Queue, Set<string>>();
  let stopped = false;
  return {
    handle(queue, concurrency, handler) {
      if (slots.has(queue)) throw new Error(`The queue ${queue} has a handler already`);
      const made = createWakeSlots({ queue, concurrency, handler, log });
      slots.set(queue, made);
      for (const id of early.get(queue) ?? []) made.wake(id);
      early.delete(queue);
    },
    wake(queue, id) {
      const found = slots.get(queue);
      if (found !== undefined) found.wake(id);
      else if (!stopped) early.set(queue, (early.get(queue) ?? new Set<string>()).add(id));
      return Promise.resolve();
    },
    async stop() {
      stopped = true;
      await Promise.all([...slots.values()].map((each) => each.drain()));
    },
  };
}
