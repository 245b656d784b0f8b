// A batch as the contract shows it: its account, and beside it what became of it at the city.
import { readBatch, type Batch, type BatchWarning, type Hold, type Preview } from '../db/batches.js';
import { readDeliveries, type Deliveries } from '../db/deliveries.js';
import type { Sql } from '../db/pool.js';
import type { BatchState, Counts, Timeliness } from '../core/words.js';

export interface BatchView {
  readonly id: string;
  readonly source: string;
  readonly agency: string;
  readonly status: BatchState;
  /** SHA-256 of the bytes received, lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
  readonly receivedAt: string;
  readonly finishedAt: string | null;
  readonly counts: Counts;
  /** New records whose type has a time limit, and those of them that came late. */
  readonly timeliness: Timeliness;
  readonly mapping: string;
  /** What judged the rows; null where nothing has yet. */
  readonly mappingVersion: string | null;
  /** The batch whose bytes a replay judges once more, and the latest replay of this one. */
  readonly replayOf: string | null;
  readonly replayedBy: string | null;
  readonly warnings: readonly BatchWarning[];
  /** Set while the batch is held, and afterwards for the record. */
  readonly hold: Hold | null;
  /** What would become of a batch that is held. */
  readonly preview?: Preview;
  readonly city: Deliveries;
}

/** Reads a batch for showing; null where there is none. */
export async function viewBatch(sql: Sql, id: string): Promise<BatchView | null> {
  const batch = await readBatch(sql, id);
  return batch === undefined ? null : toView(batch, await readDeliveries(sql, id));
}

function toView(batch: Batch, city: BatchView['city']): BatchView {
  return {
    id: batch.id,
    source: batch.source,
    agency: batch.agency,
    status: batch.status,
    sha256: batch.sha256,
    bytes: batch.bytes,
    receivedAt: batch.receivedAt.toISOString(),
    finishedAt: batch.finishedAt?.toISOString() ?? null,
    counts: batch.counts,
    timeliness: batch.timeliness,
    mapping: batch.mapping,
    mappingVersion: batch.mappingVersion,
    replayOf: batch.replayOf,
    replayedBy: batch.replayedBy,
    warnings: batch.warnings,
    hold: batch.hold,
    ...(batch.status === 'held' && batch.hold !== null ? { preview: batch.hold.preview } : {}),
    city,
  };
}
