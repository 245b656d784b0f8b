// The worker of reconciliations: takes the lease of a destination and compares the days that are due, one by one. One
// that cannot be made is tried again later and later.
import { isGatewayError } from '../core/errors.js';
import { retryDelayMs } from '../core/retry-delay.js';
import { nextReconciliation, postponeReconciliation, type DueReconciliation } from '../db/reconciliations.js';
import { withLease, type LeaseNeeds } from './with-lease.js';

export interface ReconciliationWorkerNeeds extends LeaseNeeds {
  /** Gives [0, 1). */
  readonly random: () => number;
  /** Compares a day and stores what came of it. */
  readonly compare: (
    due: DueReconciliation,
    signal: AbortSignal,
  ) => Promise<{ readonly result: string; readonly open: number }>;
}

const RETRY = { firstDelayMs: 30_000, maxDelayMs: 3_600_000, maxRetryAfterMs: 3_600_000 };

/** Makes the handler of the queue `reconcile`. */
export function createReconciliationWorker(
  needs: ReconciliationWorkerNeeds,
): (destination: string) => Promise<void> {
  return async (destination) => {
    await withLease(`reconcile:${destination}`, needs, async (signal) => {
      while (!signal.aborted && (await compareNext(destination, needs, signal)));
    });
  };
}

async function compareNext(
  destination: string,
  needs: ReconciliationWorkerNeeds,
  signal: AbortSignal,
): Promise<boolean> {
  const { database, clock, log } = needs;
  const due = await nextReconciliation(database, destination, clock());
  if (due === undefined) return false;
  try {
    const { result, open } = await needs.compare(due, signal);
    log[open > 0 ? 'warn' : 'info']({ destination, date: due.day, result, open }, 'Day is reconciled');
  } catch (error) {
    if (signal.aborted) return false;
    const waitMs = retryDelayMs({ attempt: due.failures + 1, policy: RETRY, random: needs.random });
    const dueAt = new Date(clock().getTime() + waitMs);
    log.warn({ err: error, destination, date: due.day, dueAt }, 'Day could not be reconciled');
    await postponeReconciliation(database, due, { error: told(error), dueAt });
  }
  return true;
}

function told(error: unknown): string {
  if (!isGatewayError(error)) return 'internal.unexpected';
  const { reason } = error.details;
  return typeof reason === 'string' ? `${error.code}: ${reason}` : error.code;
}
