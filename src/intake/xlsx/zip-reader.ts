// Lets yauzl read a ZIP file's directory from stored bytes, which may only be opened as streams: a window of
// 64 KiB is kept, for the directory is asked for in pieces of a few bytes.
import { RandomAccessReader } from 'yauzl';
import type { StoredBytes } from '../../platform/stored-bytes.js';

const WINDOW_BYTES = 65_536;

type Window = { readonly start: number; readonly bytes: Buffer };
type ReadArguments = [
  into: Buffer,
  offset: number,
  length: number,
  position: number,
  done: (error: Error | null, bytesRead?: number) => void,
];

/** Makes the reader; nothing needs to be closed but the ZIP file that is read through it. */
export function createZipReader(bytes: StoredBytes): RandomAccessReader {
  // yauzl wants an object of its own class, and the house has no classes.
  const reader = Reflect.construct(
    RandomAccessReader as unknown as new () => object,
    [],
  ) as RandomAccessReader;
  let window: Window = { start: 0, bytes: Buffer.alloc(0) };
  const fill = async (start: number, length: number): Promise<Buffer> => {
    const isInside = start >= window.start && start + length <= window.start + window.bytes.length;
    if (!isInside) window = await readWindow(bytes, start, Math.max(length, WINDOW_BYTES));
    return window.bytes.subarray(start - window.start, start - window.start + length);
  };
  return Object.assign(reader, {
    _readStreamForRange: (start: number, end: number) => bytes.read({ start, end }),
    read: (...[into, offset, length, position, done]: ReadArguments) => {
      fill(position, length).then(
        (found) => {
          found.copy(into, offset);
          done(null, found.length);
        },
        (error: unknown) => done(error as Error),
      );
    },
  });
}

async function readWindow(bytes: StoredBytes, start: number, length: number): Promise<Window> {
  const end = Math.min(bytes.size, start + length);
  if (start >= end) return { start, bytes: Buffer.alloc(0) };
  const pieces: Buffer[] = [];
  for await (const piece of bytes.read({ start, end })) pieces.push(piece as Buffer);
  return { start, bytes: Buffer.concat(pieces) };
}
