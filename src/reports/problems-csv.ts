// The problems of a batch as a CSV that Excel opens: UTF-8 with a mark, CRLF, no cell that could be a formula.
import Papa from 'papaparse';
import { protect } from '../core/formula-guard.js';
import type { ProblemView } from '../db/problems.js';
import { messageOf } from './problem-message.js';

const BYTE_ORDER_MARK = '\ufeff';
const NEWLINE = '\r\n';
const HEADINGS = ['行号', '列', '代码', '级别', '说明', '建议', 'Message'];

/** Yields the text of the CSV, a piece a page. */
export async function* problemsCsv(pages: AsyncIterable<readonly ProblemView[]>): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK + HEADINGS.join(',') + NEWLINE;
  for await (const page of pages)
    if (page.length > 0) yield Papa.unparse(page.map(cellsOf), { newline: NEWLINE }) + NEWLINE;
}

function cellsOf(problem: ProblemView): string[] {
  const { row, column, code, severity, suggestion, message } = problem;
  const level = severity === 'error' ? '错误' : '警告';
  return [String(row), column ?? '', code, level, messageOf(problem), suggestion, message].map(protect);
}
