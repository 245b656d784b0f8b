// The folder of a source: files are laid down in it and leave it for `done/` or `refused/`. Only regular files
// that lie directly in it count: no links, no folders.
import { constants, type Stats } from 'node:fs';
import { access, lstat, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import type { FolderSettings } from '../../core/configuration.js';
import { GatewayError } from '../../core/errors.js';
import type { FileLook } from '../../db/folder-files.js';
import { isOffered, namesOf, type KeyedIndex } from './file-name.js';
import { folderFault, isMissing } from './folder-fault.js';

export const PLACES = ['done', 'refused'] as const;
export type Place = (typeof PLACES)[number];

/** A file as it lies in the folder; its path alone has its name with a personal number in it. */
export interface LaidFile extends FileLook {
  readonly path: Buffer;
  readonly shown: string;
  /** When its inode was last changed, which no sender can set; milliseconds since 1970. */
  readonly changedMs: number;
  /** Whether `NAME.done` lies beside it, put there after its last change. */
  readonly isMarked: boolean;
}

/** Others than we may look and write only where the folder lets them. */
const FOLDER_MODE = 0o770;
const WRITABLE = constants.W_OK | constants.X_OK;

/** Makes the folder with its sub-folders where they are not there, and gives its path; throws `folder.unusable`. */
export async function openInbox(settings: FolderSettings, dataDir: string): Promise<string> {
  const inbox = path.resolve(dataDir, settings.path);
  try {
    await mkdir(inbox, { recursive: true, mode: FOLDER_MODE });
    for (const place of PLACES) {
      await mkdir(path.join(inbox, place), { recursive: true, mode: FOLDER_MODE });
      // Whoever may write into the folder must not be able to send us elsewhere by a link.
      if (!(await lstat(path.join(inbox, place))).isDirectory())
        throw new GatewayError('folder.unusable', `${place}/ in the folder ${settings.path} is a link.`, {
          detailZh: `文件夹 ${settings.path} 中的 ${place}/ 是链接。`,
        });
      await access(path.join(inbox, place), WRITABLE);
    }
    // What cannot leave the folder is not to be taken in.
    await access(inbox, WRITABLE);
  } catch (error) {
    throw folderFault(
      error,
      `The folder ${settings.path} cannot be used`,
      `文件夹 ${settings.path} 无法使用`,
    );
  }
  return inbox;
}

/** Lists what is offered, oldest first. */
export async function listInbox(
  inbox: string,
  settings: FolderSettings,
  index: KeyedIndex,
): Promise<LaidFile[]> {
  try {
    const names = await readdir(inbox, { encoding: 'buffer' });
    const present = new Set(names.map((name) => name.toString('latin1')));
    const files: LaidFile[] = [];
    for (const name of names) {
      const file = isOffered(name) ? await look({ inbox, present, index }, name) : undefined;
      if (file !== undefined) files.push(file);
    }
    return files.sort((one, other) => one.modifiedMs - other.modifiedMs || one.name.compare(other.name));
  } catch (error) {
    throw folderFault(
      error,
      `The folder ${settings.path} cannot be read`,
      `文件夹 ${settings.path} 无法读取`,
    );
  }
}

/** Gives the path of the mark that says a file is complete. */
export function markOf(file: Buffer): Buffer {
  return Buffer.concat([file, Buffer.from('.done')]);
}

/** Gives what lies at a path if it is a regular file; links are not followed. */
export async function regularFile(at: Buffer | string): Promise<Stats | undefined> {
  try {
    const found = await lstat(at);
    return found.isFile() ? found : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Tells whether the path still has the file that was looked at. */
export async function isUnchanged(file: LaidFile): Promise<boolean> {
  const now = await regularFile(file.path);
  return now !== undefined && looksLike(file, now) && now.ctimeMs === file.changedMs;
}

/** Tells whether size and time are those of the file that was looked at. */
export function looksLike(file: FileLook, found: Pick<Stats, 'size' | 'mtimeMs'>): boolean {
  return found.size === file.size && found.mtimeMs === file.modifiedMs;
}

async function look(
  { inbox, present, index }: { inbox: string; present: ReadonlySet<string>; index: KeyedIndex },
  name: Buffer,
): Promise<LaidFile | undefined> {
  const at = Buffer.concat([Buffer.from(inbox + path.sep), name]);
  const found = await regularFile(at);
  if (found === undefined) return undefined;
  const mark = present.has(`${name.toString('latin1')}.done`) ? await regularFile(markOf(at)) : undefined;
  return {
    path: at,
    ...namesOf(name, index),
    size: found.size,
    modifiedMs: found.mtimeMs,
    changedMs: found.ctimeMs,
    // A mark that is older than the file speaks of an earlier one.
    isMarked: mark !== undefined && mark.ctimeMs >= found.ctimeMs,
  };
}
