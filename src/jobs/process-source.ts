// The worker of a source: takes the lease, processes its batches one at a time in the order received,
// and gives the lease back. A batch that fails on our side is tried again later; later ones wait for it. While the
// audit log cannot be written it waits, however long, and never fails by that.
import { GATEWAY } from '../core/audit-entry.js';
import type { Clock } from '../core/clock.js';
import type { Source } from '../core/configuration.js';
import type { Mapping } from '../core/definitions.js';
import { isGatewayError } from '../core/errors.js';
import { appendAudit } from '../db/audit.js';
import { endReplay } from '../db/batch-replays.js';
import { nextBatch, noteFailure, postponeBatch, startBatch, type Batch } from '../db/batches.js';
import type { Logger } from '../platform/logger.js';
import { mappingOf, sourceOf } from './open-batch-file.js';
import { processBatch, type BatchNeeds } from './process-batch.js';
import { withLease } from './with-lease.js';

export interface SourceWorkerNeeds extends BatchNeeds {
  readonly clock: Clock;
  readonly log: Logger;
  /** Names this process in leases. */
  readonly owner: string;
  readonly signal: AbortSignal;
  readonly mappingVersionOf: (mapping: Mapping, source: Source) => string;
  /** Told when a batch of the source has come to its end. */
  readonly onSettled?: (source: string) => Promise<void>;
}

const FIRST_RETRY_MS = 1_000;
const AUDIT_RETRY_MS = 10_000;

/** What one worker knows about the audit log, so that an outage is told once and not at each try. */
interface AuditState {
  isDown: boolean;
}

type Needs = SourceWorkerNeeds & { readonly auditState: AuditState };

/** Makes the handler of the queue `process-source`. */
export function createSourceWorker(given: SourceWorkerNeeds): (source: string) => Promise<void> {
  const needs: Needs = { ...given, auditState: { isDown: false } };
  const lease = { ...needs, claimMs: needs.configuration.gateway.claimMs };
  return async (source) => {
    // A wake-up that came while another worker was letting go would be lost: look once more after release.
    for (;;) {
      const worked = await withLease(source, lease, (signal) => workOff(source, needs, signal));
      if (worked === undefined || worked === 0) return;
    }
  };
}

/** Counts the batches that were brought to an end. */
async function workOff(source: string, needs: Needs, signal: AbortSignal): Promise<number> {
  for (let worked = 0; ; worked += 1) {
    const batch = await nextBatch(needs.database, source, needs.clock());
    if (batch === undefined || signal.aborted) return worked;
    if (!(await runBatch(batch, needs, signal))) return worked;
  }
}

/** Gives false where the batch is to be left for later. */
async function runBatch(batch: Batch, needs: Needs, signal: AbortSignal): Promise<boolean> {
  try {
    await startBatch(needs.database, batch.id, versionOf(batch, needs));
    await processBatch(batch, needs, signal);
    tellAuditIsBack(needs);
    needs.log.info({ batch: batch.id, source: batch.source }, 'Batch settled');
    await needs.onSettled?.(batch.source);
    return true;
  } catch (error) {
    if (signal.aborted || isGatewayError(error, 'claim.lost')) return false;
    await leaveForLater(batch, error, needs);
    return false;
  }
}

function versionOf(batch: Batch, { configuration, definitions, mappingVersionOf }: Needs): string {
  return mappingVersionOf(mappingOf(definitions, batch.mapping), sourceOf(configuration, batch.source));
}

/** Counts a failure, unless it is the audit log that fails: before the batch could, or with the entry that it failed. */
async function leaveForLater(batch: Batch, error: unknown, needs: Needs): Promise<void> {
  try {
    if (isGatewayError(error, 'audit.unavailable')) await postpone(batch, error, needs);
    else await failBatch(batch, error, needs);
  } catch (second) {
    if (!isGatewayError(second, 'audit.unavailable')) throw second;
    needs.log.warn(
      { err: error, batch: batch.id, source: batch.source },
      'Batch failed and cannot be noted as failed',
    );
    await postpone(batch, second, needs);
  }
}

async function postpone(batch: Batch, error: unknown, needs: Needs): Promise<void> {
  const { database, clock, log, owner, auditState } = needs;
  const fields = { err: error, batch: batch.id, source: batch.source };
  if (auditState.isDown) log.debug(fields, 'Batch still waits for the audit log');
  else log.error(fields, 'Batches wait: the audit log cannot be written');
  auditState.isDown = true;
  const retryAt = new Date(clock().getTime() + AUDIT_RETRY_MS);
  await postponeBatch(database, { id: batch.id, owner, retryAt });
}

function tellAuditIsBack({ auditState, log }: Needs): void {
  if (auditState.isDown) log.info('The audit log can be written again');
  auditState.isDown = false;
}

async function failBatch(batch: Batch, error: unknown, needs: Needs): Promise<void> {
  const { database, clock, configuration, log, owner } = needs;
  const now = clock();
  const attempts = batch.failures + 1;
  const isLast = attempts >= configuration.gateway.batchAttempts;
  const retryAt = isLast ? null : new Date(now.getTime() + FIRST_RETRY_MS * 2 ** batch.failures);
  const fields = { err: error, batch: batch.id, source: batch.source, attempt: attempts };
  if (!isLast) log.warn(fields, 'Batch failed and will be tried again');
  await database.transaction(async (sql) => {
    const isNoted = await noteFailure(sql, { id: batch.id, owner, at: now, retryAt });
    if (!isNoted || !isLast) return;
    await endReplay(sql, batch);
    const details = { code: isGatewayError(error) ? error.code : 'internal.unexpected', attempts };
    await appendAudit(sql, { at: now, actor: GATEWAY, action: 'batch.failed', object: batch.id, details });
  });
  if (isLast) log.error(fields, 'Batch failed for good');
}
