// Keeps the bytes of each delivery as they came, encrypted, in one file a batch. Frames of 64 KiB, each sealed
// under its place and whether it is the last (the STREAM construction), so that a file which was cut, reordered
// or swapped with another batch's does not open. Header: 1 byte version, 4 bytes key id, 32 bytes salt.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { GatewayError } from '../core/errors.js';
import type { DataKey } from './data-key.js';

export interface Originals {
  /** Stores all of `source`; when it resolves the bytes are on disk, when it rejects nothing is left. */
  write(batchId: string, source: Readable): Promise<void>;
  /** Gives the bytes back as a stream, which fails when the file was changed. */
  read(batchId: string): Readable;
  /** Removes the bytes of a batch; removing what is not there is no error. */
  remove(batchId: string): Promise<void>;
  /** Removes drafts of writers that were killed: those that nobody has written to since `before`. */
  removeDrafts(before: Date): Promise<number>;
}

interface FramePlace {
  readonly fileKey: Buffer;
  readonly sequence: number;
  readonly isLast: boolean;
}

const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
const SALT_BYTES = 32;
const HEADER_BYTES = 5 + SALT_BYTES;
const FRAME_BYTES = 65_536;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** Opens the store of original bytes in `directory`; memory stays at a few frames, however large a file is. */
export function createOriginals(directory: string, key: DataKey): Originals {
  const fileOf = (batchId: string): string => {
    if (!/^[\w-]+$/.test(batchId)) throw new Error('A batch id is letters, digits and hyphens');
    return path.join(directory, batchId);
  };
  return {
    write: (batchId, source) => writeOriginal(fileOf(batchId), source, { batchId, key }),
    read: (batchId) =>
      Readable.from(readFrames(fileOf(batchId), { batchId, key }), {
        objectMode: false,
        highWaterMark: FRAME_BYTES,
      }),
    remove: (batchId) => rm(fileOf(batchId), { force: true }),
    removeDrafts: (before) => removeDrafts(directory, before),
  };
}

async function removeDrafts(directory: string, before: Date): Promise<number> {
  await mkdir(directory, { recursive: true });
  let removed = 0;
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.part')) continue;
    const draft = path.join(directory, name);
    const { mtime } = await stat(draft);
    if (mtime >= before) continue;
    await rm(draft, { force: true });
    removed += 1;
  }
  return removed;
}

interface Batch {
  readonly batchId: string;
  readonly key: DataKey;
}

async function writeOriginal(file: string, source: Readable, batch: Batch): Promise<void> {
  const draft = `${file}.${randomBytes(4).toString('hex')}.part`;
  // A source that breaks off before it is read must not end the process; reading it throws its error.
  source.on('error', () => undefined);
  try {
    await mkdir(path.dirname(file), { recursive: true });
    const handle = await open(draft, 'wx', 0o600);
    try {
      await writeFrames(handle, source, batch);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    source.destroy();
    await rm(draft, { force: true });
    throw error;
  }
}

async function writeFrames(handle: FileHandle, source: Readable, { batchId, key }: Batch): Promise<void> {
  const salt = randomBytes(SALT_BYTES);
  const fileKey = deriveFileKey(key, salt, batchId);
  await handle.writeFile(Buffer.concat([headerOf(key), salt]));
  const frame = Buffer.allocUnsafe(FRAME_BYTES);
  let filled = 0;
  let sequence = 0;
  const flush = async (isLast: boolean): Promise<void> => {
    await handle.writeFile(sealFrame(frame.subarray(0, filled), { fileKey, sequence, isLast }));
    sequence += 1;
    filled = 0;
  };
  for await (const chunk of source as AsyncIterable<Buffer>) {
    for (let taken = 0; taken < chunk.length;) {
      // A full frame waits for a further byte: only then is it known not to be the last.
      if (filled === FRAME_BYTES) await flush(false);
      const copied = chunk.copy(frame, filled, taken);
      filled += copied;
      taken += copied;
    }
  }
  await flush(true);
}

async function* readFrames(file: string, { batchId, key }: Batch): AsyncGenerator<Buffer> {
  const handle = await openOriginal(file, batchId);
  try {
    const header = await readFully(handle, HEADER_BYTES);
    if (header.length < HEADER_BYTES || !header.subarray(0, 5).equals(headerOf(key))) {
      throw new GatewayError(
        'internal.unexpected',
        `The original of batch ${batchId} was not sealed with this data key.`,
      );
    }
    const fileKey = deriveFileKey(key, header.subarray(5), batchId);
    let frame = await readFully(handle, FRAME_BYTES + TAG_BYTES);
    for (let sequence = 0, isLast = false; !isLast; sequence += 1) {
      const next = await readFully(handle, FRAME_BYTES + TAG_BYTES);
      isLast = next.length === 0;
      const plain = openFrame(frame, { fileKey, sequence, isLast }, batchId);
      if (plain.length > 0) yield plain;
      frame = next;
    }
  } finally {
    await handle.close();
  }
}

async function openOriginal(file: string, batchId: string): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (error) {
    throw new GatewayError('internal.unexpected', `The original of batch ${batchId} is not there.`, {
      cause: error,
    });
  }
}

async function readFully(handle: FileHandle, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await handle.read(buffer, filled, bytes - filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function headerOf(key: DataKey): Buffer {
  return Buffer.concat([Buffer.from([VERSION]), Buffer.from(key.id, 'hex')]);
}

/** Each file has a key of its own, so that the number of a frame can be its iv. */
function deriveFileKey(key: DataKey, salt: Buffer, batchId: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key.encryption, salt, `original ${batchId}`, KEY_BYTES));
}

function ivOf({ sequence, isLast }: FramePlace): Buffer {
  const iv = Buffer.alloc(12);
  iv.writeUInt32BE(sequence, 7);
  iv[11] = isLast ? 1 : 0;
  return iv;
}

function sealFrame(plain: Buffer, place: FramePlace): Buffer {
  const cipher = createCipheriv(ALGORITHM, place.fileKey, ivOf(place));
  const body = cipher.update(plain);
  cipher.final();
  return Buffer.concat([body, cipher.getAuthTag()]);
}

function openFrame(sealed: Buffer, place: FramePlace, batchId: string): Buffer {
  const changed = `The original of batch ${batchId} has been changed or cut.`;
  if (sealed.length < TAG_BYTES) throw new GatewayError('internal.unexpected', changed);
  const tagAt = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv(ALGORITHM, place.fileKey, ivOf(place), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(tagAt));
  const plain = decipher.update(sealed.subarray(0, tagAt));
  try {
    decipher.final();
  } catch (error) {
    throw new GatewayError('internal.unexpected', changed, { cause: error });
  }
  return plain;
}

async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
