// One batch from its place in the file to its end: read ─▶ stages ─▶ commit, chunk by chunk. After a
// crash it goes on behind the last committed row; a file that breaks keeps what was committed.
import { setImmediate } from 'node:timers/promises';
import { GATEWAY } from '../core/audit-entry.js';
import type { Clock } from '../core/clock.js';
import type { Source } from '../core/configuration.js';
import { aheadOne } from '../core/ahead-one.js';
import type { GatewayError } from '../core/errors.js';
import { isGatewayError } from '../core/errors.js';
import type { FingerprintedRow, ParsedRow } from '../core/rows.js';
import { appendAudit } from '../db/audit.js';
import { endReplay } from '../db/batch-replays.js';
import { settleBatch, type Batch, type Preview } from '../db/batches.js';
import { holdBatch } from '../db/held-batches.js';
import type { Database } from '../db/pool.js';
import { addFileProblem } from '../db/problems.js';
import type { Sealer } from '../platform/sealing.js';
import { compileHold } from '../records/hold.js';
import type { ChunkPlace } from '../records/store.js';
import { commitChunk } from '../records/pipeline.js';
import { openBatchFile, type OpenNeeds } from './open-batch-file.js';

export interface BatchNeeds extends OpenNeeds {
  readonly database: Database;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** Told after each committed chunk that changed something. */
  readonly onChanges: () => void;
}

/** About a millisecond of work. */
const ROWS_A_TURN = 25;

interface PreparedChunk {
  readonly rows: readonly FingerprintedRow[];
  readonly lastRow: number;
}

/** Processes a batch to its end and settles or holds it; throws our own failures, never the file's. */
export async function processBatch(batch: Batch, needs: BatchNeeds, signal: AbortSignal): Promise<void> {
  const file = await openBatchFile(batch, needs);
  const holdIf = holdOf(batch, file.source, needs);
  let afterRow = batch.lastRow;
  let broken: GatewayError | undefined;
  const prepared = prepareChunks(file.rows, file.stages, {
    afterRow,
    chunkRows: needs.configuration.gateway.chunkRows,
  });
  for await (const chunk of aheadOne(stopAtBreak(prepared, (error) => (broken = error)))) {
    signal.throwIfAborted();
    const { changes, preview } = await commitChunk(chunk.rows, {
      ...needs,
      seal: needs.sealer.seal,
      batchNumber: batch.number,
      orderNumber: batch.orderNumber,
      place: { ...placeOf(batch), afterRow, lastRow: chunk.lastRow },
      holdIf: afterRow === 0 ? holdIf : undefined,
    });
    if (preview !== undefined) {
      await hold(batch, preview, needs);
      return;
    }
    afterRow = chunk.lastRow;
    if (changes > 0) needs.onChanges();
  }
  await settle(batch, { broken, afterRow }, needs);
}

function placeOf({ id, agency, recordType, replayOf }: Batch): Omit<ChunkPlace, 'afterRow' | 'lastRow'> {
  return { batchId: id, agency, recordType, replayOf };
}

/** What was released once is not held again, and whoever ordered a replay could look before. */
function holdOf(
  { releasedAt, replayOf }: Batch,
  { holdAboveRejectedShare }: Source,
  { configuration }: BatchNeeds,
): ReturnType<typeof compileHold> | undefined {
  if (releasedAt !== null || replayOf !== null) return undefined;
  const { hold } = configuration.gateway;
  return compileHold({ ...hold, aboveRejectedShare: holdAboveRejectedShare ?? hold.aboveRejectedShare });
}

async function hold({ id }: Batch, preview: Preview, { database, clock }: BatchNeeds): Promise<void> {
  const at = clock();
  const reason = 'rejected-share';
  await database.transaction(async (sql) => {
    await holdBatch(sql, { id, hold: { reason, preview }, at });
    const details = { reason, rows: preview.rows, rejected: preview.counts.rejected };
    await appendAudit(sql, { at, actor: GATEWAY, action: 'batch.held', object: id, details });
  });
}

async function settle(
  batch: Batch,
  end: { broken: GatewayError | undefined; afterRow: number },
  { database, clock }: BatchNeeds,
): Promise<void> {
  const at = clock();
  const { id } = batch;
  await database.transaction(async (sql) => {
    if (end.broken !== undefined)
      await addFileProblem(sql, { batchId: batch.id, row: end.afterRow + 1, cause: end.broken.code });
    const settled = { id, lastRow: end.afterRow, at, isBrokenOff: end.broken !== undefined };
    const details = await settleBatch(sql, settled);
    await endReplay(sql, batch);
    await appendAudit(sql, { at, actor: GATEWAY, action: 'batch.settled', object: id, details });
  });
}

async function* prepareChunks(
  pieces: AsyncIterable<readonly ParsedRow[]>,
  stages: (row: ParsedRow) => FingerprintedRow,
  { afterRow, chunkRows }: { afterRow: number; chunkRows: number },
): AsyncGenerator<PreparedChunk> {
  const rows: FingerprintedRow[] = [];
  const cut = (): PreparedChunk => {
    const chunk = rows.splice(0, chunkRows);
    return { rows: chunk, lastRow: lastRowOf(chunk) };
  };
  try {
    for await (const some of inTurns(pieces, stages, afterRow)) {
      rows.push(...some);
      while (rows.length >= chunkRows) yield cut();
    }
  } catch (error) {
    // What was read before the break is still stored.
    if (rows.length > 0) yield cut();
    throw error;
  }
  if (rows.length > 0) yield cut();
}

/** Judges some rows at a time and lets whatever else waits have its turn: the next statement of a commit, a reader. */
async function* inTurns(
  pieces: AsyncIterable<readonly ParsedRow[]>,
  stages: (row: ParsedRow) => FingerprintedRow,
  afterRow: number,
): AsyncGenerator<FingerprintedRow[]> {
  for await (const piece of pieces) {
    const ahead = (piece[0]?.row ?? 0) > afterRow ? piece : piece.filter((row) => row.row > afterRow);
    for (let at = 0; at < ahead.length; at += ROWS_A_TURN) {
      yield ahead.slice(at, at + ROWS_A_TURN).map(stages);
      await setImmediate();
    }
  }
}

function lastRowOf(rows: readonly FingerprintedRow[]): number {
  return rows[rows.length - 1]?.row ?? 0;
}

async function* stopAtBreak(
  chunks: AsyncIterable<PreparedChunk>,
  onBreak: (error: GatewayError) => void,
): AsyncGenerator<PreparedChunk> {
  try {
    yield* chunks;
  } catch (error) {
    if (!isGatewayError(error) || !error.code.startsWith('file.')) throw error;
    onBreak(error);
  }
}
