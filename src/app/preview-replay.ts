// What a replay would change, row by row against the account that stands; nothing is written. Batches of one preview
// are judged one after another, each upon what those before it would have stored.
import { shanghaiDay } from '../core/clock.js';
import { isGatewayError } from '../core/errors.js';
import type { JudgedRow, ParsedRow } from '../core/rows.js';
import { verdictLookup } from '../core/verdict-runs.js';
import { VERDICTS, type Counts, type Verdict } from '../core/words.js';
import {
  readCodesOfRows,
  readDelivered,
  readLastAccount,
  type DeliveredStretch,
} from '../db/batch-replays.js';
import type { Batch } from '../db/batches.js';
import { readVerdicts } from '../db/chunks.js';
import { openBatchFile } from '../jobs/open-batch-file.js';
import { judgeRows } from '../records/dedupe.js';
import { foresee, type Foresight } from '../records/foresee.js';
import { storedGround } from '../records/ground-reads.js';
import { readGround } from '../records/read-ground.js';
import { mustBeReplayable, planReplay, type ReplayNeeds } from './plan-replay.js';

export interface ReplayPreview {
  readonly batch: string;
  /** The batch whose account is compared with: the last replay, else the batch itself. */
  readonly comparedWith: string;
  readonly mapping: string;
  /** Whether all that judges rows is as it was: nothing is to be expected then. Null where it was not noted. */
  readonly isSameMapping: boolean | null;
  readonly rows: number;
  /** The most that one preview looks at, all its batches together. */
  readonly maxRows: number;
  /** False where the file goes on behind the rows looked at. */
  readonly isWhole: boolean;
  /** Of the rows looked at. */
  readonly before: Counts;
  readonly after: Counts;
  /** Rejected rows that would pass, and passed ones that would be rejected. */
  readonly wouldPass: number;
  readonly wouldFail: number;
  /** Rows by code: what would be a problem no longer, still, and newly; most gone first. */
  readonly problems: readonly {
    readonly code: string;
    readonly gone: number;
    readonly still: number;
    readonly added: number;
  }[];
}

/** Rows of one preview, all its batches together: each change is held in memory. */
const MAX_ROWS = 200_000;
/** Files that one preview opens: the request waits for them. */
const MAX_BATCHES = 50;
const MAX_LISTED = 1000;
/** No batch has such a number, and what is foreseen is younger than all that is stored. */
const FIRST_NUMBER = 2 ** 52;

/** Previews the replay of a batch; throws as its replay would be refused. */
export function previewReplay(original: Batch, needs: ReplayNeeds): Promise<ReplayPreview> {
  const foresight = foresee(storedGround(needs.storage.database));
  return look(original, { foresight, left: MAX_ROWS, number: FIRST_NUMBER }, needs);
}

/** A batch of a stretch that is not replayed, and the code of the reason. */
interface Skipped {
  readonly batch: string;
  readonly code: string;
}

export interface StretchPreview {
  readonly previews: readonly ReplayPreview[];
  readonly skipped: readonly Skipped[];
  /** Batches that were not looked at any more: a preview has an end by rows and by files. */
  readonly left: readonly string[];
  readonly maxRows: number;
  readonly maxBatches: number;
}

/** Previews the replays of what a source delivered in a stretch of time, as far as a preview goes. */
export async function previewStretch(stretch: DeliveredStretch, needs: ReplayNeeds): Promise<StretchPreview> {
  const found = await readDelivered(needs.storage.database, { ...stretch, limit: MAX_LISTED });
  const foresight = foresee(storedGround(needs.storage.database));
  const previews: ReplayPreview[] = [];
  const skipped: Skipped[] = [];
  let rows = 0;
  let opened = 0;
  for (const original of found) {
    if (rows >= MAX_ROWS || opened >= MAX_BATCHES) break;
    opened += 1;
    try {
      mustBeReplayable(original);
      const left = MAX_ROWS - rows;
      const preview = await look(original, { foresight, left, number: FIRST_NUMBER + opened }, needs);
      rows += preview.rows;
      previews.push(preview);
    } catch (error) {
      // Ours to mend is whatever is no fault of the batch.
      if (!isGatewayError(error) || error.status >= 500) throw error;
      skipped.push({ batch: original.id, code: error.code });
    }
  }
  const left = found.slice(opened).map(({ id }) => id);
  return { previews, skipped, left, maxRows: MAX_ROWS, maxBatches: MAX_BATCHES };
}

