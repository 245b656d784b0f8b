// The key under which everything at rest is sealed and found: one JSON file, made at first start with mode
// 0600. Two processes that start at once end with one key, and a file of another shape is never overwritten.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { GatewayError } from '../core/errors.js';

export interface DataKey {
  /** Eight hexadecimal digits; they stand in front of everything sealed. */
  readonly id: string;
  /** 32 bytes, AES-256-GCM. */
  readonly encryption: Buffer;
  /** 32 bytes, HMAC-SHA256. */
  readonly index: Buffer;
}

const KEY_BYTES = 32;
const ID_BYTES = 4;

/** Reads the data key of `file` and makes it where the file is absent; throws `config.invalid` for any other content. */
export function loadDataKey(file: string): DataKey {
  const existing = readKeyFile(file);
  if (existing !== undefined) return parseKey(existing, file);
  placeNewKey(file);
  const made = readKeyFile(file);
  if (made === undefined) throw new GatewayError('config.invalid', `The data key file ${file} vanished.`);
  return parseKey(made, file);
}

function readKeyFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    const message = `The data key file ${file} cannot be read: ${(error as Error).message}.`;
    throw new GatewayError('config.invalid', message, { cause: error });
  }
}

function placeNewKey(file: string): void {
  const key = {
    id: randomBytes(ID_BYTES).toString('hex'),
    encryption: randomBytes(KEY_BYTES).toString('base64'),
    index: randomBytes(KEY_BYTES).toString('base64'),
  };
  const draft = `${file}.${randomBytes(6).toString('hex')}.new`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeDurably(draft, `${JSON.stringify(key, null, 2)}\n`);
    // link, not rename: it fails when another process was first, whose key is then the one.
    linkSync(draft, file);
    syncFolder(path.dirname(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    const message = `The data key file ${file} cannot be made: ${(error as Error).message}.`;
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

function parseKey(text: string, file: string): DataKey {
  const { id, encryption, index } = jsonObject(text);
  const bytes = (value: unknown): Buffer =>
    typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.alloc(0);
  const key = { id, encryption: bytes(encryption), index: bytes(index) };
  const wellFormed =
    typeof id === 'string' &&
    /^[0-9a-f]{8}$/.test(id) &&
    key.encryption.length === KEY_BYTES &&
    key.index.length === KEY_BYTES;
  if (!wellFormed) {
    throw new GatewayError(
      'config.invalid',
      `${file} is not a data key: it must be JSON with "id" (8 hexadecimal digits), "encryption" and "index" (32 bytes each in base64). Put the right file back; it has not been changed.`,
    );
  }
  return { ...key, id };
}

function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    // The caller's sentence says what the file must be; the text itself may be a secret.
    return {};
  }
}
