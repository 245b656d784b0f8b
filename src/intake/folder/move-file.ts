// Moves a file and puts whole files down: whoever looks at a folder finds a file with all its bytes or none.
import { constants } from 'node:fs';
import { copyFile, lstat, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { isUnchanged, looksLike, regularFile, type LaidFile } from './inbox.js';

const FILE_MODE = 0o660;

/**
 * Moves a file to a path where nothing lies, by a copy where the way leads to another disk. False where it was
 * changed meanwhile: then it is where it was before.
 */
export async function moveFile(file: LaidFile, to: string, renameFile = rename): Promise<boolean> {
  try {
    await renameFile(file.path, to);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'EXDEV') return copyOver(file, to);
    throw error;
  }
  if (looksLike(file, await lstat(to))) return true;
  // Whoever wrote to the file while it was moved goes on writing where it is now.
  if ((await regularFile(file.path)) === undefined) await renameFile(to, file.path);
  return false;
}

/** Writes a text file as a whole, over one of the same name. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const draft = draftOf(file);
  // What lies there was left by a writer that was killed, or is a link that leads elsewhere.
  await rm(draft, { force: true });
  const handle = await open(draft, 'wx', FILE_MODE);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}

async function copyOver(file: LaidFile, to: string): Promise<boolean> {
  const draft = draftOf(to);
  await rm(draft, { force: true });
  await copyFile(file.path, draft, constants.COPYFILE_EXCL);
  await syncFile(draft);
  const isWhole = await isUnchanged(file);
  if (isWhole) await rename(draft, to);
  await rm(isWhole ? file.path : draft);
  return isWhole;
}

async function syncFile(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function draftOf(file: string): string {
  return path.join(path.dirname(file), `.${path.basename(file)}.part`);
}
