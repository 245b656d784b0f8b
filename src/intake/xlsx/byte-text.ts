// Collects the pieces of one text as UTF-8 and decodes it when it is whole.

export interface ByteText {
  bytes: Buffer;
  length: number;
}

const FIRST_BYTES = 1_024;
/** Up to here a loop copies faster than a call of `copy`. */
const SHORT_BYTES = 64;

/** Makes an empty text. */
export function createByteText(): ByteText {
  return { bytes: Buffer.allocUnsafeSlow(FIRST_BYTES), length: 0 };
}

export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Adds bytes to the end; the text grows as far as its caller lets it. */
export function addBytes(text: ByteText, from: Buffer, range: ByteRange): void {
  const length = text.length + range.end - range.start;
  if (length > text.bytes.length) grow(text, length);
  copyBytes(from, range, { bytes: text.bytes, at: text.length });
  text.length = length;
}

/** Copies bytes to a place that has room for them. */
export function copyBytes(from: Buffer, { start, end }: ByteRange, to: { bytes: Buffer; at: number }): void {
  const { bytes, at } = to;
  if (end - start > SHORT_BYTES) from.copy(bytes, at, start, end);
  else for (let i = start; i < end; i += 1) bytes[at + i - start] = from[i] as number;
}

function grow(text: ByteText, length: number): void {
  const bytes = Buffer.allocUnsafeSlow(Math.max(length, 2 * text.bytes.length));
  text.bytes.copy(bytes, 0, 0, text.length);
  text.bytes = bytes;
}
