// The receipt of a batch: the account of every row, signed, with the place of the audit log where the batch
// was settled. Whoever holds it can show later that the log was rewritten. Asked twice, it says the same.
import type { AuditAction, AuditCheckpoint } from '../core/audit-entry.js';
import type { BatchState, Counts } from '../core/words.js';
import { findCheckpoint, lastCheckpoint } from '../db/audit.js';
import { readVerdicts } from '../db/chunks.js';
import type { Storage } from './storage.js';
import { settledBatch } from './reports.js';

/** What is signed. */
export interface Receipt {
  readonly batch: string;
  readonly source: string;
  readonly agency: string;
  /** SHA-256 of the bytes received, lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
  readonly receivedAt: string;
  readonly finishedAt: string | null;
  readonly status: BatchState;
  readonly counts: Counts;
  /** The verdict of every row in run-length form, see core/verdict-runs. */
  readonly verdicts: string;
  readonly checkpoint: AuditCheckpoint;
  /** Set where the bytes were judged once more: the batch that they came in. */
  readonly replayOf?: string;
}

const RECEIPT_TYPE = 'credit-receipt+jws';
const SETTLING: readonly AuditAction[] = ['batch.settled', 'batch.dropped', 'batch.failed'];

/** Signs the account of a batch, as a compact JWS; throws `batch.unknown` or `batch.not-settled`. */
export async function signReceipt(
  batchId: string,
  storage: Pick<Storage, 'database' | 'signer'>,
): Promise<string> {
  return storage.signer.sign(RECEIPT_TYPE, await readReceipt(batchId, storage));
}

async function readReceipt(batchId: string, { database }: Pick<Storage, 'database'>): Promise<Receipt> {
  const batch = await settledBatch(batchId, { storage: { database } });
  const verdicts = await readVerdicts(database, batchId);
  // Batches from before there was an audit log have no entry: what is certain for them is the log as it is now.
  const checkpoint = (await findCheckpoint(database, batchId, SETTLING)) ?? (await lastCheckpoint(database));
  return {
    batch: batch.id,
    source: batch.source,
    agency: batch.agency,
    sha256: batch.sha256,
    bytes: batch.bytes,
    receivedAt: batch.receivedAt.toISOString(),
    finishedAt: batch.finishedAt?.toISOString() ?? null,
    status: batch.status,
    counts: batch.counts,
    verdicts: verdicts.filter((text) => text !== '').join(','),
    checkpoint,
    ...(batch.replayOf === null ? {} : { replayOf: batch.replayOf }),
  };
}
