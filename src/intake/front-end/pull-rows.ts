// The ordinary pull: one state of the table, from a little behind the newest row seen before. What was seen there
// already is passed over, so that neither a late commit nor rows of the same moment are missed or doubled.
import { randomUUID } from 'node:crypto';
import { holdsProvenNumber } from '../../core/mask.js';
import { analyseKnown } from '../../db/pulled-rows.js';
import { readPlace } from '../../db/source-pulls.js';
import type { Cells } from '../../platform/front-end/front-end.js';
import {
  newestStatement,
  rowsStatement,
  rowsWithoutCursorStatement,
  type Range,
} from '../../platform/front-end/statements.js';
import { earlierTime, placeOf, type PullPlace } from './pull-place.js';
import { endStep, type PullRun } from './pull-run.js';
import { bodyOf } from './row-body.js';
import { takeRows } from './take-rows.js';

/** So many rows change what the planner must know of the table. */
const MANY_ROWS = 10_000;

/** Pulls what is new or changed as one delivery; true where there is more than one delivery holds. */
export async function pullRows(run: PullRun): Promise<boolean> {
  const { needs, plan, frontEnd } = run;
  const source = plan.source.id;
  const stored = await readPlace(needs.database, source);
  const place = placeOf(stored, plan.settings);
  await frontEnd.snapshot();
  const { newest, isReloaded } = await readNewest(run, place);
  const since = isReloaded || run.order.isFull ? null : place.cursor;
  const reading = readRange(run, since);
  const id = randomUUID();
  const taking = takeRows(run, id, reading.blocks);
  const body = await bodyOf(taking.lines);
  const to = (): PullPlace => {
    const cursor = keptCursor(cursorAt(taking.cutAt(), newest, run));
    return { ...place, cursor, hasUnplaced: reading.hasUnplaced(), step: place.step + 1 };
  };
  if (body === undefined && isSame(to(), place) && stored !== undefined) return false;
  const received = await endStep(run, { id, from: stored, to }, { body, delivered: taking.count });
  if (taking.count() >= MANY_ROWS) await analyseKnown(needs.database);
  if (reading.hasUnplaced() && !place.hasUnplaced) warnOfUnplaced(run);
  needs.log.info({ source, rows: taking.count(), batch: received?.id }, 'Front-end database pulled');
  return taking.cutAt() !== undefined;
}

/** Reads the newest cursor, and tells whether the table was emptied or filled again since `place`. */
async function readNewest(
  { plan, frontEnd, needs, order }: PullRun,
  place: PullPlace,
): Promise<{ newest: string | null; isReloaded: boolean }> {
  const range = { table: plan.settings.table, cursor: plan.cursor };
  // A full pull asks nothing of a place that may no longer fit the column.
  const known = order.isFull ? null : place.cursor;
  const [row] = await frontEnd.run(newestStatement(range, known, frontEnd.dialect));
  const newest = row?.[0] ?? null;
  const isReloaded = known !== null && (newest === null || row?.[1] === '1');
  if (isReloaded)
    needs.log.warn(
      { source: plan.source.id },
      'The front-end table ends before the place of its last pull: it is read from the beginning',
    );
  return { newest, isReloaded };
}

interface Reading {
  readonly blocks: AsyncGenerator<readonly Cells[]>;
  /** Tells whether rows without a cursor were met. */
  readonly hasUnplaced: () => boolean;
}

function readRange(run: PullRun, since: string | null): Reading {
  const { plan, frontEnd } = run;
  const range = rangeOf(run);
  const place = since === null ? undefined : { place: since, overlap: plan.settings.cursor.overlap };
  let hasUnplaced = false;
  async function* read(): AsyncGenerator<readonly Cells[]> {
    yield* frontEnd.stream(rowsStatement(range, place, frontEnd.dialect));
    for await (const block of frontEnd.stream(rowsWithoutCursorStatement(range, frontEnd.dialect))) {
      hasUnplaced = true;
      yield block;
    }
  }
  return { blocks: read(), hasUnplaced: () => hasUnplaced };
}

/** The place after a delivery that was cut is its last row; a time in the future is no place. */
function cursorAt(cutAt: Cells | undefined, newest: string | null, { plan }: PullRun): string | null {
  const cursor = cutAt?.[plan.cursorCell] ?? null;
  if (cursor === null || newest === null) return newest;
  return plan.cursor.kind === 'time' ? earlierTime(cursor, newest) : cursor;
}

/** A cursor that is an ID number is not kept: the next pull reads the whole table, and takes what it does not know. */
function keptCursor(cursor: string | null): string | null {
  return cursor === null || holdsProvenNumber(cursor) ? null : cursor;
}

function isSame(one: PullPlace, other: PullPlace): boolean {
  return one.cursor === other.cursor && one.hasUnplaced === other.hasUnplaced;
}

/** Names what is read of the table of a run. */
export function rangeOf({ plan }: PullRun): Range {
  const { columns, keys, cursor, settings } = plan;
  return { table: settings.table, columns, keys, cursor };
}

function warnOfUnplaced({ plan, needs }: PullRun): void {
  needs.log.warn(
    { source: plan.source.id, column: plan.cursor.name },
    'Rows of the front-end table have no cursor: each pull reads them all',
  );
}
