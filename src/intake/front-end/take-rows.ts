// From the rows of an agency's table, those that are new or have changed: held against what is known of them,
// staged, and written as lines. Memory holds some blocks, however many rows there are.
import { aheadOne } from '../../core/ahead-one.js';
import { findKnown, type KnownRow } from '../../db/pulled-rows.js';
import { analyseStaged, stageRows } from '../../db/staged-rows.js';
import type { Cells } from '../../platform/front-end/front-end.js';
import type { PullRun } from './pull-run.js';
import { compileLine } from './row-body.js';

export interface Taking {
  readonly lines: AsyncGenerator<readonly string[]>;
  /** Counts the rows taken so far. */
  readonly count: () => number;
  /** The last row that was read where the delivery became too large for more; undefined where all were read. */
  readonly cutAt: () => Cells | undefined;
}

/** What the planner guesses is good enough for fewer. */
const MANY_ROWS = 1000;
const ROWS_A_DELIVERY = 1_000_000;
/** Well below what an upload may have at most: a character has up to three bytes. */
const CHARACTERS_A_DELIVERY = 400_000_000;
const BYTES_A_CHARACTER = 4;

/** Takes what is new of some rows under the id of a step, until a delivery is full. */
export function takeRows(run: PullRun, stepId: string, blocks: AsyncIterable<readonly Cells[]>): Taking {
  const { plan, needs, indexer } = run;
  const line = compileLine(plan.columns);
  const ids = { source: plan.source.id, run: stepId };
  const isFull = compileIsFull(run);
  let taken = { rows: 0, characters: 0 };
  let cutAt: Cells | undefined;
  async function* take(): AsyncGenerator<readonly string[]> {
    for await (const block of aheadOne(blocks)) {
      needs.signal.throwIfAborted();
      const rows = await freshRows(run, block);
      if (rows.length === 0) continue;
      const staged = rows.map(({ row, ...indexes }, i) => ({
        ...indexes,
        role: 'd' as const,
        ordinal: taken.rows + i + 1,
        sealed: indexer.sealRow(row),
      }));
      await stageRows(needs.database, ids, staged);
      const lines = rows.map(({ row }) => line(row));
      const characters = lines.reduce((sum, { length }) => sum + length, taken.characters);
      taken = { rows: taken.rows + rows.length, characters };
      if (isFull(taken)) cutAt = block.at(-1);
      yield lines;
      if (cutAt !== undefined) break;
    }
    if (taken.rows >= MANY_ROWS) await analyseStaged(needs.database);
  }
  return { lines: take(), count: () => taken.rows, cutAt: () => cutAt };
}

interface Taken {
  readonly rows: number;
  readonly characters: number;
}

function compileIsFull({ plan, needs }: PullRun): (taken: Taken) => boolean {
  const maxRows = needs.rowsADelivery ?? ROWS_A_DELIVERY;
  const maxBytes = plan.source.maxUploadBytes ?? Number.POSITIVE_INFINITY;
  const maxCharacters = Math.min(CHARACTERS_A_DELIVERY, maxBytes / BYTES_A_CHARACTER);
  return ({ rows, characters }) => rows >= maxRows || characters >= maxCharacters;
}

interface IndexedRow {
  readonly row: Cells;
  readonly keyIndex: string;
  readonly contentIndex: string;
  readonly identityIndex: string | null;
}

async function freshRows(run: PullRun, block: readonly Cells[]): Promise<IndexedRow[]> {
  const { plan, needs, indexer } = run;
  const rows = block.map((row) => ({ row, ...indexer.indexRow(row) }));
  const keys = rows.map(({ keyIndex }) => keyIndex);
  const known = await findKnown(needs.database, plan.source.id, keys);
  const mustSeal = plan.withdrawal !== undefined;
  return rows.filter(({ keyIndex, contentIndex }) => isFresh(known.get(keyIndex), contentIndex, mustSeal));
}

/** Where withdrawals were not wanted before, what they need was not kept: such a row is taken once more. */
function isFresh(known: KnownRow | undefined, contentIndex: string, mustSeal: boolean): boolean {
  return known === undefined || known.contentIndex !== contentIndex || (mustSeal && !known.isSealed);
}
