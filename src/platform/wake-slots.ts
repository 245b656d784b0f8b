// The workers of one queue in this process: so many ids at once, each id by one worker at a time. Waking an id
// that waits changes nothing; waking one that is being worked on lets it wait for one more run.
import type { WakeHandler } from './dispatcher.js';
import type { Logger } from './logger.js';

export interface WakeSlots {
  wake(id: string): void;
  /** Resolves when a worker has nothing to do, or when nothing is taken any more. */
  whenFree(): Promise<void>;
  /** Forgets the ids that wait and resolves when those being worked on are done. */
  drain(): Promise<void>;
}

export interface WakeSlotsOptions {
  readonly queue: string;
  readonly concurrency: number;
  readonly handler: WakeHandler;
  readonly log: Logger;
}

/** Builds the workers of a queue; a handler that fails is logged and ends nothing but its own run. */
export function createWakeSlots({ queue, concurrency, handler, log }: WakeSlotsOptions): WakeSlots {
  const waiting = new Set<string>();
  const running = new Map<string, Promise<void>>();
  let watchers: (() => void)[] = [];
  let closed = false;

  const run = async (id: string): Promise<void> => {
    try {
      await handler(id);
    } catch (err) {
      log.error({ err, queue, id }, 'A woken worker failed');
    }
    running.delete(id);
    startWaiting();
    const told = watchers;
    watchers = [];
    for (const tell of told) tell();
  };
  const startWaiting = (): void => {
    for (const id of waiting) {
      if (running.size >= concurrency) return;
      if (running.has(id)) continue;
      waiting.delete(id);
      // The run begins in a later turn, so that `running` holds it before it can end.
      running.set(
        id,
        Promise.resolve().then(() => run(id)),
      );
    }
  };
  return {
    wake: (id) => {
      if (closed) return;
      waiting.add(id);
      startWaiting();
    },
    whenFree: async () => {
      while (!closed && running.size >= concurrency) {
        await new Promise<void>((resolve) => watchers.push(resolve));
      }
    },
    drain: async () => {
      closed = true;
      waiting.clear();
      await Promise.all(running.values());
    },
  };
}
