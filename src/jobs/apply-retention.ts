// Deletes what is past its retention, kind by kind, in transactions of bounded size. What each of them deleted is
// written down in the same transaction.
import { keepingOf, type KeptKind } from '../core/keeping.js';
import { deletePredecessors, lockPastChunk, moveFeedHorizon } from '../db/old-versions.js';
import {
  deleteOwnRefusals,
  deleteProblems,
  deleteRejectedRows,
  lockPastBatch,
  markDeleted,
  type Cutoffs,
} from '../db/past-retention.js';
import type { Connection } from '../db/pool.js';
import { deleteOriginals } from './delete-originals.js';
import { DELIVERY_STEPS } from './forget-deliveries.js';
import { audit, cutoffOf, NEVER, ROWS_AT_ONCE, type RetentionNeeds, type Step } from './retention-step.js';

const CHUNKS_AT_ONCE = 100;

const STEPS: readonly Step[] = [
  orderDeletion,
  deleteRows,
  deleteProblemsOf,
  deleteRefusals,
  deleteOldVersions,
  deleteEvents,
  ...DELIVERY_STEPS,
];

/** Deletes everything that is past its retention now. */
export async function applyRetention(needs: RetentionNeeds): Promise<void> {
  for (const step of STEPS)
    for (let isGoingOn = true; isGoingOn;) {
      needs.signal.throwIfAborted();
      isGoingOn = await needs.database.transaction((connection) => step(connection, needs));
    }
  // Last, and outside of those transactions: storage that hangs keeps nothing else from being deleted.
  await deleteOriginals(needs);
}

/** From here on nobody reads it; its file is removed when this is committed. */
async function orderDeletion(connection: Connection, needs: RetentionNeeds): Promise<boolean> {
  const at = needs.clock();
  const id = await lockPastBatch(connection, 'originals', cutoffsOf('originals', needs, at));
  if (id === undefined) return false;
  await markDeleted(connection, 'originals', { id, at });
  await audit(connection, needs, { action: 'original.deletion-ordered', object: id, count: 1 });
  return true;
}

async function deleteRows(connection: Connection, needs: RetentionNeeds): Promise<boolean> {
  const at = needs.clock();
  const id = await lockPastBatch(connection, 'rejectedRows', cutoffsOf('rejectedRows', needs, at));
  if (id === undefined) return false;
  const limit = needs.rowsAtOnce ?? ROWS_AT_ONCE;
  const count = await deleteRejectedRows(connection, id, limit);
  if (count < limit) await markDeleted(connection, 'rejectedRows', { id, at });
  await audit(connection, needs, { action: 'rejected-rows.deleted', object: id, count });
  return true;
}

async function deleteProblemsOf(connection: Connection, needs: RetentionNeeds): Promise<boolean> {
  const at = needs.clock();
  const id = await lockPastBatch(connection, 'problems', cutoffsOf('problems', needs, at));
  if (id === undefined) return false;
  const limit = needs.rowsAtOnce ?? ROWS_AT_ONCE;
  const { count, faults } = await deleteProblems(connection, id, limit);
  if (count + faults < limit) await markDeleted(connection, 'problems', { id, at });
  await audit(connection, needs, { action: 'problems.deleted', object: id, count, faults });
  return true;
}

/** What the city refused of the gateway's own changes belongs to no batch, and lasts as long as problems do. */
async function deleteRefusals(connection: Connection, needs: RetentionNeeds): Promise<boolean> {
  const limit = needs.rowsAtOnce ?? ROWS_AT_ONCE;
  const cutoffs = cutoffsOf('problems', needs, needs.clock());
  const count = await deleteOwnRefusals(connection, cutoffs, limit);
  await audit(connection, needs, { action: 'refusals.deleted', object: 'own-changes', count });
  return count > 0;
}

async function deleteOldVersions(connection: Connection, needs: RetentionNeeds): Promise<boolean> {
  const at = needs.clock();
  const id = await lockPastChunk(connection, cutoffsOf('oldVersions', needs, at));
  if (id === undefined) return false;
  const count = await deletePredecessors(connection, { id, at });
  await audit(connection, needs, { action: 'old-versions.deleted', object: `chunk ${id}`, count });
  return true;
}

async function deleteEvents(connection: Connection, needs: RetentionNeeds): Promise<boolean> {
  const cutoff = cutoffOf(needs.retention.feed.days, needs.clock());
  if (cutoff === NEVER) return false;
  const limit = needs.rowsAtOnce ?? CHUNKS_AT_ONCE;
  const count = await moveFeedHorizon(connection, cutoff, limit);
  await audit(connection, needs, { action: 'events.deleted', object: 'feed', count });
  return count > 0;
}

function cutoffsOf(kind: KeptKind, needs: RetentionNeeds, now: Date): Cutoffs {
  const { others, byType } = keepingOf(kind, needs);
  return {
    others: cutoffOf(others, now),
    byType: Object.fromEntries([...byType].map(([type, own]) => [type, cutoffOf(own, now)])),
  };
}
