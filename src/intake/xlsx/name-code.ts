// Names of XML elements and attributes as numbers, so that a cell costs no strings. Two names might share a
// number; that would let a wrong document pass, never read a right one wrongly.

/** Gives the code of the name that stands in some bytes. */
export function nameCode(bytes: Uint8Array, start: number, end: number): number {
  let code = 0;
  for (let at = start; at < end; at += 1) code = (Math.imul(code, 31) + (bytes[at] as number)) | 0;
  return code;
}

/** Gives the code of a name. */
export function codeOf(name: string): number {
  return nameCode(Buffer.from(name), 0, Buffer.byteLength(name));
}
