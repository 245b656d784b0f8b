// A small batch as a correction workbook sees it, and what a test changes of it.
import type { ParsedRow } from '../../../src/core/rows.js';
import type { Counts, Verdict } from '../../../src/core/words.js';
import type { ProblemView } from '../../../src/db/problems.js';
import { writeCorrectionWorkbook, type CorrectionInput } from '../../../src/reports/correction-workbook.js';
import { caught } from '../../helpers/written-workbook.js';

export const HEADINGS = ['名称', '代码', '日期'];

const NO_COUNTS: Counts = {
  received: 0,
  new: 0,
  amended: 0,
  unchanged: 0,
  duplicate: 0,
  stale: 0,
  withdrawn: 0,
  rejected: 0,
};

/** A problem of a row; an error where nothing else is said. */
export function problemOf(row: number, more: Partial<ProblemView> = {}): ProblemView {
  return {
    row,
    column: '日期',
    code: 'date.invalid',
    severity: 'error',
    message: 'Not a date',
    messageZh: '日期的值不是有效日期',
    suggestion: '请使用 2020/01/31 格式',
    ...more,
  };
}

export interface Sample extends Partial<
  Omit<CorrectionInput, 'rows' | 'problemsFrom' | 'verdictOf' | 'batch'>
> {
  /** Rows under their numbers. */
  readonly rows?: Readonly<Record<number, readonly string[]>>;
  readonly problems?: readonly ProblemView[];
  readonly verdicts?: Readonly<Record<number, Verdict>>;
  readonly counts?: Partial<Counts>;
  /** Items in one page of rows or problems. @default 2 */
  readonly page?: number;
}

/** Makes the input of a correction workbook. */
export function inputOf(sample: Sample): CorrectionInput {
  const { rows = {}, problems = [], verdicts = {}, counts, page = 2, ...rest } = sample;
  const parsed = Object.entries(rows).map(([row, cells]): ParsedRow => ({ row: Number(row), cells }));
  return {
    headings: HEADINGS,
    headingRow: 1,
    onlyFaulty: false,
    ...rest,
    rows: pagesOf(parsed, page),
    problemsFrom: pagesOf(problems, page),
    verdictOf: (row) => verdicts[row],
    batch: {
      id: 'b-1',
      source: 'market-regulation-penalty',
      receivedAt: new Date('2026-06-30T18:00:00Z'),
      counts: { ...NO_COUNTS, received: parsed.length, ...counts },
    },
  };
}

/** Writes the sample into memory. */
export function written(sample: Sample): Promise<Buffer> {
  return caught((out) => writeCorrectionWorkbook(inputOf(sample), out));
}

/** Cuts items into pages. */
export async function* pagesOf<T>(items: readonly T[], size: number): AsyncGenerator<T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
