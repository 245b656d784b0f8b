// Text as it may stand in a cell of a workbook: never a formula, never more than Excel holds, and without
// characters that XML cannot hold (`_xHHHH_` stands for them, so that a fault is still there when it comes back).
import { protect } from '../core/formula-guard.js';

/** Characters (UTF-16 units) that Excel lets one cell have. */
export const MOST_CHARACTERS = 32_767;
const CUT = '…（已截断）';
/** Control characters, halves of surrogate pairs, non-characters, and what would be read as such an escape. */
const UNWRITABLE = /[\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]|\p{Surrogate}|_(?=x[\dA-Fa-f]{4}_)/gu;

/** Gives the text to write for a cell. */
export function workbookText(text: string): string {
  return protect(shortened(text)).replace(UNWRITABLE, escaped);
}

/** One unit is kept for the apostrophe. */
function shortened(text: string): string {
  return text.length < MOST_CHARACTERS ? text : text.slice(0, MOST_CHARACTERS - 1 - CUT.length) + CUT;
}

function escaped(character: string): string {
  return `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`;
}
