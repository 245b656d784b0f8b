// Bytes that lie still and can be read from any place: what a workbook's reader needs, for its directory
// stands at the end.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';

export interface ByteRange {
  readonly start: number;
  /** The first byte that is not read. */
  readonly end: number;
}

export interface StoredBytes {
  readonly size: number;
  /** Opens a stream of all bytes, or of a range. */
  read(range?: ByteRange): Readable;
}

/** Opens a plain file. */
export async function bytesOfFile(path: string): Promise<StoredBytes> {
  const { size } = await stat(path);
  return {
    size,
    read: (range) =>
      createReadStream(path, range === undefined ? {} : { start: range.start, end: range.end - 1 }),
  };
}
