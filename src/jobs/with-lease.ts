// Works under a lease: takes it, renews it while the work goes on, tells the work when it is lost, and
// gives it back.
import type { Clock } from '../core/clock.js';
import type { Database } from '../db/pool.js';
import { claimSource, releaseSource } from '../db/source-claims.js';
import type { Logger } from '../platform/logger.js';

export interface LeaseNeeds {
  readonly database: Database;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names this process in leases. */
  readonly owner: string;
  readonly signal: AbortSignal;
  readonly claimMs: number;
}

/** Runs `work` under the lease of this name; gives undefined where somebody else has it. The signal aborts when the lease is lost. */
export async function withLease<T>(
  name: string,
  needs: LeaseNeeds,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const { database, clock, owner, claimMs } = needs;
  const claim = (): Promise<boolean> => claimSource(database, { source: name, owner, now: clock(), claimMs });
  if (needs.signal.aborted || !(await claim())) return undefined;
  const lost = new AbortController();
  let renewedAtMs = clock().getTime();
  const renew = async (): Promise<void> => {
    const now = clock().getTime();
    try {
      if (await claim()) renewedAtMs = now;
      else lost.abort(new Error('The lease is lost.'));
    } catch (error) {
      needs.log.warn({ err: error, lease: name }, 'Lease could not be renewed');
      // Past its end somebody else may have it, whether or not that can be asked just now.
      if (now - renewedAtMs >= claimMs) lost.abort(error);
    }
  };
  const renewal = setInterval(() => void renew(), claimMs / 3);
  try {
    return await work(AbortSignal.any([needs.signal, lost.signal]));
  } finally {
    clearInterval(renewal);
    await releaseSource(database, name, owner);
  }
}
