// Decides whether a batch is held: a file of which most rows would be rejected is more likely the wrong
// file, or one in the wrong mapping, than so many wrong rows.
import type { JudgedRow } from '../core/rows.js';
import type { Preview } from '../db/batches.js';
import { countVerdicts } from './store.js';

export interface HoldRule {
  readonly aboveRejectedShare: number;
  readonly fromRows: number;
}

/** Gives the preview of the first chunk where the batch is to be held, nothing where it may pass. */
export function compileHold(rule: HoldRule): (rows: readonly JudgedRow[]) => Preview | undefined {
  return (rows) => {
    if (rows.length < rule.fromRows) return undefined;
    const counts = countVerdicts(rows);
    const passing = rows.length - counts.rejected;
    if (passing === 0 || counts.rejected / rows.length <= rule.aboveRejectedShare) return undefined;
    return {
      rows: rows.length,
      counts: { received: rows.length, ...counts },
      problems: countProblems(rows),
    };
  };
}

function countProblems(rows: readonly JudgedRow[]): Preview['problems'] {
  const byCode = new Map<string, number>();
  for (const { problems } of rows)
    for (const code of new Set(problems.map((problem) => problem.code)))
      byCode.set(code, (byCode.get(code) ?? 0) + 1);
  return [...byCode]
    .map(([code, count]) => ({ code, rows: count }))
    .sort((a, b) => b.rows - a.rows || a.code.localeCompare(b.code));
}
