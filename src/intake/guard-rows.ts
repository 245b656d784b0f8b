// Holds the limits that every form of file shares while its rows pass: how many, how wide, how long a cell.
import { overLimit, type ReadingLimits } from '../core/reading-limits.js';
import type { ParsedRow } from '../core/rows.js';

/** Passes rows on; throws `file.too-large` or `file.limit-exceeded` at the first that is too much, after those before it. */
export async function* guardRows(
  pieces: AsyncIterable<ParsedRow[]>,
  limits: ReadingLimits,
  headingRow = 0,
): AsyncGenerator<ParsedRow[]> {
  let passed = 0;
  for await (const piece of pieces) {
    const fault = faultIn(piece, { limits, headingRow, passed });
    if (fault !== undefined) {
      const good = piece.slice(0, fault.at);
      if (good.length > 0) yield good;
      throw fault.error;
    }
    passed += piece.filter(({ row }) => row > headingRow).length;
    yield piece;
  }
}

interface Place {
  readonly limits: ReadingLimits;
  readonly headingRow: number;
  /** Data rows passed before this piece. */
  readonly passed: number;
}

function faultIn(
  piece: readonly ParsedRow[],
  { limits, headingRow, passed }: Place,
): { at: number; error: Error } | undefined {
  let data = passed;
  for (const [at, { row, cells }] of piece.entries()) {
    if (row > headingRow) data += 1;
    if (data > limits.maxRows) return { at, error: overLimit('maxRows', limits.maxRows, row) };
    if (cells.length > limits.maxColumns && isWide(cells, limits.maxColumns))
      return { at, error: overLimit('maxColumns', limits.maxColumns, row) };
    for (const cell of cells)
      if (cell.length > limits.maxCellCharacters)
        return { at, error: overLimit('maxCellCharacters', limits.maxCellCharacters, row) };
  }
  return undefined;
}

function isWide(cells: readonly string[], most: number): boolean {
  return cells.slice(most).some((cell) => cell.trim() !== '');
}
