// Reads a file of a folder as it was when it was looked at: one that was changed, replaced or taken away by the
// end of its reading counts as not read.
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isUnchanged, looksLike, type LaidFile } from './inbox.js';

export interface SteadyFile {
  /** Opens the bytes from the first one on. */
  body(): Readable;
  /** Rejects where the file is no longer the one that was opened. */
  confirm(): Promise<void>;
}

const READ_BYTES = 1_048_576;
/** A link is not followed, and something that is no file does not make us wait; Windows knows neither. */
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>;
const FLAGS = (O_RDONLY ?? 0) | O_NOFOLLOW | O_NONBLOCK;

/** Opens a file for `use`; undefined where it was no longer as it was looked at, whatever `use` made of it. */
export async function readSteadily<T>(
  file: LaidFile,
  signal: AbortSignal,
  use: (steady: SteadyFile) => Promise<T>,
): Promise<T | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file.path, FLAGS);
    const opened = handle;
    const found = await opened.stat();
    if (!found.isFile() || !looksLike(file, found) || found.ctimeMs !== file.changedMs) return undefined;
    return await use({
      body: () => opened.createReadStream({ start: 0, autoClose: false, highWaterMark: READ_BYTES, signal }),
      confirm: async () => {
        if (!(await isUnchanged(file))) throw new Error('A file of a folder was changed while it was read.');
      },
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!(await isUnchanged(file))) return undefined;
    throw error;
  } finally {
    await handle?.close();
  }
}

/** Gives the SHA-256 of a file in lower-case hex; undefined where it changed meanwhile. */
export function hashSteadily(file: LaidFile, signal: AbortSignal): Promise<string | undefined> {
  return readSteadily(file, signal, async ({ body, confirm }) => {
    const hash = createHash('sha256');
    await pipeline(body(), hash, { signal });
    await confirm();
    return hash.digest('hex');
  });
}
