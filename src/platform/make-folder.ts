// Makes a folder and those above it. `mkdir` with `recursive` never ends where a parent is there and yet takes no
// folder (`/proc`): Node 20 makes the parent again and again.
import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

/** Makes a folder with all above it; one that is there is no error. */
export async function makeFolder(folder: string): Promise<void> {
  if (await makeOne(folder)) return;
  const parent = path.dirname(path.resolve(folder));
  if (parent !== path.resolve(folder)) await makeFolder(parent);
  if (await makeOne(folder)) return;
  throw Object.assign(new Error('No folder can be made here.'), { code: 'EROFS', path: folder });
}

/** False where what is above it is missing, or says so. */
async function makeOne(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return false;
    if (await isFolder(folder)) return true;
    throw error;
  }
}

async function isFolder(folder: string): Promise<boolean> {
  const found = await stat(folder).catch(() => undefined);
  return found?.isDirectory() === true;
}
