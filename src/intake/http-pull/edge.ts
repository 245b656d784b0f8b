// The edge between two pulls: how new the newest row was, and which rows lay so near to it that the next pull
// will be given them again. What is remembered of a row is a keyed index of its text.
import { readMoment } from './moment.js';
import type { PulledRow } from './read-page.js';

export interface HttpPlace {
  /** The newest value of the `since` column, as the service wrote it. */
  readonly newest: string | null;
  /** Keyed indexes of the rows within the overlap behind it. */
  readonly seen: readonly string[];
}

export interface EdgeRules {
  readonly overlapMs: number;
  readonly now: Date;
  readonly index: (text: string) => string;
  /** Most rows to remember. */
  readonly mostSeen: number;
}

export interface Edge {
  /** The value to ask from; undefined where everything is to be read. */
  readonly since: string | undefined;
  /** Tells whether the row is to be delivered, and remembers it. */
  take(row: PulledRow): boolean;
  /** Tells whether a row was given that is as new as the newest one of the last pull, or newer. */
  isReached(): boolean;
  /** Tells whether a row of that very moment was given. */
  isMet(): boolean;
  place(): HttpPlace;
}

interface State {
  newest: string | null;
  newestMs: number;
  /** Where the next pull begins. */
  fromMs: number;
  /** The rows at the edge: the index of each, and its moment. */
  readonly near: Map<string, number>;
}

/** A row that claims to be changed later than so is not believed: it would hide all that come before that day. */
const AHEAD_MS = 86_400_000;

/** Makes the edge of one pull on the place where the last one ended. */
export function createEdge(place: HttpPlace, rules: EdgeRules): Edge {
  const before = new Set(place.seen);
  const state = stateAt(place.newest, rules);
  const formerMs = state.newestMs;
  let isReached = false;
  let isMet = false;
  return {
    since: sinceOf(state),
    take: ({ text, changedAt }) => {
      const moment = changedAt === undefined ? undefined : readMoment(changedAt);
      const isBelieved = moment !== undefined && moment.ms <= rules.now.getTime() + AHEAD_MS;
      if (isBelieved) {
        isReached ||= moment.ms >= formerMs;
        isMet ||= moment.ms === formerMs;
      }
      if (isBelieved && moment.ms > state.newestMs) advance(changedAt ?? '', { state, rules });
      const at = isBelieved ? moment.ms : Number.POSITIVE_INFINITY;
      if (at < state.fromMs && before.size === 0) return true;
      const index = rules.index(text);
      if (at >= state.fromMs) remember(index, at, { state, rules });
      return !before.has(index);
    },
    isReached: () => isReached,
    isMet: () => isMet,
    place: () => {
      forgetOld(state);
      // What is forgotten comes once more, and is unchanged then.
      return { newest: state.newest, seen: [...state.near.keys()].slice(-rules.mostSeen) };
    },
  };
}

function stateAt(newest: string | null, rules: EdgeRules): State {
  const nowhere = Number.NEGATIVE_INFINITY;
  const state: State = { newest: null, newestMs: nowhere, fromMs: nowhere, near: new Map() };
  if (newest !== null && readMoment(newest) !== undefined) advance(newest, { state, rules });
  return state;
}

function sinceOf({ newest, fromMs }: State): string | undefined {
  return newest === null ? undefined : readMoment(newest)?.write(fromMs);
}

function advance(newest: string, { state, rules }: { state: State; rules: EdgeRules }): void {
  const moment = readMoment(newest);
  if (moment === undefined) return;
  const begin = moment.write(moment.ms - rules.overlapMs);
  state.newest = newest;
  state.newestMs = moment.ms;
  // As the service will read it: a form without seconds begins with the minute.
  state.fromMs = readMoment(begin)?.ms ?? moment.ms - rules.overlapMs;
}

function remember(index: string, at: number, { state, rules }: { state: State; rules: EdgeRules }): void {
  const { near } = state;
  // Taken out first, so that it is among the last ones again.
  near.delete(index);
  near.set(index, at);
  if (near.size < 2 * rules.mostSeen) return;
  forgetOld(state);
  let surplus = near.size - rules.mostSeen;
  for (const key of near.keys()) {
    if (surplus <= 0) break;
    near.delete(key);
    surplus -= 1;
  }
}

function forgetOld({ near, fromMs }: State): void {
  for (const [index, at] of near) if (at < fromMs) near.delete(index);
}
