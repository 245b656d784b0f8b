// Gives rows their problems, both coming in row order: pages in, the problems of one row after another out.
// Memory holds the pages up to the row that is looked at.
import type { ProblemView } from '../db/problems.js';

export interface ProblemCursor {
  /** Reads pages until every problem of the rows up to this one is at hand. */
  readonly readTo: (row: number) => Promise<void>;
  /** Gives the problems of a row; those of rows before it that nobody asked for are `passed`. */
  readonly take: (row: number) => readonly ProblemView[];
  /** Passes what is left, to the end. */
  readonly finish: () => Promise<void>;
}

const NONE: readonly ProblemView[] = [];

/** Opens a cursor; `seen` is called with each problem once, in order. */
export function openProblemCursor(
  pages: AsyncIterator<readonly ProblemView[]>,
  on: { readonly seen: (problem: ProblemView) => void; readonly passed: (problem: ProblemView) => void },
): ProblemCursor {
  let waiting: ProblemView[] = [];
  let next = 0;
  let isAtEnd = false;
  const readPage = async (): Promise<void> => {
    const page = await pages.next();
    isAtEnd = page.done === true;
    if (page.done === true) return;
    for (const problem of page.value) on.seen(problem);
    waiting = [...waiting.slice(next), ...page.value];
    next = 0;
  };
  const pass = (until: number): void => {
    for (let problem = waiting[next]; problem !== undefined && problem.row < until; problem = waiting[next]) {
      on.passed(problem);
      next += 1;
    }
  };
  return {
    readTo: async (row) => {
      // A page may end in the middle of a row.
      while (!isAtEnd && (waiting.at(-1)?.row ?? -1) <= row) await readPage();
    },
    take: (row) => {
      pass(row);
      if (waiting[next]?.row !== row) return NONE;
      const start = next;
      while (waiting[next]?.row === row) next += 1;
      return waiting.slice(start, next);
    },
    finish: async () => {
      for (;;) {
        pass(Infinity);
        if (isAtEnd) return;
        await readPage();
      }
    },
  };
}
