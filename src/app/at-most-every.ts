// One look serves all who ask within a time: however many ask, the database is asked once.
import type { Clock } from '../core/clock.js';

/** Makes a look that is taken anew at most once in `everyMs`; one that fails is not kept. */
export function atMostEvery<T>(everyMs: number, clock: Clock, look: () => Promise<T>): () => Promise<T> {
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let last: Promise<T> | undefined;
  return () => {
    const nowMs = clock().getTime();
    if (last === undefined || nowMs - lookedAtMs >= everyMs) {
      lookedAtMs = nowMs;
      last = look().catch((error: unknown) => {
        last = undefined;
        throw error;
      });
    }
    return last;
  };
}