interface Look {
  readonly foresight: Foresight;
  /** How many rows may be looked at. */
  readonly left: number;
  readonly number: number;
}

async function look(original: Batch, at: Look, needs: ReplayNeeds): Promise<ReplayPreview> {
  const { database, originals, sealer } = needs.storage;
  const plan = await planReplay(original, needs);
  const account = await readLastAccount(database, original);
  const file = await openBatchFile({ ...original, ...plan }, { ...needs.site, originals, sealer });
  const verdictBefore = verdictLookup(await readVerdicts(database, account.id));
  const tally = openTally(verdictBefore);
  const of = { ...original, batchNumber: at.number, today: shanghaiDay(needs.clock()) };
  let isWhole = true;
  for await (const piece of toTheBreak(file.rows)) {
    const rows = piece.slice(0, at.left - tally.rows()).map(file.stages);
    const [first, last] = [rows[0], rows.at(-1)];
    if (first !== undefined && last !== undefined) {
      const ground = await readGround(at.foresight.reads, rows, of);
      const judged = judgeRows(rows, ground);
      at.foresight.note(judged, ground);
      const stretch = { batchId: account.id, first: first.row, last: last.row };
      tally.add(judged, await readCodesOfRows(database, stretch));
    }
    isWhole = rows.length === piece.length;
    if (!isWhole) break;
  }
  const { mappingVersion } = account;
  return {
    batch: original.id,
    comparedWith: account.id,
    mapping: plan.mapping,
    isSameMapping: mappingVersion === null ? null : mappingVersion === plan.mappingVersion,
    maxRows: MAX_ROWS,
    isWhole,
    ...tally.result(),
  };
}

/** Where the file breaks, the batch ends as well. */
async function* toTheBreak(pieces: AsyncIterable<ParsedRow[]>): AsyncGenerator<ParsedRow[]> {
  try {
    yield* pieces;
  } catch (error) {
    if (!isGatewayError(error) || !error.code.startsWith('file.')) throw error;
  }
}

type Tallied = Pick<ReplayPreview, 'rows' | 'before' | 'after' | 'wouldPass' | 'wouldFail' | 'problems'>;

interface Tally {
  readonly rows: () => number;
  readonly add: (judged: readonly JudgedRow[], codesBefore: ReadonlyMap<number, ReadonlySet<string>>) => void;
  readonly result: () => Tallied;
}

function openTally(verdictBefore: (row: number) => Verdict | undefined): Tally {
  const before = noRows();
  const after = noRows();
  const codes = new Map<string, { gone: number; still: number; added: number }>();
  let wouldPass = 0;
  let wouldFail = 0;
  const count = (code: string, kind: 'gone' | 'still' | 'added'): void => {
    const of = codes.get(code) ?? { gone: 0, still: 0, added: 0 };
    of[kind] += 1;
    codes.set(code, of);
  };
  return {
    rows: () => after.received,
    add: (judged, codesBefore) => {
      for (const { row, verdict, problems } of judged) {
        const was = verdictBefore(row);
        countVerdict(after, verdict);
        if (was !== undefined) countVerdict(before, was);
        if (was === 'rejected' && verdict !== 'rejected') wouldPass += 1;
        if (was !== undefined && was !== 'rejected' && verdict === 'rejected') wouldFail += 1;
        const now = new Set<string>(problems.map(({ code }) => code));
        const then = codesBefore.get(row) ?? new Set<string>();
        for (const code of then) count(code, now.has(code) ? 'still' : 'gone');
        for (const code of now) if (!then.has(code)) count(code, 'added');
      }
    },
    result: () => ({
      rows: after.received,
      before,
      after,
      wouldPass,
      wouldFail,
      problems: [...codes]
        .map(([code, of]) => ({ code, ...of }))
        .sort((a, b) => b.gone - a.gone || b.added - a.added || a.code.localeCompare(b.code)),
    }),
  };
}

type Counting = Record<'received' | Verdict, number>;

function noRows(): Counting {
  return {
    received: 0,
    ...(Object.fromEntries(VERDICTS.map((verdict) => [verdict, 0])) as Record<Verdict, number>),
  };
}

function countVerdict(counts: Counting, verdict: Verdict): void {
  counts.received += 1;
  counts[verdict] += 1;
}
