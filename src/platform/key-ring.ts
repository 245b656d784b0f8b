// The data keys as a running process has them: it seals with the current one and opens with any. The file is
// looked at again where an unknown key is met, and once a second at most before sealing, so that a rotation
// reaches every process without a restart. A process whose file is gone seals nothing more.
import { statSync } from 'node:fs';
import type { Clock } from '../core/clock.js';
import { GatewayError } from '../core/errors.js';
import { loadDataKey, type DataKey, type DataKeys, type EncryptionKey } from './data-key.js';

export interface KeyRing {
  readonly index: Buffer;
  /** The key to seal with. */
  current(): EncryptionKey;
  /** The key with an id, or undefined. */
  find(id: string): EncryptionKey | undefined;
}

/** How long a process may go on sealing with a key that was rotated out. */
export const LOOK_AGAIN_MS = 1000;

/** Opens the keys of a file, which is made where it is absent. */
export function openKeyRing(file: string, clock: Clock): KeyRing {
  let keys = loadDataKey(file);
  let seen = stampOf(file);
  let lookedAtMs = clock().getTime();
  const lookAgain = (): void => {
    lookedAtMs = clock().getTime();
    const stamp = stampOf(file);
    if (stamp === seen) return;
    keys = sameIndex(loadDataKey(file), keys, file);
    seen = stamp;
  };
  return {
    index: keys.index,
    current: () => {
      // A clock that was set back looks at once, and not after hours.
      if (Math.abs(clock().getTime() - lookedAtMs) >= LOOK_AGAIN_MS) lookAgain();
      return keys;
    },
    find: (id) => {
      const found = keyOf(keys, id);
      if (found !== undefined) return found;
      lookAgain();
      return keyOf(keys, id);
    },
  };
}

/** A ring of one key, or the ring itself. */
export function asKeyRing(keys: DataKey | KeyRing): KeyRing {
  if ('current' in keys) return keys;
  return {
    index: keys.index,
    current: () => keys,
    find: (id) => (id === keys.id ? keys : undefined),
  };
}

function keyOf(keys: DataKeys, id: string): EncryptionKey | undefined {
  return id === keys.id ? keys : keys.older.find((key) => key.id === id);
}

/** Every replacement is a new file: its number changes even where its time does not. */
function stampOf(file: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(file);
    return `${ino} ${mtimeMs} ${size}`;
  } catch (error) {
    const message = `The data key file ${file} cannot be read: ${(error as Error).message}.`;
    throw new GatewayError('config.invalid', message, { cause: error });
  }
}

/** Record ids derive from the index key: another one would make a second record of each person. */
function sameIndex(read: DataKeys, held: DataKeys, file: string): DataKeys {
  if (read.index.equals(held.index)) return read;
  throw new GatewayError(
    'config.invalid',
    `${file} holds another index key than this process started with. Put the right file back.`,
  );
}
