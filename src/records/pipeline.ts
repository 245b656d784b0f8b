// The way of a chunk of rows, in order: map ─▶ normalise ─▶ validate ─▶ fingerprint ─▶ dedupe ─▶ store.
// The first four are pure and run ahead of the database; the last two share one transaction.
import type { Mapping } from '../core/definitions.js';
import type { HeadingMatch } from '../core/heading-match.js';
import type { FingerprintedRow, ParsedRow } from '../core/rows.js';
import type { Clock } from '../core/clock.js';
import { readCurrentVersions, readDocumentHolders, type DocumentHolder } from '../db/current-versions.js';
import type { Connection, Database } from '../db/pool.js';
import { documentKey, judgeRows, type Ground } from './dedupe.js';
import { compileFingerprint, type KeyedIndex } from './fingerprint.js';
import { compileMapper } from './map.js';
import { compileNormaliser } from './normalise.js';
import type { BatchContext, RecordType } from './record-type.js';
import { storeVerdicts, type ChunkOutcome, type ChunkPlace } from './store.js';
import { compileCheck, type RecordValidator } from './validate.js';

export interface FilePlan {
  readonly type: RecordType;
  readonly validator: RecordValidator;
  readonly mapping: Mapping;
  readonly match: HeadingMatch;
  readonly headings: readonly string[];
  readonly context: BatchContext;
  readonly index: KeyedIndex;
}

/** Compiles the pure stages for one file. */
export function compileStages(plan: FilePlan): (row: ParsedRow) => FingerprintedRow {
  const mapper = compileMapper(plan);
  const normalise = compileNormaliser(plan.type, mapper, plan.mapping);
  const check = compileCheck({ ...plan, mapper });
  const fingerprint = compileFingerprint({ ...plan, columnOf: mapper.columnOf });
  return (row) => fingerprint(check(normalise(mapper.map(row))));
}

export interface ChunkNeeds {
  readonly database: Database;
  readonly clock: Clock;
  readonly seal: (plain: string) => Buffer;
  readonly place: ChunkPlace;
  readonly batchNumber: number;
}

const UNIQUE_VIOLATION = '23505';
const DEADLOCK = '40P01';
const CONFLICT_ATTEMPTS = 5;

/** Judges and stores one chunk in one transaction, afresh where another source met the same record. */
export async function commitChunk(
  rows: readonly FingerprintedRow[],
  needs: ChunkNeeds,
): Promise<ChunkOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await needs.database.transaction((connection) => judgeAndStore(connection, rows, needs));
    } catch (error) {
      if (!isConflict(error) || attempt === CONFLICT_ATTEMPTS) throw error;
    }
  }
}

async function judgeAndStore(
  connection: Connection,
  rows: readonly FingerprintedRow[],
  needs: ChunkNeeds,
): Promise<ChunkOutcome> {
  const ground = await readGround(connection, rows, needs);
  return storeVerdicts(connection, judgeRows(rows, ground), needs);
}

async function readGround(
  connection: Connection,
  rows: readonly FingerprintedRow[],
  needs: ChunkNeeds,
): Promise<Ground> {
  const prints = rows.flatMap((row) => (row.print === undefined ? [] : [row.print]));
  const current = await readCurrentVersions(connection, [...new Set(prints.map((print) => print.recordId))]);
  const known = new Map(current.map((version) => [version.recordId, version]));
  const fresh = prints.filter((print) => !known.has(print.recordId));
  // Each pair is asked for once, however many rows of the chunk share it.
  const documents = [...new Map(fresh.map((print) => [documentKey(print), print])).values()];
  const holders = await readDocumentHolders(connection, needs.place.recordType, documents);
  return {
    agency: needs.place.agency,
    batchNumber: needs.batchNumber,
    current: known,
    documents: groupHolders(holders),
  };
}

function groupHolders(holders: readonly DocumentHolder[]): Map<string, Set<string>> {
  const documents = new Map<string, Set<string>>();
  for (const holder of holders) {
    const key = documentKey(holder);
    documents.set(key, (documents.get(key) ?? new Set()).add(holder.recordId));
  }
  return documents;
}

function isConflict(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  return code === UNIQUE_VIOLATION || code === DEADLOCK;
}
