// A file that holds a key: made at first start with mode 0600. Two processes that start at once end with one
// key, and a file that is there is never overwritten by a start, whatever is in it.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { GatewayError } from '../core/errors.js';

export interface KeyFile {
  readonly file: string;
  /** What messages call it, e.g. `data key`. */
  readonly name: string;
  /** Makes the text of a new key. */
  readonly make: () => string;
}

/** Gives the text of a key file, made where it is absent; throws `config.invalid` where that cannot be done. */
export function readOrMakeKeyFile(wanted: KeyFile): string {
  const existing = readKeyFile(wanted);
  if (existing !== undefined) return existing;
  placeNewKey(wanted);
  const made = readKeyFile(wanted);
  if (made === undefined)
    throw new GatewayError('config.invalid', `The ${wanted.name} file ${wanted.file} vanished.`);
  return made;
}

/** Puts another text in the place of a key file, all at once: a reader sees the old one or the new one. */
export function replaceKeyFile({ file, name, make }: KeyFile): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    writeDurably(draft, make());
    renameSync(draft, file);
    syncFolder(path.dirname(file));
  } catch (error) {
    rmSync(draft, { force: true });
    const message = `The ${name} file ${file} cannot be replaced: ${(error as Error).message}.`;
    throw new GatewayError('config.invalid', message, { cause: error });
  }
}

/** Reads the JSON object of a key file; empty for any other text, which may be a secret and is never shown. */
export function keyObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // The caller's sentence says what the file must be.
    return {};
  }
}

function readKeyFile({ file, name }: KeyFile): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const message = `The ${name} file ${file} cannot be read: ${(error as Error).message}.`;
    throw new GatewayError('config.invalid', message, { cause: error });
  }
}

function placeNewKey({ file, name, make }: KeyFile): void {
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeDurably(draft, make());
    // link, not rename: it fails when another process was first, whose key is then the one.
    linkSync(draft, file);
    syncFolder(path.dirname(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    const message = `The ${name} file ${file} cannot be made: ${(error as Error).message}.`;
    throw new GatewayError('config.invalid', message, { cause: error });
  } finally {
    rmSync(draft, { force: true });
  }
}

function writeDurably(file: string, text: string): void {
  const handle = openSync(file, 'wx', 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
