// Asks the tables at short intervals what is due and wakes the workers for it, so that a lost wake-up,
// an empty Redis or a worker that died costs seconds and nothing else.
import type { Queue } from '../platform/dispatcher.js';
import type { Logger } from '../platform/logger.js';

export interface SweepNeeds {
  readonly everyMs: number;
  /** Gives the ids that are due, by queue. */
  readonly readDue: () => Promise<ReadonlyMap<Queue, readonly string[]>>;
  readonly wake: (queue: Queue, id: string) => Promise<void>;
  readonly log: Logger;
}

/** Runs one sweep. */
export async function sweepOnce(needs: Pick<SweepNeeds, 'readDue' | 'wake'>): Promise<void> {
  const due = await needs.readDue();
  for (const [queue, ids] of due) for (const id of ids) await needs.wake(queue, id);
}

/** Sweeps every `everyMs` until stopped; a failing sweep is logged once until one works again. */
export function startSweep(needs: SweepNeeds): { stop(): Promise<void> } {
  let isFailing = false;
  let current: Promise<void> = Promise.resolve();
  let isRunning = false;
  const tick = async (): Promise<void> => {
    try {
      await sweepOnce(needs);
      if (isFailing) needs.log.info('Sweep works again');
      isFailing = false;
    } catch (error) {
      if (!isFailing) needs.log.error({ err: error }, 'Sweep failed');
      isFailing = true;
    } finally {
      isRunning = false;
    }
  };
  const timer = setInterval(() => {
    if (isRunning) return;
    isRunning = true;
    current = tick();
  }, needs.everyMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await current;
    },
  };
}
