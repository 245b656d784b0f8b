// Text to rows with the row numbers that Excel shows: every record counts, blank ones too, line breaks
// inside a cell do not. Works on Papa Parse's synchronous parser, so that memory holds one piece.
import Papa from 'papaparse';
import type { ParsedRow } from '../core/rows.js';
import { MAX_ROW_CHARACTERS, rowTooLong } from './row-length.js';

export interface CsvForm {
  readonly delimiter: string;
  readonly newline: string;
}

interface PapaResult {
  readonly data: string[][];
  /** `index` is where the faulty field begins. */
  readonly errors: readonly { readonly row?: number; readonly index?: number }[];
  readonly meta: { readonly cursor: number };
}

/** Parses text as it comes; yields the non-blank rows of each piece, with their numbers from 1. */
export async function* parseCsv(text: AsyncIterable<string>, form: CsvForm): AsyncGenerator<ParsedRow[]> {
  let rest = '';
  let row = 0;
  for await (const piece of text) {
    const whole = rest + piece;
    const isOverlong = whole.length > MAX_ROW_CHARACTERS;
    const { rows, seen, cursor } = parsePiece(whole, form, { firstRow: row + 1, isLast: false, isOverlong });
    rest = whole.slice(cursor);
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

interface PiecePlace {
  readonly firstRow: number;
  readonly isLast: boolean;
  /** The last row is longer than a row may be: its quote is taken for broken. */
  readonly isOverlong?: boolean;
}

interface ParsedPiece {
  readonly rows: ParsedRow[];
  /** Rows seen, blank ones too. */
  readonly seen: number;
  /** Where the text begins that is still to be parsed. */
  readonly cursor: number;
}

/** A broken quote costs its own line: left to itself it would swallow all lines up to the next quote. */
function parsePiece(text: string, form: CsvForm, place: PiecePlace): ParsedPiece {
  const rows: ParsedRow[] = [];
  let seen = 0;
  let cursor = 0;
  const add = (cells: string[], isBroken: boolean): void => {
    seen += 1;
    const last = cells.length - 1;
    if (cells[last]?.endsWith('\r') === true) cells[last] = cells[last].slice(0, -1);
    if (cells.every((cell) => cell === '' || cell.trim() === '')) return;
    const row = { row: place.firstRow + seen - 1, cells };
    rows.push(isBroken ? { ...row, brokenQuotes: true } : row);
  };
  for (;;) {
    const parsed = parseFrom(text.slice(cursor), form, place);
    for (const cells of parsed.rows) add(cells, false);
    cursor += parsed.cursor;
    if (parsed.broken === undefined) return { rows, seen, cursor };
    const end = text.indexOf(form.newline, cursor + parsed.broken);
    // The line goes on in a piece that is still to come.
    if (end < 0 && !place.isLast) return { rows, seen, cursor };
    add(text.slice(cursor, end < 0 ? text.length : end).split(form.delimiter), true);
    cursor = end < 0 ? text.length : end + form.newline.length;
    if (end < 0) return { rows, seen, cursor };
  }
}

interface Parsed {
  readonly rows: readonly string[][];
  readonly cursor: number;
  /** Where in the line at `cursor` the field with broken quotes begins. */
  readonly broken: number | undefined;
}

function parseFrom(text: string, form: CsvForm, place: PiecePlace): Parsed {
  if (text === '') return { rows: [], cursor: 0, broken: undefined };
  const parser = new Papa.Parser({ delimiter: form.delimiter, newline: form.newline as '\n' });
  const result = parser.parse(text, 0, !place.isLast) as PapaResult;
  // Of a row that goes on in the next piece nothing can be said yet: its quote may close there.
  const fault = result.errors.find(({ row = 0 }) => place.isLast || row < result.data.length);
  const end = place.isLast ? text.length : result.meta.cursor;
  const isStuck = place.isOverlong === true && text.length - end > MAX_ROW_CHARACTERS / 2;
  if (fault === undefined && !isStuck) return { rows: result.data, cursor: end, broken: undefined };
  const field = fault?.index ?? end;
  const newlineBefore = field === 0 ? -1 : text.lastIndexOf(form.newline, field - 1);
  const lineStart = newlineBefore < 0 ? 0 : newlineBefore + form.newline.length;
  return {
    rows: result.data.slice(0, fault?.row ?? result.data.length),
    cursor: lineStart,
    broken: field - lineStart,
  };
}
