// The second sheet of a correction workbook, 汇总: what batch this is, how many rows had which verdict, how many
// problems there are of each code. The totals are those of the whole batch, whatever the first sheet shows.
import { shanghaiTime } from '../core/clock.js';
import { SUMMARY_SHEET } from '../core/report-headings.js';
import { VERDICTS, type Counts } from '../core/words.js';
import { HEADING, TITLE, WRAPPED } from './cell-styles.js';
import type { ProblemTally } from './problem-tally.js';
import type { StreamedWorkbook } from './streamed-workbook.js';
import { addTextRow } from './text-row.js';
import { VERDICT_WORDS } from './verdict-words.js';

export interface CorrectedBatch {
  readonly id: string;
  readonly source: string;
  readonly receivedAt: Date;
  readonly counts: Counts;
}

export interface SummaryInput {
  readonly batch: CorrectedBatch;
  readonly tally: ProblemTally;
  /** What the first sheet does not show, as sentences. */
  readonly remarks: readonly string[];
}

const WIDTHS = [28, 14, 12, 70, 60];

/** Writes the sheet. */
export async function addSummary(workbook: StreamedWorkbook, input: SummaryInput): Promise<void> {
  const { batch, tally, remarks } = input;
  const { sheet, close } = workbook.addSheet(SUMMARY_SHEET);
  sheet.columns = WIDTHS.map((width) => ({ width }));
  const write = (...texts: (string | number)[]): void => addTextRow(sheet, texts, WRAPPED);
  addTextRow(sheet, ['处理结果汇总 · Summary'], TITLE);
  write('批次 · Batch', batch.id);
  write('数据源 · Source', batch.source);
  write('接收时间 · Received', shanghaiTime(batch.receivedAt));
  for (const remark of remarks) write('说明 · Note', remark);
  write('');
  addTextRow(sheet, ['处理结果', '行数', 'Verdict'], HEADING);
  for (const verdict of VERDICTS) write(VERDICT_WORDS[verdict], batch.counts[verdict], verdict);
  write('合计', batch.counts.received, 'received');
  write('');
  addTextRow(sheet, ['问题代码', '数量', '级别', '问题说明'], HEADING);
  const totals = tally.totals();
  for (const { code, problems, severity, template } of totals)
    write(code, problems, severity === 'error' ? '错误' : '警告', template);
  write(
    '合计',
    totals.reduce((sum, { problems }) => sum + problems, 0),
  );
  if (tally.withoutRow.length > 0) {
    write('');
    addTextRow(sheet, ['不属于任何行的问题', '行号', '级别', '问题说明', '修改建议'], HEADING);
    for (const { code, row, severity, messageZh, suggestion } of tally.withoutRow)
      write(code, row, severity === 'error' ? '错误' : '警告', messageZh, suggestion);
  }
  await close();
}
