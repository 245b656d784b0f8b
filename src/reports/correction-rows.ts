// The first sheet of a correction workbook: the agency's rows with what became of them, faults coloured. Rows keep
// their numbers where all are shown; where only faulty ones are, they stand close together and name their number.
import type { Row, Worksheet } from 'exceljs';
import { REPORT_HEADINGS } from '../core/report-headings.js';
import type { ProblemView } from '../db/problems.js';
import {
  HEADING,
  REPORT_HEADING,
  TEXT,
  TEXT_RED,
  TEXT_YELLOW,
  WRAPPED,
  type CellStyle,
} from './cell-styles.js';
import { MOST_COLUMNS, type CorrectionColumns } from './correction-columns.js';
import { messageOf } from './problem-message.js';
import type { ReportedRow } from './reported-rows.js';
import { NO_VERDICT, VERDICT_WORDS } from './verdict-words.js';
import { workbookText } from './workbook-text.js';

export interface PlacedRow extends ReportedRow {
  readonly isMoved: boolean;
}

const REPORT_WIDTHS = [16, 28, 48, 48];
const WIDTHS = { least: 12, most: 32 };

/** Sets the widths; every column is text, so that codes that are typed in keep their digits. */
export function shapeColumns(sheet: Worksheet, { headings }: CorrectionColumns): void {
  const own = headings.map((heading) =>
    Math.min(WIDTHS.most, Math.max(WIDTHS.least, heading.length * 2 + 2)),
  );
  sheet.columns = [...own, ...REPORT_WIDTHS].map((width) => ({ width, style: TEXT }));
}

/** Writes the headings at a row. */
export function writeHeadings(sheet: Worksheet, at: number, { headings, report }: CorrectionColumns): void {
  skipTo(sheet, 1, at);
  const row = sheet.getRow(at);
  headings.forEach((heading, i) => putCell(row, i + 1, { text: heading, style: HEADING }));
  REPORT_HEADINGS.forEach((heading, i) => putCell(row, report + i, { text: heading, style: REPORT_HEADING }));
  row.commit();
}

/** Lets the rows from `from` up to `to` stay blank. */
export function skipTo(sheet: Worksheet, from: number, to: number): void {
  // exceljs keeps what lies between two rows as a list of its own, and shortens it from the front.
  for (let blank = from; blank < to; blank += 1) sheet.getRow(blank).commit();
}

/** Writes one row; where it does not stand at its own number, it names it. */
export function writeReportedRow(row: Row, reported: PlacedRow, columns: CorrectionColumns): void {
  const { cells } = reported.row;
  columns.sources.forEach((source, i) => putCell(row, i + 1, { text: cells[source] ?? '', style: TEXT }));
  for (let i = columns.beyond; i < cells.length; i += 1) {
    const number = columns.report + REPORT_HEADINGS.length + i - columns.beyond;
    if (number <= MOST_COLUMNS) putCell(row, number, { text: cells[i] ?? '', style: TEXT_RED });
  }
  colourFaults(row, reported.problems, columns);
  writeReport(row, reported, columns.report);
  row.commit();
}

function putCell(row: Row, number: number, { text, style }: { text: string; style: CellStyle }): void {
  if (text === '') return;
  const cell = row.getCell(number);
  cell.value = workbookText(text);
  cell.style = style;
}

/** Warnings first, so that the colour of an error is the one that stays. */
function colourFaults(row: Row, problems: readonly ProblemView[], { numberOf }: CorrectionColumns): void {
  for (const severity of ['warning', 'error'] as const)
    for (const problem of problems) {
      const number = problem.severity === severity ? numberOf(problem.column ?? '') : undefined;
      if (number !== undefined) row.getCell(number).style = severity === 'error' ? TEXT_RED : TEXT_YELLOW;
    }
}

function writeReport(row: Row, reported: PlacedRow, first: number): void {
  const { problems, verdict, isMoved } = reported;
  const result = verdict === undefined ? NO_VERDICT : VERDICT_WORDS[verdict];
  const place = isMoved ? `（原第${reported.row.row}行）` : '';
  putCell(row, first, { text: `${result}${place}`, style: statusStyle(reported) });
  if (problems.length === 0) return;
  const lines = [
    problems.map(({ code }) => code),
    problems.map(messageOf),
    problems.map(({ suggestion }) => suggestion),
  ];
  lines.forEach((texts, i) =>
    putCell(row, first + 1 + i, { text: [...new Set(texts)].join('\n'), style: WRAPPED }),
  );
}

function statusStyle({ verdict, problems }: ReportedRow): CellStyle {
  if (verdict === 'rejected' || problems.some(({ severity }) => severity === 'error')) return TEXT_RED;
  return verdict === 'stale' || problems.length > 0 ? TEXT_YELLOW : TEXT;
}
