// Stores one chunk of a batch: its versions, rejected rows, problems, counts and place in the file,
// in one transaction whose last statement gives out the positions.
import type { Problem } from '../core/problems.js';
import type { Change } from '../core/rows.js';
import { VERDICTS, type Timeliness, type Verdict } from '../core/words.js';
import { GatewayError } from '../core/errors.js';
import { dropReplacedRows } from './batch-replays.js';
import { copyBytes, copyLines, copyText } from './copy.js';
import type { Connection, Sql } from './pool.js';
import { noteFaults, type RowFault } from './source-faults.js';

export interface StoredVersion {
  readonly row: number;
  readonly change: Change;
  /** What `data` masks, encrypted. */
  readonly sealed: Buffer | null;
}

export interface StoredChunk {
  readonly batchId: string;
  readonly agency: string;
  readonly recordType: string;
  /** The batch whose original a replay reads. */
  readonly replayOf: string | null;
  /** The last row stored before this chunk: the fence that keeps two workers from storing it twice. */
  readonly afterRow: number;
  readonly lastRow: number;
  readonly committedAt: Date;
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly versions: readonly StoredVersion[];
  readonly rejectedRows: readonly { readonly row: number; readonly sealed: Buffer }[];
  readonly problems: readonly Problem[];
  /** The verdict of every row in run-length form, see core/verdict-runs. */
  readonly verdicts: string;
  readonly timeliness: Timeliness;
  /** Of the rejected rows. */
  readonly faults: readonly RowFault[];
}

/** Stores a chunk and gives its first position, null where nothing changed; `claim.lost` where another worker was faster. */
export async function storeChunk(connection: Connection, chunk: StoredChunk): Promise<number | null> {
  const chunkId = await openChunk(connection, chunk);
  const { replayOf } = chunk;
  if (replayOf !== null) await dropReplacedRows(connection, { ...chunk, replayOf });
  await copyLines(
    connection,
    'record_versions (record_id, version, chunk_id, ordinal, row_number, operation, ordered_at, content_hash, subject, document_number, name_key, data, sealed, ends_on, openness, removes)',
    versionLines(chunk.versions, chunkId),
  );
  await copyLines(
    connection,
    'rejected_rows (batch_id, row_number, sealed)',
    chunk.rejectedRows.map(({ row, sealed }) => `${chunk.batchId}\t${row}\t${copyBytes(sealed)}`),
  );
  await copyLines(
    connection,
    'row_problems (batch_id, row_number, ordinal, code, "column", severity, details)',
    problemLines(chunk.batchId, chunk.problems),
  );
  return assignPositions(connection, chunkId, chunk.versions.length);
}

/** Counts the chunk in its batch, behind the fence, and opens its row. */
async function openChunk(connection: Connection, chunk: StoredChunk): Promise<number> {
  const counted = VERDICTS.map((verdict) => chunk.counts[verdict]);
  const received = counted.reduce((sum, count) => sum + count, 0);
  const { measured, late } = chunk.timeliness;
  const repeated = await noteFaults(connection, chunk.batchId, chunk.faults);
  const added = { ...chunk.counts, measured, late, repeated };
  const columns = [...VERDICTS, 'measured', 'late', 'repeated'] as const;
  const sums = columns.map((column, i) => `${column} = ${column} + $${i + 5}`).join(', ');
  const { rowCount } = await connection.query(
    `update batches set last_row = $3, received = received + $4, ${sums}
     where id = $1 and last_row = $2 and status = 'processing'`,
    [chunk.batchId, chunk.afterRow, chunk.lastRow, received, ...columns.map((column) => added[column])],
  );
  if (rowCount !== 1)
    throw new GatewayError('claim.lost', 'Another worker has stored this part of the batch.');
  const { rows } = await connection.query<{ id: number }>(
    `insert into chunks (batch_id, number, agency, record_type, changes, last_row, committed_at, verdicts, openness, has_endings)
     select $1, count(*) + 1, $2, $3, $4, $5, $6, $7, $8, $9 from chunks where batch_id = $1 returning id`,
    [
      chunk.batchId,
      chunk.agency,
      chunk.recordType,
      chunk.versions.length,
      chunk.lastRow,
      chunk.committedAt,
      chunk.verdicts,
      mostOpen(chunk.versions),
      chunk.versions.some(({ change }) => change.operation === 'd'),
    ],
  );
  return rows[0]?.id as number;
}

/** Gives the most open level of the changes; null where one of them may be for everybody. */
function mostOpen(versions: readonly StoredVersion[]): number | null {
  let most: number | null = null;
  for (const { change } of versions) {
    // Whoever saw what an amended record said before is told that it has become narrower.
    const mayBeTold = change.operation === 'u' && change.version > 1;
    if (change.openness === null || mayBeTold) return null;
    most = Math.min(most ?? change.openness, change.openness);
  }
  return most;
}

async function assignPositions(
  connection: Connection,
  chunkId: number,
  changes: number,
): Promise<number | null> {
  const { rows } = await connection.query<{ first: number | null }>(
    'select assign_positions($1, $2) as first',
    [chunkId, changes],
  );
  return rows[0]?.first ?? null;
}

function versionLines(versions: readonly StoredVersion[], chunkId: number): string[] {
  let orderedAtMs = Number.NaN;
  let orderedAt = '';
  return versions.map(({ row, change, sealed }, ordinal) => {
    if (change.orderedAtMs !== orderedAtMs) {
      orderedAtMs = change.orderedAtMs;
      orderedAt = new Date(orderedAtMs).toISOString();
    }
    const head = `${change.recordId}\t${change.version}\t${chunkId}\t${ordinal}\t${row}\t${change.operation}`;
    const keys = `${orderedAt}\t${change.contentHash}\t${copyText(change.subject)}\t${copyText(change.documentNumber)}\t${change.nameKey ?? '\\N'}`;
    return `${head}\t${keys}\t${copyText(change.data)}\t${copyBytes(sealed)}\t${change.endsOn ?? '\\N'}\t${change.openness ?? '\\N'}\t${copyText(change.removes)}`;
  });
}

function problemLines(batchId: string, problems: readonly Problem[]): string[] {
  let row = -1;
  let ordinal = 0;
  return problems.map((problem) => {
    ordinal = problem.row === row ? ordinal + 1 : 1;
    row = problem.row;
    const details = problem.details === undefined ? null : JSON.stringify(problem.details);
    return `${batchId}\t${row}\t${ordinal}\t${problem.code}\t${copyText(problem.column)}\t${problem.severity}\t${copyText(details)}`;
  });
}

/** Reads the verdicts of a batch's rows, chunk by chunk in order, in run-length form. */
export async function readVerdicts(sql: Sql, batchId: string): Promise<string[]> {
  const { rows } = await sql.query<{ verdicts: string }>(
    'select verdicts from chunks where batch_id = $1 order by number',
    [batchId],
  );
  return rows.map(({ verdicts }) => verdicts);
}
