// The rows of a worksheet, some hundred at a time: its XML is scanned as it is unpacked, and its shared strings
// are read no further than its rows ask for. What is complete before a fault is given before the fault is thrown.
import { GatewayError } from '../../core/errors.js';
import { overLimit } from '../../core/reading-limits.js';
import type { ParsedRow } from '../../core/rows.js';
import { asUtf8 } from './part-text.js';
import type { SharedStrings } from './shared-strings.js';
import { createSheetCells, type RawRow, type SheetNeeds } from './sheet-cells.js';
import { createXmlScanner, type XmlScanner } from './xml-scanner.js';

export interface RowsNeeds extends SheetNeeds {
  readonly strings: SharedStrings;
  /** Characters that all rows together may have: a short sheet may name one long text a million times. */
  readonly maxTextCharacters: number;
}

const PIECE_ROWS = 256;
const PIECE_CHARACTERS = 1_048_576;
/** UTF-16 units of one row, as in CSV. */
const MAX_ROW_CHARACTERS = 1_048_576;
/** Titles and headings may stand above as many data rows as are allowed. */
const ROWS_ABOVE = 20;

/** Yields the rows that are not blank, with the numbers that Excel shows; throws a `file.…` error at a fault. */
export async function* readSheetRows(
  pieces: AsyncIterable<Buffer>,
  needs: RowsNeeds,
): AsyncGenerator<ParsedRow[]> {
  const tally: Tally = { ready: [], given: 0, rows: 0, characters: 0 };
  try {
    for await (const raw of scanSheet(pieces, needs)) yield* finishRows(raw, needs, tally);
  } catch (error) {
    if (tally.ready.length > 0) yield tally.ready;
    throw error;
  }
  if (tally.ready.length > 0) yield tally.ready;
}

async function* scanSheet(pieces: AsyncIterable<Buffer>, needs: RowsNeeds): AsyncGenerator<RawRow[]> {
  const cells = createSheetCells(needs);
  const scanner = createXmlScanner(needs.part, cells.events);
  for await (const bytes of asUtf8(pieces, needs.part)) {
    const fault = write(scanner, bytes);
    await needs.strings.load(cells.highestString());
    yield cells.take();
    if (fault !== undefined) throw fault;
  }
  scanner.end();
  await needs.strings.finish();
}

function write(scanner: XmlScanner, bytes: Buffer): Error | undefined {
  try {
    scanner.write(bytes);
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** What the rows so far came to. */
interface Tally {
  /** Those that were not given yet. */
  ready: ParsedRow[];
  rows: number;
  characters: number;
  /** Characters of the rows that were given. */
  given: number;
}

function* finishRows(raw: readonly RawRow[], needs: RowsNeeds, tally: Tally): Generator<ParsedRow[]> {
  for (const row of raw) {
    const parsed = finishRow(row, needs, tally);
    if (parsed !== undefined) tally.ready.push(parsed);
    const isLong = tally.characters - tally.given >= PIECE_CHARACTERS;
    if (tally.ready.length < PIECE_ROWS && !(isLong && tally.ready.length > 0)) continue;
    yield tally.ready;
    tally.ready = [];
    tally.given = tally.characters;
  }
}

function finishRow(raw: RawRow, needs: RowsNeeds, tally: Tally): ParsedRow | undefined {
  const { row, numbers } = raw;
  const { maxRows, maxColumns } = needs.limits;
  for (const index of raw.beyond)
    if (needs.strings.get(index).trim() !== '') throw overLimit('maxColumns', maxColumns, row);
  const characters = finishCells(raw, needs);
  if (characters > MAX_ROW_CHARACTERS) throw rowTooLong(row);
  tally.characters += characters;
  if (tally.characters > needs.maxTextCharacters)
    throw overLimit('maxUnpackedBytes', needs.maxTextCharacters, row);
  const cells = raw.cells as string[];
  if (cells.every((cell) => cell === '' || cell.trim() === '')) return undefined;
  tally.rows += 1;
  if (tally.rows > maxRows + ROWS_ABOVE) throw overLimit('maxRows', maxRows, row);
  return numbers.length === 0 ? { row, cells } : { row, cells, numbers };
}

/** Puts its text in the place of each shared string and drops empty cells at the end; gives the characters. */
function finishCells({ row, cells }: RawRow, { limits, strings }: RowsNeeds): number {
  const { maxCellCharacters } = limits;
  let characters = 0;
  let filled = 0;
  for (let i = 0; i < cells.length; i += 1) {
    const cell = cells[i] as string | number;
    const text = typeof cell === 'number' ? strings.get(cell) : cell;
    if (text.length > maxCellCharacters) throw overLimit('maxCellCharacters', maxCellCharacters, row);
    cells[i] = text;
    characters += text.length;
    if (text !== '') filled = i + 1;
  }
  if (filled < cells.length) cells.length = filled;
  return characters;
}

function rowTooLong(row: number): GatewayError {
  return new GatewayError(
    'file.row-too-long',
    `Row ${row} is longer than ${MAX_ROW_CHARACTERS} characters.`,
    {
      details: { row, limit: MAX_ROW_CHARACTERS },
      detailZh: `第 ${row} 行超过 ${MAX_ROW_CHARACTERS} 个字符。`,
    },
  );
}
