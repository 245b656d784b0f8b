// The way of a chunk of rows, in order: map ─▶ normalise ─▶ validate ─▶ date ─▶ fingerprint ─▶ dedupe ─▶ store.
// The first five are pure and run ahead of the database; the last two share one transaction.
import type { Mapping } from '../core/definitions.js';
import type { ListingFields, TimelinessRule } from '../core/catalogue.js';
import type { HeadingMatch } from '../core/heading-match.js';
import type { FingerprintedRow, JudgedRow, ParsedRow } from '../core/rows.js';
import { shanghaiDay, type Clock } from '../core/clock.js';
import type { WorkingDays } from '../core/working-days.js';
import type { Preview } from '../db/batches.js';
import { afreshOnConflict } from '../db/conflicts.js';
import { lockLists } from '../db/list-removals.js';
import type { Connection, Database } from '../db/pool.js';
import { judgeRows } from './dedupe.js';
import { compileFingerprint, type KeyedIndex } from './fingerprint.js';
import { compileMapper } from './map.js';
import { compileNormaliser } from './normalise.js';
import { compileOpenness, type OpennessPlan } from './openness.js';
import { compilePeriod, type PeriodPlan } from './period.js';
import { storedGround } from './ground-reads.js';
import { readGround } from './read-ground.js';
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
  /** The place of the batch in the order of versions. */
  readonly orderNumber: number;
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
  // Entries and removals of other sources do not meet in a row, and so in no key.
  if (rows.some(({ print }) => print?.listing !== undefined)) await lockLists(connection, needs.place);
  const ground = await readGround(storedGround(connection), rows, {
    ...needs,
    ...needs.place,
    today: shanghaiDay(needs.clock()),
  });
  const judged = judgeRows(rows, ground);
  const preview = needs.holdIf?.(judged);
  if (preview !== undefined) return { counts: countVerdicts([]), changes: 0, preview };
  return storeVerdicts(connection, judged, needs);
}
