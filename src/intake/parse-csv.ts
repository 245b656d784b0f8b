// Text to rows with the row numbers that Excel shows: every record counts, blank ones too, line breaks
// inside a cell do not. Works on Papa Parse's synchronous parser, so that memory holds one piece.
import Papa from 'papaparse';
import { GatewayError } from '../core/errors.js';
import type { ParsedRow } from '../core/rows.js';

export interface CsvForm {
  readonly delimiter: string;
  readonly newline: string;
}

/** Longest row, in UTF-16 units; an unclosed quote would swallow the rest of the file otherwise. */
export const MAX_ROW_CHARACTERS = 1_048_576;

interface PapaResult {
  readonly data: string[][];
  readonly errors: readonly { readonly row?: number }[];
  readonly meta: { readonly cursor: number };
}

/** Parses text as it comes; yields the non-blank rows of each piece, with their numbers from 1. */
export async function* parseCsv(text: AsyncIterable<string>, form: CsvForm): AsyncGenerator<ParsedRow[]> {
  let rest = '';
  let row = 0;
  for await (const piece of text) {
    const { rows, seen, cursor } = parsePiece(rest + piece, form, { firstRow: row + 1, isLast: false });
    rest = (rest + piece).slice(cursor);
    row += seen;
    if (rest.length > MAX_ROW_CHARACTERS) throw rowTooLong(row + 1);
    if (rows.length > 0) yield rows;
  }
  if (rest === '') return;
  const { rows } = parsePiece(rest, form, { firstRow: row + 1, isLast: true });
  if (rows.length > 0) yield rows;
}

/** Parses a text that is there as a whole or cut off within its last row, which is left out then. */
export function parseSample(text: string, form: CsvForm, isWhole: boolean): ParsedRow[] {
  return parsePiece(text, form, { firstRow: 1, isLast: isWhole }).rows;
}

function parsePiece(
  text: string,
  form: CsvForm,
  place: { firstRow: number; isLast: boolean },
): { rows: ParsedRow[]; seen: number; cursor: number } {
  const parser = new Papa.Parser({ delimiter: form.delimiter, newline: form.newline as '\n' });
  const result = parser.parse(text, 0, !place.isLast) as PapaResult;
  const broken = new Set(result.errors.map((error) => error.row));
  const rows: ParsedRow[] = [];
  result.data.forEach((cells, i) => {
    if (cells.every((cell) => cell === '' || cell.trim() === '')) return;
    const row = { row: place.firstRow + i, cells };
    rows.push(broken.size > 0 && broken.has(i) ? { ...row, brokenQuotes: true } : row);
  });
  return { rows, seen: result.data.length, cursor: place.isLast ? text.length : result.meta.cursor };
}

function rowTooLong(row: number): GatewayError {
  return new GatewayError(
    'file.row-too-long',
    `Row ${row} is longer than ${MAX_ROW_CHARACTERS} characters; a quote may not be closed.`,
    { details: { row, limit: MAX_ROW_CHARACTERS }, detailZh: `第 ${row} 行过长，可能有未闭合的引号。` },
  );
}
