// One batch from its place in the file to its end: read ─▶ stages ─▶ commit, chunk by chunk. After a
// crash it goes on behind the last committed row; a file that breaks keeps what was committed.
import type { Clock } from '../core/clock.js';
import { shanghaiDay } from '../core/clock.js';
import type { Configuration, Source } from '../core/configuration.js';
import type { Definitions } from '../core/definitions.js';
import { aheadOne } from '../core/ahead-one.js';
import { GatewayError, isGatewayError } from '../core/errors.js';
import { matchHeadings } from '../core/heading-match.js';
import type { FingerprintedRow, ParsedRow } from '../core/rows.js';
import { settleBatch, type Batch } from '../db/batches.js';
import type { Database } from '../db/pool.js';
import { addFileProblem } from '../db/problems.js';
import { readRows } from '../intake/read-rows.js';
import type { Originals } from '../platform/originals.js';
import type { Sealer } from '../platform/sealing.js';
import { commitChunk, compileStages } from '../records/pipeline.js';
import { recordType, requiredColumns, type BatchContext } from '../records/record-type.js';
import type { RecordValidator } from '../records/validate.js';

export interface BatchNeeds {
  readonly database: Database;
  readonly originals: Originals;
  readonly configuration: Configuration;
  readonly definitions: Definitions;
  readonly validators: ReadonlyMap<string, RecordValidator>;
  readonly sealer: Sealer;
  readonly clock: Clock;
  /** Told after each committed chunk that changed something. */
  readonly onChanges: () => void;
}

interface PreparedChunk {
  readonly rows: readonly FingerprintedRow[];
  readonly lastRow: number;
}

/** Processes a batch to its end and settles it; throws our own failures, never the file's. */
export async function processBatch(batch: Batch, needs: BatchNeeds, signal: AbortSignal): Promise<void> {
  const stages = stagesOf(batch, needs);
  const rows = readRows(needs.originals.read(batch.id), batch.reading);
  let afterRow = batch.lastRow;
  let broken: GatewayError | undefined;
  const prepared = prepareChunks(rows, stages, {
    afterRow,
    chunkRows: needs.configuration.gateway.chunkRows,
  });
  for await (const chunk of aheadOne(stopAtBreak(prepared, (error) => (broken = error)))) {
    signal.throwIfAborted();
    const { changes } = await commitChunk(chunk.rows, {
      ...needs,
      seal: needs.sealer.seal,
      batchNumber: batch.number,
      place: {
        batchId: batch.id,
        agency: batch.agency,
        recordType: batch.recordType,
        afterRow,
        lastRow: chunk.lastRow,
      },
    });
    afterRow = chunk.lastRow;
    if (changes > 0) needs.onChanges();
  }
  await settle(batch, { broken, afterRow }, needs);
}

async function settle(
  batch: Batch,
  end: { broken: GatewayError | undefined; afterRow: number },
  { database, clock }: BatchNeeds,
): Promise<void> {
  await database.transaction(async (sql) => {
    if (end.broken !== undefined)
      await addFileProblem(sql, { batchId: batch.id, row: end.afterRow + 1, cause: end.broken.code });
    await settleBatch(sql, {
      id: batch.id,
      lastRow: end.afterRow,
      at: clock(),
      isBrokenOff: end.broken !== undefined,
    });
  });
}

function stagesOf(batch: Batch, needs: BatchNeeds): (row: ParsedRow) => FingerprintedRow {
  const { configuration, definitions } = needs;
  const source = sourceOf(configuration, batch.source);
  const type = recordType(batch.recordType, definitions);
  const mapping = definitions.mappings.get(batch.mapping);
  const validator = needs.validators.get(batch.recordType);
  const match =
    mapping &&
    matchHeadings([batch.reading.headings], [mapping], (entry) => requiredColumns(type.schema, entry));
  if (mapping === undefined || validator === undefined || match === undefined)
    throw new GatewayError(
      'config.invalid',
      `The mapping ${batch.mapping} of this batch is no longer there.`,
    );
  return compileStages({
    type,
    validator,
    mapping,
    match,
    headings: batch.reading.headings,
    context: contextOf(batch, source, configuration),
    index: needs.sealer.index,
  });
}

function sourceOf(configuration: Configuration, id: string): Source {
  const source = configuration.sources.find((entry) => entry.id === id);
  if (source === undefined)
    throw new GatewayError('source.unknown', `The source ${id} is no longer configured.`);
  return source;
}

function contextOf(batch: Batch, source: Source, configuration: Configuration): BatchContext {
  return {
    today: shanghaiDay(batch.receivedAt),
    receivedAtMs: batch.receivedAt.getTime(),
    agency: batch.agency,
    agencyCode: configuration.agencies.find((agency) => agency.id === batch.agency)?.creditCode ?? '',
    quality: source.quality ?? {},
  };
}

async function* prepareChunks(
  pieces: AsyncIterable<readonly ParsedRow[]>,
  stages: (row: ParsedRow) => FingerprintedRow,
  { afterRow, chunkRows }: { afterRow: number; chunkRows: number },
): AsyncGenerator<PreparedChunk> {
  let rows: FingerprintedRow[] = [];
  try {
    for await (const piece of pieces) {
      const ahead = (piece[0]?.row ?? 0) > afterRow ? piece : piece.filter((row) => row.row > afterRow);
      rows.push(...ahead.map(stages));
      if (rows.length >= chunkRows) {
        yield { rows, lastRow: lastRowOf(rows) };
        rows = [];
      }
    }
  } catch (error) {
    // What was read before the break is still stored.
    if (rows.length > 0) yield { rows, lastRow: lastRowOf(rows) };
    throw error;
  }
  if (rows.length > 0) yield { rows, lastRow: lastRowOf(rows) };
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
