// Keeps cells that we write from being taken for formulas: an apostrophe stands before them, and is taken
// away again where such a cell comes back.

const DANGEROUS = /^'*[=+\-@\t\r]/;
const PROTECTED = /^''*[=+\-@\t\r]/;

/** Puts an apostrophe before a cell that a spreadsheet could take for a formula. */
export function protect(cell: string): string {
  return DANGEROUS.test(cell) ? `'${cell}` : cell;
}

/** Takes away exactly what `protect` put there. */
export function unprotect(cell: string): string {
  return PROTECTED.test(cell) ? cell.slice(1) : cell;
}
