// Bytes that grow at their end. What is passed on as it stands goes from one buffer to another without becoming
// text on the way, which would take most of the time.

export interface GrowingBytes {
  /** Longer than what is written; another one after it has grown. */
  buffer: Buffer;
  /** How much is written. */
  length: number;
}

/** A piece of bytes: from `from` up to, not with, `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Above so many bytes a call into native code is faster than a loop. */
const SHORT = 48;
/** A unit of UTF-16 takes at most so many bytes of UTF-8. */
const MAX_BYTES = 3;

/** Makes some, with room to begin with. */
export function growingBytes(capacity: number): GrowingBytes {
  return { buffer: Buffer.allocUnsafe(capacity), length: 0 };
}

/** Adds a piece of other bytes. */
export function addBytes(out: GrowingBytes, source: Buffer, { from, to }: Span): void {
  const { length } = out;
  makeRoom(out, to - from);
  const { buffer } = out;
  if (to - from > SHORT) source.copy(buffer, length, from, to);
  else for (let at = from; at < to; at += 1) buffer[length + at - from] = source[at] as number;
  out.length = length + to - from;
}

/** Adds one byte. */
export function addByte(out: GrowingBytes, byte: number): void {
  makeRoom(out, 1);
  out.buffer[out.length] = byte;
  out.length += 1;
}

/** Adds a text in UTF-8. */
export function addText(out: GrowingBytes, text: string): void {
  makeRoom(out, MAX_BYTES * text.length);
  out.length += out.buffer.write(text, out.length);
}

/** Gives what is written. */
export function writtenBytes({ buffer, length }: GrowingBytes): Buffer {
  return buffer.subarray(0, length);
}

function makeRoom(out: GrowingBytes, bytes: number): void {
  if (out.length + bytes <= out.buffer.length) return;
  const larger = Buffer.allocUnsafe(Math.max(2 * out.buffer.length, out.length + bytes));
  out.buffer.copy(larger, 0, 0, out.length);
  out.buffer = larger;
}
