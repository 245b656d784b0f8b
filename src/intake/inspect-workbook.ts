// Looks at a workbook: the sheet that the source names or the first visible one, its headings within the
// first ten rows, and its first rows.
import { GatewayError } from '../core/errors.js';
import { matchHeadings, mergedCells } from '../core/heading-match.js';
import { REPORT_SHEETS } from '../core/report-headings.js';
import type { ParsedRow } from '../core/rows.js';
import { maskDetails } from '../core/mask.js';
import type { BatchWarning, Reading } from '../db/batches.js';
import { headingsNotFound, noRows, refuseMissing, refuseRepeated, warnOfIgnored } from './check-columns.js';
import { guardRows } from './guard-rows.js';
import { ROWS_READ, type Inspected, type InspectNeeds } from './inspection.js';
import { openWorkbook, type Sheet, type Workbook } from './xlsx/open-workbook.js';

const ROWS_SEARCHED = 20;

/** Inspects a workbook; throws `file.sheet-not-found` where the sheet of the source is not there. */
export async function inspectWorkbook(needs: InspectNeeds): Promise<Inspected> {
  const workbook = await openWorkbook(needs.bytes, needs.limits);
  try {
    const sheet = chooseSheet(workbook, needs.source.sheet);
    const rows = await firstRows(workbook, sheet, needs);
    const cells = rows.slice(0, ROWS_SEARCHED).map((row) => row.cells);
    if (rows.length === 0) throw noRows();
    const match = matchHeadings(cells, needs.mappings, needs.requiredFields);
    if (match === undefined) throw headingsNotFound(needs.mappings);
    refuseRepeated(match);
    const data = rows.slice(match.index + 1).map((row) => row.cells);
    refuseMissing(match, data, needs);
    if (data.length === 0) throw noRows();
    const headings = mergedCells(cells, match.index).map((cell) => cell.trim());
    const headingRow = rows[match.index]?.row ?? 1;
    const reading: Reading = { format: 'xlsx', sheet: sheet.path, headingRow, headings };
    const warnings = [...warnOfIgnored(match, headings), ...otherSheets(workbook, sheet, needs)];
    return { mapping: match.mapping, reading, warnings };
  } finally {
    await workbook.close();
  }
}

function chooseSheet({ sheets }: Workbook, wanted: string | undefined): Sheet {
  const sheet = sheets.find(({ name, isVisible }) => (wanted === undefined ? isVisible : name === wanted));
  if (sheet !== undefined) return sheet;
  const names = sheets.map(({ name }) => name);
  throw new GatewayError(
    'file.sheet-not-found',
    wanted === undefined
      ? 'The workbook has no visible sheet.'
      : `The workbook has no sheet ${wanted}; it has ${names.join(', ')}.`,
    { details: { sheets: names }, detailZh: `工作簿中没有工作表${wanted ?? ''}。` },
  );
}

async function firstRows(workbook: Workbook, sheet: Sheet, { limits }: InspectNeeds): Promise<ParsedRow[]> {
  const rows: ParsedRow[] = [];
  for await (const piece of guardRows(workbook.rows(sheet), limits)) {
    rows.push(...piece);
    if (rows.length >= ROWS_READ + ROWS_SEARCHED) break;
  }
  return rows;
}

function otherSheets({ sheets }: Workbook, read: Sheet, { source }: InspectNeeds): BatchWarning[] {
  const ours: readonly string[] = REPORT_SHEETS;
  const others = sheets.filter(
    ({ isVisible, path, name }) => isVisible && path !== read.path && !ours.includes(name),
  );
  // A source that names its sheet knows that there are others.
  if (others.length === 0 || source.sheet !== undefined) return [];
  const names = maskDetails(others.map(({ name }) => name)).join(', ');
  const own = maskDetails(read.name);
  return [
    {
      code: 'batch.sheets-ignored',
      message: `Only the sheet ${own} was read; these were not: ${names}.`,
      messageZh: `仅读取了工作表“${own}”，未读取：${names}。`,
    },
  ];
}
