// The keys under which everything at rest is sealed and found: one JSON file, made at first start with mode
// 0600. Two processes that start at once end with one key, and a file of another shape is never overwritten.
// `older` holds keys that were rotated out and still open what they sealed; a file without it has one key.
import { randomBytes } from 'node:crypto';
import { GatewayError } from '../core/errors.js';
import { keyObject, readOrMakeKeyFile, replaceKeyFile } from './key-file.js';

export interface EncryptionKey {
  /** Eight hexadecimal digits; they stand in front of everything sealed. */
  readonly id: string;
  /** 32 bytes, AES-256-GCM. */
  readonly encryption: Buffer;
}

export interface DataKey extends EncryptionKey {
  /** 32 bytes, HMAC-SHA256; never rotated, for record ids derive from it. */
  readonly index: Buffer;
}

export interface DataKeys extends DataKey {
  readonly older: readonly EncryptionKey[];
  /** When the current key was made by a rotation; the first key does not say. */
  readonly rotatedAt: Date | undefined;
}

const KEY_BYTES = 32;
const ID_BYTES = 4;

/** Reads the data key of `file` and makes it where the file is absent; throws `config.invalid` for any other content. */
export function loadDataKey(file: string): DataKeys {
  return parseKey(readOrMakeKeyFile({ file, name: 'data key', make: newKey }), file);
}

/** Puts other keys in the place of those of `file`, all at once: a reader sees the old ones or the new ones. */
export function replaceDataKeys(file: string, keys: DataKeys): void {
  replaceKeyFile({ file, name: 'data key', make: () => keyText(keys) });
}

function newKey(): string {
  const index = randomBytes(KEY_BYTES);
  return keyText({ ...newEncryptionKey(), index, older: [], rotatedAt: undefined });
}

/** Makes a key to seal with. */
export function newEncryptionKey(): EncryptionKey {
  return { id: randomBytes(ID_BYTES).toString('hex'), encryption: randomBytes(KEY_BYTES) };
}

function keyText({ id, encryption, index, older, rotatedAt }: DataKeys): string {
  const entry = (key: EncryptionKey): object => ({
    id: key.id,
    encryption: key.encryption.toString('base64'),
  });
  const kept = older.length === 0 ? {} : { older: older.map(entry) };
  const time = rotatedAt === undefined ? {} : { rotatedAt };
  const file = { ...entry({ id, encryption }), index: index.toString('base64'), ...time, ...kept };
  return `${JSON.stringify(file, null, 2)}\n`;
}

function parseKey(text: string, file: string): DataKeys {
  const content = keyObject(text);
  const index = bytesOf(content['index']);
  const key = encryptionKey(content);
  const listed: unknown = content['older'] ?? [];
  const older = Array.isArray(listed) ? listed.map(encryptionKey) : [undefined];
  const whole = older.filter((each) => each !== undefined);
  if (key === undefined || index.length !== KEY_BYTES || whole.length !== older.length) {
    throw new GatewayError(
      'config.invalid',
      `${file} is not a data key: it must be JSON with "id" (8 hexadecimal digits), "encryption" and "index" (32 bytes each in base64). Put the right file back; it has not been changed.`,
      { detailZh: `${file} 不是有效的数据密钥文件，请放回原文件；该文件未被更改。` },
    );
  }
  return { ...key, index, older: whole, rotatedAt: timeOf(content['rotatedAt']) };
}

function encryptionKey(value: unknown): EncryptionKey | undefined {
  const { id, encryption } = (value ?? {}) as { id?: unknown; encryption?: unknown };
  const bytes = bytesOf(encryption);
  const isWellFormed = typeof id === 'string' && /^[0-9a-f]{8}$/.test(id) && bytes.length === KEY_BYTES;
  return isWellFormed ? { id, encryption: bytes } : undefined;
}

function bytesOf(value: unknown): Buffer {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : Buffer.alloc(0);
}

function timeOf(value: unknown): Date | undefined {
  const time = new Date(typeof value === 'string' ? value : Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
