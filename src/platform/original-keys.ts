// Which data key each file of the originals was sealed with, drafts and dry runs included.
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';

const HEADER_BYTES = 5;
/** What was not written yet, or is gone again, has no key that could be told. */
const UNKNOWN_KEY = '';

export interface OriginalKey {
  readonly name: string;
  readonly keyId: string;
}

/** Tells the key of every file; the folder is listed twice, so that no draft slips through under its new name. */
export async function* originalKeys(directory: string): AsyncGenerator<OriginalKey> {
  const names = new Set([...(await namesIn(directory)), ...(await namesIn(directory))]);
  for (const name of names) yield { name, keyId: await keyIdOf(path.join(directory, name)) };
}

async function namesIn(directory: string): Promise<string[]> {
  return ignoringAbsence(readdir(directory), []);
}

async function keyIdOf(file: string): Promise<string> {
  const handle = await ignoringAbsence(open(file, 'r'), undefined);
  if (handle === undefined) return UNKNOWN_KEY;
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return bytesRead < HEADER_BYTES ? UNKNOWN_KEY : buffer.toString('hex', 1);
  } finally {
    await handle.close();
  }
}

async function ignoringAbsence<T, U>(work: Promise<T>, otherwise: U): Promise<T | U> {
  try {
    return await work;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return otherwise;
    throw error;
  }
}
