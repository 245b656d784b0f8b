// The agency's own rows back as a workbook: its columns, its text, its row numbers, and to the right what became
// of each row. Corrected there and uploaded again it takes only what changed. Rows and problems come in row order.
import type { Writable } from 'node:stream';
import { layOut } from './correction-columns.js';
import { shapeColumns, skipTo, writeHeadings, writeReportedRow } from './correction-rows.js';
import { addSummary, type CorrectedBatch } from './correction-summary.js';
import { openTally, type ProblemTally } from './problem-tally.js';
import { isFaulty, reportedRows, type ReportedInput } from './reported-rows.js';
import { writeWorkbook, type StreamedSheet } from './streamed-workbook.js';

export interface CorrectionInput extends ReportedInput {
  readonly headings: readonly string[];
  /** Row of the headings; 0 where the form of file has none: then they stand in row 1, entry n in row n + 1. */
  readonly headingRow: number;
  readonly batch: CorrectedBatch;
  /** Leaves out rows without a problem; the others stand close together and name their number. */
  readonly onlyFaulty: boolean;
  /** Name of the first sheet, where the source reads a sheet of that name alone. */
  readonly sheetName?: string;
  /** Rows that a sheet may have. @default 1048576 */
  readonly maxSheetRows?: number;
}

const DEFAULT_SHEET = '数据';
const MOST_ROWS = 1_048_576;

/** Writes the correction workbook of a batch into `out`, which ends with it. */
export async function writeCorrectionWorkbook(input: CorrectionInput, out: Writable): Promise<void> {
  const tally = openTally();
  await writeWorkbook(out, input.batch.receivedAt, async (workbook) => {
    const data = workbook.addSheet(input.sheetName ?? DEFAULT_SHEET, {
      views: [{ state: 'frozen', ySplit: headingAt(input) }],
    });
    const remarks = await writeData(data, input, tally);
    await data.close();
    await addSummary(workbook, { batch: input.batch, tally, remarks });
  });
}

function headingAt({ headingRow }: CorrectionInput): number {
  return Math.max(1, headingRow);
}

/** Writes the rows and tells, in sentences, what is not shown. */
async function writeData(
  data: StreamedSheet,
  input: CorrectionInput,
  tally: ProblemTally,
): Promise<string[]> {
  const mostRows = input.maxSheetRows ?? MOST_ROWS;
  const isTooLong = headingAt(input) + input.batch.counts.received > mostRows;
  const isMoved = input.onlyFaulty || isTooLong;
  const columns = layOut(input.headings);
  shapeColumns(data.sheet, columns);
  writeHeadings(data.sheet, headingAt(input), columns);
  let last = headingAt(input);
  let left = 0;
  for await (const piece of reportedRows(input, tally)) {
    const shown = isMoved ? piece.filter(isFaulty) : piece;
    for (const reported of shown) {
      const at = isMoved ? last + 1 : reported.row.row + (input.headingRow === 0 ? 1 : 0);
      if (at > mostRows) {
        left += 1;
        continue;
      }
      skipTo(data.sheet, last + 1, at);
      writeReportedRow(data.sheet.getRow(at), { ...reported, isMoved }, columns);
      last = at;
    }
    await data.settle();
  }
  return [
    ...(isTooLong
      ? [`行数超过工作表上限 ${mostRows}，仅列出有问题的行。Too many rows for a sheet: faulty ones only.`]
      : []),
    ...(isMoved && !isTooLong ? ['仅列出有问题的行。Only rows with problems are shown.'] : []),
    ...(left > 0
      ? [
          `另有 ${left} 行超出工作表上限，未列出，请下载问题清单。${left} more rows have no room here: see the list of problems.`,
        ]
      : []),
    ...(tally.has('file.broken-off')
      ? ['文件在中途无法读取，其后的行未列出。The file breaks off: rows behind are not shown.']
      : []),
  ];
}
