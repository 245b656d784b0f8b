// Reads the data rows of a stored file as its inspection found it, whatever its form: everything below
// the headings, or every entry.
import type { Mapping } from '../core/definitions.js';
import { unprotect } from '../core/formula-guard.js';
import type { ReadingLimits } from '../core/reading-limits.js';
import type { KeyedRow, ParsedRow } from '../core/rows.js';
import type { Reading } from '../db/batches.js';
import type { StoredBytes } from '../platform/stored-bytes.js';
import type { Charset } from './charset.js';
import { decodeText } from './decode.js';
import { guardRows } from './guard-rows.js';
import { compileKeyColumns } from './key-columns.js';
import { parseCsv } from './parse-csv.js';
import { parseJson } from './parse-json.js';
import { parseNdjson } from './parse-ndjson.js';
import { parseXml } from './parse-xml.js';
import { openWorkbook } from './xlsx/open-workbook.js';

export interface RowNeeds {
  readonly mapping: Mapping;
  readonly limits: ReadingLimits;
}

export type EntryForm =
  | { readonly format: 'json'; readonly charset: string; readonly rowsAt?: readonly string[] }
  | { readonly format: 'ndjson'; readonly charset: string }
  | { readonly format: 'xml'; readonly charset: string; readonly rowPath?: string };

/** Yields the data rows in order, some hundred at a time; throws a `file.…` error where the file breaks. */
export async function* readRows(
  bytes: StoredBytes,
  reading: Reading,
  needs: RowNeeds,
): AsyncGenerator<ParsedRow[]> {
  const rows = guardRows(parseRows(bytes, reading, needs), needs.limits, reading.headingRow);
  for await (const piece of rows) {
    const data =
      (piece[0]?.row ?? 0) > reading.headingRow ? piece : piece.filter((row) => row.row > reading.headingRow);
    if (data.length > 0) yield data;
  }
}

function parseRows(bytes: StoredBytes, reading: Reading, needs: RowNeeds): AsyncIterable<ParsedRow[]> {
  switch (reading.format) {
    case 'csv':
      return unprotected(parseCsv(textOf(bytes, reading.charset), reading));
    case 'xlsx':
      return unprotected(parseSheet(bytes, reading.sheet, needs.limits));
    case 'json':
    case 'ndjson':
    case 'xml':
      return placed(
        readEntries(bytes, reading, needs.limits),
        compileKeyColumns(reading.headings, needs.mapping),
      );
  }
}

/** Reads the entries of a file without headings. */
export function readEntries(
  bytes: StoredBytes,
  form: EntryForm,
  limits: ReadingLimits,
): AsyncIterable<KeyedRow[]> {
  const text = textOf(bytes, form.charset);
  switch (form.format) {
    case 'json':
      return parseJson(text, { rowsAt: form.rowsAt }, limits);
    case 'ndjson':
      return parseNdjson(text, limits);
    case 'xml':
      return parseXml(text, { rowPath: form.rowPath }, limits);
  }
}

function textOf(bytes: StoredBytes, charset: string): AsyncIterable<string> {
  return decodeText(bytes.read() as AsyncIterable<Buffer>, charset as Charset);
}

async function* parseSheet(
  bytes: StoredBytes,
  path: string,
  limits: ReadingLimits,
): AsyncGenerator<ParsedRow[]> {
  const workbook = await openWorkbook(bytes, limits);
  try {
    const sheet = workbook.sheets.find((entry) => entry.path === path);
    if (sheet === undefined) throw new Error('The sheet that was inspected is not in the workbook.');
    yield* workbook.rows(sheet);
  } finally {
    await workbook.close();
  }
}

async function* placed(
  entries: AsyncIterable<KeyedRow[]>,
  toRow: (entry: KeyedRow) => ParsedRow,
): AsyncGenerator<ParsedRow[]> {
  for await (const piece of entries) {
    const rows: ParsedRow[] = [];
    try {
      for (const entry of piece) rows.push(toRow(entry));
    } catch (error) {
      if (rows.length > 0) yield rows;
      throw error;
    }
    yield rows;
  }
}

/** Takes away what our own reports put before cells that could be taken for formulas. */
async function* unprotected(rows: AsyncIterable<ParsedRow[]>): AsyncGenerator<ParsedRow[]> {
  for await (const piece of rows) yield piece.map(plainRow);
}

const APOSTROPHE = 39;

function plainRow(row: ParsedRow): ParsedRow {
  if (!row.cells.some((cell) => cell.charCodeAt(0) === APOSTROPHE)) return row;
  return { ...row, cells: row.cells.map(unprotect) };
}
