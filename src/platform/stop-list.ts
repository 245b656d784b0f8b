// Every resource pushes its undo on one list; stopping runs it backwards with a deadline for each, also
// when start-up failed half-way. A second call shares the first one's promise.
import type { Logger } from './logger.js';

export interface StopList {
  push(name: string, stop: () => Promise<void>): void;
  /** Stops everything, last first; true when each part stopped in time and without error. */
  stop(): Promise<boolean>;
}

/** Makes an empty list; each entry gets `deadlineMs` to stop. */
export function createStopList(log: Logger, deadlineMs: number): StopList {
  const entries: { name: string; stop: () => Promise<void> }[] = [];
  let stopping: Promise<boolean> | undefined;
  const stopAll = async (): Promise<boolean> => {
    let isClean = true;
    for (let entry = entries.pop(); entry !== undefined; entry = entries.pop()) {
      try {
        await withDeadline(entry.stop(), deadlineMs);
      } catch (error) {
        isClean = false;
        log.error({ err: error, part: entry.name }, 'Part did not stop cleanly');
      }
    }
    return isClean;
  };
  return {
    push: (name, stop) => entries.push({ name, stop }),
    stop: () => (stopping ??= stopAll()),
  };
}

async function withDeadline(work: Promise<void>, deadlineMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Not stopped after ${deadlineMs} ms.`)), deadlineMs);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
