// The worker of a scheduled way in: takes the lease of the pull, runs what is due and notes how it ended.
// A failure is tried again after some waits; after the last one the schedule brings the next.
import type { Clock } from '../core/clock.js';
import type { Configuration, Source } from '../core/configuration.js';
import { isGatewayError } from '../core/errors.js';
import type { Database } from '../db/pool.js';
import { beginDuePull, failPull, finishPull, type DuePull } from '../db/source-pulls.js';
import type { Pull } from '../intake/pull.js';
import type { Logger } from '../platform/logger.js';
import { withLease } from './with-lease.js';

export interface PullWorkerNeeds {
  readonly database: Database;
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly log: Logger;
  /** Names this process in leases. */
  readonly owner: string;
  readonly signal: AbortSignal;
  /** Gives the way in of a source, bound to a signal that aborts with the lease; undefined where it has none. */
  readonly pullOf: (source: Source, signal: AbortSignal) => Pull | undefined;
}

/** Makes the handler of the queue `pull-source`. */
export function createPullWorker(needs: PullWorkerNeeds): (source: string) => Promise<void> {
  const lease = { ...needs, claimMs: needs.configuration.gateway.claimMs };
  return async (id) => {
    const source = needs.configuration.sources.find((entry) => entry.id === id);
    if (source === undefined) return;
    // An order that came while the pull ran is due once more.
    while ((await withLease(`pull:${id}`, lease, (signal) => runOnce(source, needs, signal))) === true);
  };
}

/** Tells whether something was due and ended well, so that it is worth looking again. */
async function runOnce(source: Source, needs: PullWorkerNeeds, signal: AbortSignal): Promise<boolean> {
  const due = await beginDuePull(needs.database, source.id, needs.clock());
  return due !== undefined && runDue(source, due, { needs, signal });
}

async function runDue(
  source: Source,
  due: DuePull,
  { needs, signal }: { needs: PullWorkerNeeds; signal: AbortSignal },
): Promise<boolean> {
  const { database, clock, log } = needs;
  try {
    await needs.pullOf(source, signal)?.(source, due);
    await finishPull(database, due, clock());
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    const at = clock();
    const wait = waitFor(error, due.failures, needs.configuration.gateway.pull.retryWaitsMs);
    const retryAt = wait === undefined ? null : new Date(at.getTime() + wait);
    log.warn({ err: error, source: source.id, attempt: due.failures + 1 }, 'Pull failed');
    // What a driver says may name users and addresses; our own sentences do not.
    const told = isGatewayError(error) ? `${error.code}: ${error.message}` : 'internal.unexpected';
    await failPull(database, { source: source.id, at, retryAt, error: told });
    return false;
  }
}

/** Waits as long as a service asks for, but no longer than the longest wait of all. */
function waitFor(error: unknown, failures: number, waitsMs: readonly number[]): number | undefined {
  const wait = waitsMs[failures];
  const asked = isGatewayError(error) ? error.details['retryAfterMs'] : undefined;
  if (wait === undefined || typeof asked !== 'number') return wait;
  return Math.max(wait, Math.min(asked, Math.max(...waitsMs)));
}
