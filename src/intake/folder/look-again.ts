// Holds what lies in a folder against what was noted of it, and says which files are complete. The looks are
// remembered in the database: a restart forgets none, and a sender may give a file any time.
import path from 'node:path';
import type { FolderSettings } from '../../core/configuration.js';
import { forgetFiles, noteLooks, readFolderFiles, type FolderFile } from '../../db/folder-files.js';
import type { PullNeeds } from '../pull.js';
import { stampFile } from './file-away.js';
import { looksLike, regularFile, type LaidFile } from './inbox.js';

export interface CompleteFile {
  readonly file: LaidFile;
  readonly known: Pick<FolderFile, 'sha256' | 'changedMs' | 'batch' | 'target'>;
}

export interface Look {
  readonly source: string;
  readonly settings: FolderSettings;
  readonly inbox: string;
  readonly laid: readonly LaidFile[];
}

const UNKNOWN = { sha256: null, changedMs: null, batch: null, target: null };

/** Notes how the files look now and gives those that are complete, in their order. */
export async function lookAgain(
  look: Look,
  { database, clock }: Pick<PullNeeds, 'database' | 'clock'>,
): Promise<CompleteFile[]> {
  const now = clock();
  const noted = await readFolderFiles(database, look.source);
  await closeLeft(look, noted, { database, clock });
  const known = new Map(noted.map((row) => [keyOf(row.name), row]));
  const isKnown = (file: LaidFile): boolean => {
    const row = known.get(keyOf(file.name));
    // A look from the future was taken by a clock that was wrong.
    return row !== undefined && looksAs(row, file) && (row.batch !== null || row.firstSeenAt <= now);
  };
  const changed = look.laid.filter((file) => !isKnown(file));
  if (changed.length > 0) await noteLooks(database, look.source, { files: changed, at: now });
  return look.laid.flatMap((file) => {
    const row = isKnown(file) ? known.get(keyOf(file.name)) : undefined;
    const seenForMs = now.getTime() - (row?.firstSeenAt ?? now).getTime();
    const isComplete = file.isMarked || row?.batch != null || seenForMs >= look.settings.stableMs;
    return isComplete ? [{ file, known: row ?? UNKNOWN }] : [];
  });
}

/** Files that are gone were moved by us, down to their last step, or taken away by their sender. */
async function closeLeft(
  { source, inbox, laid }: Look,
  noted: readonly FolderFile[],
  { database, clock }: Pick<PullNeeds, 'database' | 'clock'>,
): Promise<void> {
  const present = new Set(laid.map(({ name }) => keyOf(name)));
  const left = noted.filter(({ name }) => !present.has(keyOf(name)));
  if (left.length === 0) return;
  for (const { target, size } of left) {
    const kept = target === null ? undefined : path.join(inbox, target);
    if (kept !== undefined && (await regularFile(kept))?.size === size) await stampFile(kept, clock());
  }
  await forgetFiles(
    database,
    source,
    left.map(({ name }) => name),
  );
}

function looksAs(row: FolderFile, file: LaidFile): boolean {
  return looksLike(row, { size: file.size, mtimeMs: file.modifiedMs });
}

function keyOf(name: Buffer): string {
  return name.toString('latin1');
}
