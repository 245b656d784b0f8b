// The worker of a source: takes the lease, processes its batches one at a time in the order received,
// and gives the lease back. A batch that fails on our side is tried again later; later ones wait for it.
import type { Clock } from '../core/clock.js';
import { isGatewayError } from '../core/errors.js';
import { nextBatch, noteFailure, startBatch, type Batch } from '../db/batches.js';
import { claimSource, releaseSource } from '../db/source-claims.js';
import type { Logger } from '../platform/logger.js';
import { processBatch, type BatchNeeds } from './process-batch.js';

export interface SourceWorkerNeeds extends BatchNeeds {
  readonly clock: Clock;
  readonly log: Logger;
  /** Names this process in leases. */
  readonly owner: string;
  readonly signal: AbortSignal;
}

const FIRST_RETRY_MS = 1_000;

/** Makes the handler of the queue `process-source`. */
export function createSourceWorker(needs: SourceWorkerNeeds): (source: string) => Promise<void> {
  return async (source) => {
    // A wake-up that came while another worker was letting go would be lost: look once more after release.
    while (!needs.signal.aborted && (await claim(source, needs))) {
      const worked = await workOff(source, needs);
      if (worked === 0) return;
    }
  };
}

function claim(
  source: string,
  { database, owner, clock, configuration }: SourceWorkerNeeds,
): Promise<boolean> {
  return claimSource(database, { source, owner, now: clock(), claimMs: configuration.gateway.claimMs });
}

async function workOff(source: string, needs: SourceWorkerNeeds): Promise<number> {
  const lost = new AbortController();
  const { claimMs } = needs.configuration.gateway;
  let renewedAtMs = needs.clock().getTime();
  const renew = async (): Promise<void> => {
    const now = needs.clock().getTime();
    try {
      if (await claim(source, needs)) renewedAtMs = now;
      else lost.abort(new Error('The lease of the source is lost.'));
    } catch (error) {
      needs.log.warn({ err: error, source }, 'Lease could not be renewed');
      // Past its end somebody else may have it, whether or not that can be asked just now.
      if (now - renewedAtMs >= claimMs) lost.abort(error);
    }
  };
  const renewal = setInterval(() => void renew(), claimMs / 3);
  let worked = 0;
  try {
    const signal = AbortSignal.any([needs.signal, lost.signal]);
    for (;;) {
      const batch = await nextBatch(needs.database, source, needs.clock());
      if (batch === undefined || signal.aborted) return worked;
      if (!(await runBatch(batch, needs, signal))) return worked;
      worked += 1;
    }
  } finally {
    clearInterval(renewal);
    await releaseSource(needs.database, source, needs.owner);
  }
}

/** Gives false where the batch is to be left for later. */
async function runBatch(batch: Batch, needs: SourceWorkerNeeds, signal: AbortSignal): Promise<boolean> {
  try {
    await startBatch(needs.database, batch.id);
    await processBatch(batch, needs, signal);
    needs.log.info({ batch: batch.id, source: batch.source }, 'Batch settled');
    return true;
  } catch (error) {
    if (signal.aborted || isGatewayError(error, 'claim.lost')) return false;
    await failBatch(batch, error, needs);
    return false;
  }
}

async function failBatch(
  batch: Batch,
  error: unknown,
  { database, clock, configuration, log, owner }: SourceWorkerNeeds,
): Promise<void> {
  const now = clock();
  const isLast = batch.failures + 1 >= configuration.gateway.batchAttempts;
  const retryAt = isLast ? null : new Date(now.getTime() + FIRST_RETRY_MS * 2 ** batch.failures);
  const fields = { err: error, batch: batch.id, source: batch.source, attempt: batch.failures + 1 };
  if (isLast) log.error(fields, 'Batch failed for good');
  else log.warn(fields, 'Batch failed and will be tried again');
  await noteFailure(database, { id: batch.id, owner, at: now, retryAt });
}
