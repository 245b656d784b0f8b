// Where the pull of a front-end database left off. The place belongs to one cursor column of one table: where the
// configuration names another, the pull begins again.
import type { DatabasePullSettings } from '../../core/configuration.js';

export interface PullPlace {
  readonly table: string;
  readonly column: string;
  /** The newest cursor seen, as the database writes it; null where there was none. */
  readonly cursor: string | null;
  /** Whether there were rows without a cursor: it is said once. */
  readonly hasUnplaced: boolean;
  /** Counts the steps, so that two workers never take the same one. */
  readonly step: number;
}

/** Reads a stored place for these settings. */
export function placeOf(stored: unknown, settings: DatabasePullSettings): PullPlace {
  const { table, cursor } = settings;
  const found = (stored ?? {}) as Partial<PullPlace>;
  const isSame = found.table === table && found.column === cursor.column;
  return {
    table,
    column: cursor.column,
    cursor: isSame ? (found.cursor ?? null) : null,
    hasUnplaced: isSame && found.hasUnplaced === true,
    step: found.step ?? 0,
  };
}

/** Gives the smaller of two times as a database writes them, of which one may say its offset. */
export function earlierTime(one: string, other: string): string {
  const plain = (text: string): string => text.replace(/[+-]\d\d(:\d\d)*$/, '');
  return plain(one) < plain(other) ? one : other;
}
