// Changes the key to seal with, and takes keys away that nothing is sealed with any more. Both are one
// replacement of the file; the caller lets one at a time do it.
import { loadDataKey, newEncryptionKey, replaceDataKeys, type DataKeys } from './data-key.js';

/** After so long no process seals with a key that was rotated out, and what it sealed before is stored. */
export const SETTLED_AFTER_MS = 60_000;

export interface Rotation {
  readonly isRotated: boolean;
  /** The keys that the file holds now. */
  readonly keys: DataKeys;
}

/** Puts a new key in front and gives what was done. */
export function rotateDataKey(file: string, now: Date): Rotation {
  const rotation = nextDataKeys(file, now);
  if (rotation.isRotated) replaceDataKeys(file, rotation.keys);
  return rotation;
}

/** Makes the keys that follow, without writing them; the same ones where the current is younger than a minute, for then two rotate at once. */
export function nextDataKeys(file: string, now: Date): Rotation {
  const keys = loadDataKey(file);
  if (keys.rotatedAt !== undefined && now.getTime() < settledAtMs(keys)) return { isRotated: false, keys };
  const { id, encryption, index, older } = keys;
  const next: DataKeys = {
    ...newEncryptionKey(),
    index,
    older: [{ id, encryption }, ...older],
    rotatedAt: now,
  };
  return { isRotated: true, keys: next };
}

/** Takes keys away, never the current one; gives those that are left. */
export function removeOldKeys(file: string, ids: readonly string[]): DataKeys {
  const keys = loadDataKey(file);
  const older = keys.older.filter(({ id }) => !ids.includes(id));
  if (older.length === keys.older.length) return keys;
  const next = { ...keys, older };
  replaceDataKeys(file, next);
  return next;
}

/** When nothing new can be sealed with the key before the current one. */
export function settledAtMs({ rotatedAt }: DataKeys): number {
  return (rotatedAt?.getTime() ?? 0) + SETTLED_AFTER_MS;
}
