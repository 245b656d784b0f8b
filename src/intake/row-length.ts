// How long one row or entry may be, whatever the form of the file: what is longer is a quote, a bracket or
// an element that nobody closes, or somebody who wants our memory.
import { GatewayError } from '../core/errors.js';

/** Longest row, in UTF-16 units. */
export const MAX_ROW_CHARACTERS = 1_048_576;

/** The failure of a file with a row that is longer. */
export function rowTooLong(row: number): GatewayError {
  return new GatewayError(
    'file.row-too-long',
    `Row ${row} is longer than ${MAX_ROW_CHARACTERS} characters; a quote or bracket may not be closed.`,
    { details: { row, limit: MAX_ROW_CHARACTERS }, detailZh: `第 ${row} 行过长，可能有未闭合的引号或括号。` },
  );
}
