// Stores the verdicts of one chunk, personal numbers sealed. A record that another source brought at
// the same moment makes the transaction fail whole; then the chunk is judged afresh.
import type { JudgedRow } from '../core/rows.js';
import { encodeVerdicts } from '../core/verdict-runs.js';
import { VERDICTS, type Timeliness, type Verdict } from '../core/words.js';
import { storeChunk, type StoredChunk, type StoredVersion } from '../db/chunks.js';
import type { Connection } from '../db/pool.js';
import type { Clock } from '../core/clock.js';
import { faultsOf } from './row-faults.js';

export interface StoreNeeds {
  readonly seal: (plain: string) => Buffer;
  readonly clock: Clock;
}

/** Where a chunk belongs: its batch, what came before it and how far it reads. */
export interface ChunkPlace {
  readonly batchId: string;
  readonly agency: string;
  readonly recordType: string;
  /** The batch whose original a replay reads. */
  readonly replayOf: string | null;
  readonly afterRow: number;
  readonly lastRow: number;
}

export interface ChunkOutcome {
  readonly counts: Readonly<Record<Verdict, number>>;
  readonly changes: number;
}

/** Writes a chunk within the transaction of `connection`, positions last. */
export async function storeVerdicts(
  connection: Connection,
  rows: readonly JudgedRow[],
  needs: StoreNeeds & { readonly place: ChunkPlace },
): Promise<ChunkOutcome> {
  const versions = storedVersions(rows, needs.seal);
  const chunk: StoredChunk = {
    ...needs.place,
    committedAt: needs.clock(),
    counts: countVerdicts(rows),
    versions,
    rejectedRows: rows
      .filter((row) => row.rejected !== undefined)
      .map((row) => ({ row: row.row, sealed: needs.seal(JSON.stringify(row.rejected)) })),
    problems: rows.flatMap((row) => row.problems),
    timeliness: countTimeliness(rows),
    // What comes again in a replay is no new fault of the agency.
    faults: needs.place.replayOf === null ? faultsOf(rows) : [],
    verdicts: encodeVerdicts(rows),
  };
  await storeChunk(connection, chunk);
  return { counts: chunk.counts, changes: versions.length };
}

function storedVersions(rows: readonly JudgedRow[], seal: (plain: string) => Buffer): StoredVersion[] {
  const versions: StoredVersion[] = [];
  for (const { row, change, ends } of rows) {
    if (change !== undefined)
      versions.push({ row, change, sealed: change.secrets === null ? null : seal(change.secrets) });
    for (const end of ends ?? []) versions.push({ row, change: end, sealed: null });
  }
  return versions;
}

/** Counts rows by verdict. */
export function countVerdicts(rows: readonly Pick<JudgedRow, 'verdict'>[]): Record<Verdict, number> {
  const counts = Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<Verdict, number>;
  for (const row of rows) counts[row.verdict] += 1;
  return counts;
}

/** Counts the new records whose type has a time limit, and those of them that came late. */
export function countTimeliness(rows: readonly Pick<JudgedRow, 'timeliness'>[]): Timeliness {
  let measured = 0;
  let late = 0;
  for (const { timeliness } of rows) {
    if (timeliness !== undefined) measured += 1;
    if (timeliness?.isLate === true) late += 1;
  }
  return { measured, late };
}
