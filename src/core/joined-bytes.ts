// Many texts as one JSON array in UTF-8. Texts are encoded some at a time: one string of a megabyte costs several
// times as much as its pieces.

const PIECE_CHARACTERS = 32_768;

/** Encodes `[text,text,…]`; the texts are JSON already. */
export function jsonArrayBytes(texts: readonly string[]): Buffer {
  const pieces: Buffer[] = [];
  let piece = '[';
  let separator = '';
  for (const text of texts) {
    piece += separator + text;
    separator = ',';
    if (piece.length < PIECE_CHARACTERS) continue;
    pieces.push(Buffer.from(piece));
    piece = '';
  }
  pieces.push(Buffer.from(`${piece}]`));
  return Buffer.concat(pieces);
}
