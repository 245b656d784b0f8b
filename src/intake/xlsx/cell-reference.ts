// The numbers in the attributes of rows and cells, on bytes. What is none gives -1.

const NONE = -1;

/** Reads a whole number of up to nine digits. */
export function readWhole(bytes: Buffer, start: number, end: number): number {
  if (end === start || end - start > 9) return NONE;
  let whole = 0;
  for (let at = start; at < end; at += 1) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return NONE;
    whole = whole * 10 + digit;
  }
  return whole;
}

interface ReferencePlace {
  readonly start: number;
  readonly end: number;
  /** The row that the reference must name. */
  readonly row: number;
}

/** Reads a reference such as `AB12`; gives its column from 0. */
export function readReference(bytes: Buffer, { start, end, row }: ReferencePlace): number {
  let column = 0;
  let at = start;
  while (at < end && at - start < 3) {
    const letter = (bytes[at] as number) - 64;
    if (letter < 1 || letter > 26) break;
    column = column * 26 + letter;
    at += 1;
  }
  return column > 0 && readWhole(bytes, at, end) === row ? column - 1 : NONE;
}
