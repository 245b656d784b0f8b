// What is new at a service since the last pull, as lines of NDJSON: asked from the edge on, without the rows
// that were seen there. Where nothing is left of the edge, the source was filled anew, and all of it is read.
import type { Source } from '../../core/configuration.js';
import { askPages, type PagesNeeds } from './ask-pages.js';
import { createEdge, type Edge, type EdgeRules, type HttpPlace } from './edge.js';
import { pullFailed } from './pull-fault.js';
import type { PulledRow } from './read-page.js';

export interface PullPlaceRead extends HttpPlace {
  /** The `since` column that this is about. */
  readonly column: string | null;
  /**
   * The service gives what is newer than the value it is asked from, and not the rows at it: that the newest row
   * is missing in an answer says nothing then.
   */
  readonly isStrict: boolean;
}

export interface NewRows {
  /** Lines of one or more rows each. */
  readonly lines: AsyncGenerator<readonly string[]>;
  /** Where the next pull begins; to be asked when the lines have ended. */
  place(): PullPlaceRead;
}

export interface NewRowsNeeds extends PagesNeeds, Omit<EdgeRules, 'overlapMs'> {
  readonly onReadAgain: () => void;
}

interface State {
  edge: Edge;
  isStrict: boolean;
  rows: number;
}

export const NOWHERE: PullPlaceRead = { column: null, newest: null, seen: [], isStrict: false };

/** Reads from a place on; from `NOWHERE`, everything. */
export function readNewRows(place: PullPlaceRead, needs: NewRowsNeeds): NewRows {
  const column = needs.settings.since?.column ?? null;
  const state: State = { edge: edgeAt(place, needs), isStrict: place.isStrict, rows: 0 };
  return {
    lines: readLines(state, place, needs),
    place: () => ({ column, ...state.edge.place(), isStrict: state.isStrict }),
  };
}

/** Tells which place of another pull still holds under the settings of today. */
export function placeOf(stored: unknown, { httpPull }: Source): PullPlaceRead {
  const place = { ...NOWHERE, ...(stored as Partial<PullPlaceRead> | undefined) };
  return place.column === (httpPull?.since?.column ?? null) ? place : NOWHERE;
}

function edgeAt(place: HttpPlace, needs: NewRowsNeeds): Edge {
  return createEdge(place, { ...needs, overlapMs: (needs.settings.since?.overlapSeconds ?? 0) * 1000 });
}

async function* readLines(
  state: State,
  place: PullPlaceRead,
  needs: NewRowsNeeds,
): AsyncGenerator<readonly string[]> {
  const { since } = state.edge;
  yield* readFrom(since, state, needs);
  if (since !== undefined) {
    if (state.edge.isMet()) state.isStrict = false;
    if (state.edge.isReached() || state.isStrict) return;
    needs.onReadAgain();
    state.edge = edgeAt(NOWHERE, needs);
    yield* readFrom(undefined, state, needs);
    // The newest row is still there: it was not given because the service leaves out the value itself.
    state.isStrict = state.edge.place().newest === place.newest;
  }
  refuseWithoutMoments(state, needs);
}

async function* readFrom(
  since: string | undefined,
  state: State,
  needs: NewRowsNeeds,
): AsyncGenerator<readonly string[]> {
  for await (const rows of askPages(since, needs)) {
    const isNew = (row: PulledRow): boolean => needs.settings.since === undefined || state.edge.take(row);
    const lines = rows.filter(isNew).map(({ text }) => text);
    state.rows += rows.length;
    if (lines.length > 0) yield lines;
  }
}

function refuseWithoutMoments({ edge, rows }: State, { settings, source }: NewRowsNeeds): void {
  if (settings.since === undefined || rows === 0 || edge.place().newest !== null) return;
  const { column } = settings.since;
  throw pullFailed(
    { source },
    `gave no row whose ${column} is a moment of the past`,
    `返回的数据行中 ${column} 均不是有效的时间`,
  );
}
