// The way of a chunk of rows, in order: map ─▶ normalise ─▶ validate ─▶ date ─▶ fingerprint ─▶ dedupe ─▶ store.
// The first five are pure and run ahead of the database; the last two share one transaction.
import type { Mapping } from '../core/definitions.js';
import type { ListingFields, TimelinessRule } from '../core/catalogue.js';
import type { HeadingMatch } from '../core/heading-match.js';
import type { FingerprintedRow, JudgedRow, ParsedRow } from '../core/rows.js';
import type { Clock } from '../core/clock.js';
import type { WorkingDays } from '../core/working-days.js';
import type { Preview } from '../db/batches.js';
import { afreshOnConflict } from '../db/conflicts.js';
import { readCurrentVersions, readDocumentHolders, type DocumentHolder } from '../db/current-versions.js';
import type { Connection, Database } from '../db/pool.js';
import { judgeRows } from './dedupe.js';
import { compileFingerprint, type KeyedIndex } from './fingerprint.js';
import { documentKey, type Ground } from './ground.js';
import { readListGround, removedEntries } from './list-ground.js';
import { compileMapper } from './map.js';
import { compileNormaliser } from './normalise.js';
import { compileOpenness, type OpennessPlan } from './openness.js';
import { compilePeriod, type PeriodPlan } from './period.js';
import type { BatchContext, RecordType } from './record-type.js';
import { countVerdicts, storeVerdicts, type ChunkOutcome, type ChunkPlace } from './store.js';
import { compileTimeliness } from './timeliness.js';
import { compileCheck, type RecordValidator } from './validate.js';

export interface FilePlan {
  readonly type: RecordType;
  readonly validator: RecordValidator;
  readonly mapping: Mapping;
  readonly match: HeadingMatch;
  readonly headings: readonly string[];
  readonly context: BatchContext;
  readonly index: KeyedIndex;
  /** What ends the records of this type; nothing does where it is absent. */
  readonly periods?: PeriodPlan;
  /** Absent where records of the type state no openness of their own. */
  readonly openness?: OpennessPlan | undefined;
  /** Absent where the type has no lists. */
  readonly listing?: ListingFields | undefined;
  /** Absent where the type is not measured. */
  readonly measure?: { readonly rule: TimelinessRule; readonly days: WorkingDays } | undefined;
}

/** Compiles the pure stages for one file. */
export function compileStages(plan: FilePlan): (row: ParsedRow) => FingerprintedRow {
  const mapper = compileMapper(plan);
  const normalise = compileNormaliser(plan.type, mapper, plan);
  const check = compileCheck({ ...plan, mapper });
  const { columnOf } = mapper;
  const { periods, measure } = plan;
  const { today } = plan.context;
  const date = compilePeriod({ periods, today, columnOf });
  const timelinessOf = measure && compileTimeliness({ ...measure, today, columnOf });
  const fingerprint = compileFingerprint({
    ...plan,
    columnOf,
    timelinessOf,
    opennessOf: compileOpenness(plan.openness),
  });
  return (row) => fingerprint(date(check(normalise(mapper.map(row)))));
}

export interface ChunkNeeds {
  readonly database: Database;
  readonly clock: Clock;
  readonly seal: (plain: string) => Buffer;
  readonly place: ChunkPlace;
  readonly batchNumber: number;
  /** Looks at the verdicts before they are stored; what it gives holds the batch, and nothing is stored. */
  readonly holdIf?: ((rows: readonly JudgedRow[]) => Preview | undefined) | undefined;
}

export type Committed = ChunkOutcome & {
  /** Set where the chunk was not stored, because the batch is to be held. */
  readonly preview?: Preview;
};

/** Judges and stores one chunk in one transaction, afresh where another source met the same record. */
export function commitChunk(rows: readonly FingerprintedRow[], needs: ChunkNeeds): Promise<Committed> {
  return afreshOnConflict(needs.database, (connection) => judgeAndStore(connection, rows, needs));
}

async function judgeAndStore(
  connection: Connection,
  rows: readonly FingerprintedRow[],
  needs: ChunkNeeds,
): Promise<Committed> {
  const ground = await readGround(connection, rows, needs);
  const judged = judgeRows(rows, ground);
  const preview = needs.holdIf?.(judged);
  if (preview !== undefined) return { counts: countVerdicts([]), changes: 0, preview };
  return storeVerdicts(connection, judged, needs);
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
  const documents = [
    ...new Map([...fresh, ...removedEntries(prints)].map((print) => [documentKey(print), print])).values(),
  ];
  const holders = await readDocumentHolders(connection, needs.place.recordType, documents);
  const lists = await readListGround(connection, { prints, holders, owner: needs.place, known });
  return {
    ...lists,
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
