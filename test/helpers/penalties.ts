// Penalty rows for tests: a clean row, and what a test changes of it.
import { HEADINGS, penaltyRow } from '../../bench/penalty-rows.js';

export { HEADINGS };

export const AGENCY = {
  nameZh: '天津市滨海新区市场监督管理局',
  creditCode: '11120116MB1A0001X6',
  // The day before the clock of `intake.ts` stands: clean rows are in time.
  decidedOn: '2026/06/29',
};

export type Cells = Readonly<
  Partial<Record<(typeof HEADINGS)[number] | '操作' | 'SJC' | 'CF_SXYZCD', string>>
>;

/** Writes a CSV of rows, each the n-th clean row with some cells changed; `extra` names further columns. */
export function penaltiesCsv(
  rows: readonly (Cells & { n?: number })[],
  extra: readonly ('操作' | 'SJC' | 'CF_SXYZCD')[] = [],
): string {
  const headings = [...HEADINGS, ...extra];
  const lines = rows.map((row, i) => {
    const clean = penaltyRow(row.n ?? i, AGENCY);
    return headings.map((heading, column) => quote(row[heading] ?? clean[column] ?? '')).join(',');
  });
  return `${[headings.join(','), ...lines].join('\r\n')}\r\n`;
}

/** Writes `count` clean rows. */
export function cleanPenalties(count: number): string {
  return penaltiesCsv(Array.from({ length: count }, (_, n) => ({ n })));
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
