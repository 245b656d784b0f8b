// A count of all that ever was, without counting all of it each time: what is older than an hour is settled for good,
// counted once and kept; only what came since is counted at each look.
import type { Clock } from '../core/clock.js';
import type { Count, CountedStretch } from '../db/running-counts.js';

/** Longer than any try, and than any commit waits behind the moment that it carries. */
const SETTLED_AFTER_MS = 3_600_000;
const KEEP_EVERY_MS = 600_000;

/** Makes the count; `read` counts one stretch. To be called by one caller at a time. */
export function createRunningCount(
  clock: Clock,
  read: (stretch: CountedStretch) => Promise<readonly Count[]>,
): () => Promise<Count[]> {
  let keptTo: Date | null = null;
  let kept: readonly Count[] = [];
  return async () => {
    const edge = new Date(clock().getTime() - SETTLED_AFTER_MS);
    if (keptTo === null || edge.getTime() - keptTo.getTime() >= KEEP_EVERY_MS) {
      kept = sum(kept, await read({ from: keptTo, before: edge }));
      keptTo = edge;
    }
    return sum(kept, await read({ from: keptTo, before: null }));
  };
}

function sum(first: readonly Count[], second: readonly Count[]): Count[] {
  const sums = new Map<string, Count>();
  for (const { of, count } of [...first, ...second]) {
    const key = of.join('\n');
    sums.set(key, { of, count: (sums.get(key)?.count ?? 0) + count });
  }
  return [...sums.values()];
}
