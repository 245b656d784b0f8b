// Counts the problems of a batch by code while they pass, and keeps the first ones that belong to no row of the file.
import { PROBLEMS, type ProblemCode } from '../core/problems.js';
import type { Severity } from '../core/words.js';
import type { ProblemView } from '../db/problems.js';

export interface CodeTotal {
  readonly code: string;
  readonly severity: Severity;
  readonly problems: number;
  /** The sentence of the code in Chinese, with words for its places. */
  readonly template: string;
}

export interface ProblemTally {
  readonly seen: (problem: ProblemView) => void;
  readonly passed: (problem: ProblemView) => void;
  /** Most frequent first. */
  readonly totals: () => CodeTotal[];
  /** Tells whether a problem of this code was seen. */
  readonly has: (code: ProblemCode) => boolean;
  /** Problems without a row: at most some hundred of them. */
  readonly withoutRow: readonly ProblemView[];
}

const MOST_SHOWN = 500;
const PLACES: Readonly<Record<string, string>> = { column: '该列', columns: '相关列', other: '另一日期' };

/** Opens a tally. */
export function openTally(): ProblemTally {
  const counts = new Map<string, { code: string; severity: Severity; problems: number }>();
  const withoutRow: ProblemView[] = [];
  return {
    seen: ({ code, severity }) => {
      const known = counts.get(`${code} ${severity}`);
      if (known === undefined) counts.set(`${code} ${severity}`, { code, severity, problems: 1 });
      else known.problems += 1;
    },
    passed: (problem) => {
      if (withoutRow.length < MOST_SHOWN) withoutRow.push(problem);
    },
    totals: () =>
      [...counts.values()]
        .sort((a, b) => b.problems - a.problems || (a.code < b.code ? -1 : 1))
        .map((total) => ({ ...total, template: templateOf(total.code) })),
    has: (code) => [...counts.values()].some((total) => total.code === code),
    withoutRow,
  };
}

function templateOf(code: string): string {
  const kind = Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code as ProblemCode] : undefined;
  return (kind?.messageZh ?? '').replaceAll(/\{(\w+)\}/g, (_, name: string) => PLACES[name] ?? '…');
}
