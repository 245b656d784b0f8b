// Removes what has lain in `done/` and `refused/` long enough. Only regular files: a folder or a link there is
// somebody else's.
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { FolderSettings } from '../../core/configuration.js';
import { keptSinceMs } from './file-away.js';
import { folderFault } from './folder-fault.js';
import { PLACES, regularFile } from './inbox.js';

const DAY_MS = 86_400_000;

/** Removes what left the folder more than `keepDays` ago; gives how many files that were. */
export async function removeOld(inbox: string, settings: FolderSettings, now: Date): Promise<number> {
  if (settings.keepDays === undefined) return 0;
  const before = now.getTime() - settings.keepDays * DAY_MS;
  let removed = 0;
  try {
    for (const place of PLACES) removed += await removeBefore(path.join(inbox, place), before);
  } catch (error) {
    const at = settings.path;
    throw folderFault(
      error,
      `Old files in the folder ${at} cannot be removed`,
      `文件夹 ${at} 中的旧文件无法删除`,
    );
  }
  return removed;
}

async function removeBefore(folder: string, before: number): Promise<number> {
  const modifiedMs = new Map<string, number>();
  for (const name of await readdir(folder)) {
    const found = await regularFile(path.join(folder, name));
    if (found !== undefined) modifiedMs.set(name, found.mtimeMs);
  }
  const old = [...modifiedMs.keys()].filter((name) => keptSinceMs(name, modifiedMs) < before);
  for (const name of old) await rm(path.join(folder, name), { force: true });
  return old.length;
}
