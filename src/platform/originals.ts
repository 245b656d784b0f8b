// Keeps the bytes of each delivery as they came, encrypted, in one file a batch. Frames of 64 KiB, each sealed
// under its place and whether it is the last (the STREAM construction), so that a file which was cut, reordered
// or swapped with another batch's does not open. Header: 1 byte version, 4 bytes key id, 32 bytes salt.
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { GatewayError } from '../core/errors.js';
import type { DataKey, EncryptionKey } from './data-key.js';
import { asKeyRing, type KeyRing } from './key-ring.js';
import type { ByteRange, StoredBytes } from './stored-bytes.js';

export interface Originals {
  /** Stores all of `source`; when it resolves the bytes are on disk, when it rejects nothing is left. */
  write(batchId: string, source: Readable): Promise<void>;
  /** Gives the bytes back as a stream, which fails when the file was changed. */
  read(batchId: string): Readable;
  /**
   * Seals the bytes of a batch with the current key; whoever reads them meanwhile reads on. `guard` lets the file be
   * replaced, or throws: between its start and its end nobody removes the file.
   */
  reseal(batchId: string, guard?: ReplaceGuard): Promise<void>;
  /** Opens the bytes for reading from any place. */
  open(batchId: string): Promise<StoredBytes>;
  /** Removes the bytes of a batch; removing what is not there is no error. */
  remove(batchId: string): Promise<void>;
  /** Removes drafts of writers that were killed, and what dry runs that were killed left: nobody has written to them since `before`. */
  removeDrafts(before: Date): Promise<number>;
}

export type ReplaceGuard = (replace: () => Promise<void>) => Promise<void>;

interface FramePlace {
  readonly fileKey: Buffer;
  readonly sequence: number;
  readonly isLast: boolean;
}

/** Begins the id of bytes that are looked at and not kept. */
export const DRY_RUN = 'dry-run-';
const ALGORITHM = 'aes-256-gcm';
const VERSION = 1;
const SALT_BYTES = 32;
const HEADER_BYTES = 5 + SALT_BYTES;
const FRAME_BYTES = 65_536;
const TAG_BYTES = 16;
const SEALED_BYTES = FRAME_BYTES + TAG_BYTES;
const KEY_BYTES = 32;

/** Opens the store of original bytes in `directory`; memory stays at a few frames, however large a file is. */
export function createOriginals(directory: string, keys: DataKey | KeyRing): Originals {
  const key = asKeyRing(keys);
  const fileOf = (batchId: string): string => {
    if (!/^[\w-]+$/.test(batchId)) throw new Error('A batch id is letters, digits and hyphens');
    return path.join(directory, batchId);
  };
  return {
    write: (batchId, source) => writeOriginal(fileOf(batchId), source, { batchId, key }),
    read: (batchId) => streamOf(readFrames(fileOf(batchId), { batchId, key })),
    reseal: (batchId, guard = (replace) => replace()) => {
      const batch = { batchId, key };
      const file = fileOf(batchId);
      return writeOriginal(file, streamOf(readFrames(file, batch)), { ...batch, guard });
    },
    open: async (batchId) => {
      const size = plainSize((await stat(fileOf(batchId))).size);
      const isBehind = (range?: ByteRange): boolean => range !== undefined && range.start >= size;
      return {
        size,
        read: (range) =>
          isBehind(range)
            ? Readable.from([])
            : streamOf(readFrames(fileOf(batchId), { batchId, key }, range)),
      };
    },
    remove: (batchId) => rm(fileOf(batchId), { force: true }),
    removeDrafts: (before) => removeDrafts(directory, before),
  };
}

async function removeDrafts(directory: string, before: Date): Promise<number> {
  await mkdir(directory, { recursive: true });
  let removed = 0;
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.part') && !name.startsWith(DRY_RUN)) continue;
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
  readonly key: KeyRing;
  /** Given where the file must be there still: one that was removed meanwhile does not come back. */
  readonly guard?: ReplaceGuard;
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
    if (batch.guard === undefined) await rename(draft, file);
    else await batch.guard(() => replaceExisting(draft, file));
    await syncFolder(path.dirname(file));
  } catch (error) {
    source.destroy();
    await rm(draft, { force: true });
    throw error;
  }
}

async function replaceExisting(draft: string, file: string): Promise<void> {
  await stat(file);
  await rename(draft, file);
}

async function writeFrames(handle: FileHandle, source: Readable, { batchId, key }: Batch): Promise<void> {
  const salt = randomBytes(SALT_BYTES);
  const current = key.current();
  const fileKey = deriveFileKey(current, salt, batchId);
  await handle.writeFile(Buffer.concat([headerOf(current), salt]));
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

function streamOf(frames: AsyncIterable<Buffer>): Readable {
  return Readable.from(frames, { objectMode: false, highWaterMark: FRAME_BYTES });
}

/** Every frame but the last is full, and the last is there even where it is empty. */
function plainSize(storedSize: number): number {
  const sealed = storedSize - HEADER_BYTES;
  return sealed - Math.ceil(sealed / SEALED_BYTES) * TAG_BYTES;
}

async function* readFrames(
  file: string,
  batch: Batch,
  range: ByteRange = { start: 0, end: Number.POSITIVE_INFINITY },
): AsyncGenerator<Buffer> {
  const handle = await openOriginal(file, batch.batchId);
  try {
    const fileKey = await readFileKey(handle, batch);
    let sequence = Math.floor(range.start / FRAME_BYTES);
    let at = HEADER_BYTES + sequence * SEALED_BYTES;
    let frame = await readFully(handle, at);
    for (let isLast = false; !isLast && sequence * FRAME_BYTES < range.end; sequence += 1) {
      at += SEALED_BYTES;
      const next = await readFully(handle, at);
      isLast = next.length === 0;
      const plain = openFrame(frame, { fileKey, sequence, isLast }, batch.batchId);
      const from = sequence * FRAME_BYTES;
      const wanted = plain.subarray(Math.max(0, range.start - from), Math.max(0, range.end - from));
      if (wanted.length > 0) yield wanted;
      frame = next;
    }
  } finally {
    await handle.close();
  }
}

async function readFileKey(handle: FileHandle, { batchId, key }: Batch): Promise<Buffer> {
  const header = (await readFully(handle, 0)).subarray(0, HEADER_BYTES);
  const found = header.length < HEADER_BYTES ? undefined : key.find(header.toString('hex', 1, 5));
  if (found === undefined || header[0] !== VERSION)
    throw new GatewayError(
      'internal.unexpected',
      `The original of batch ${batchId} was not sealed with this data key.`,
    );
  return deriveFileKey(found, header.subarray(5), batchId);
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

/** Reads one sealed frame at a place; less where the file ends. */
async function readFully(handle: FileHandle, position: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(SEALED_BYTES);
  let filled = 0;
  while (filled < SEALED_BYTES) {
    const { bytesRead } = await handle.read(buffer, filled, SEALED_BYTES - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function headerOf(key: EncryptionKey): Buffer {
  return Buffer.concat([Buffer.from([VERSION]), Buffer.from(key.id, 'hex')]);
}

/** Each file has a key of its own, so that the number of a frame can be its iv. */
function deriveFileKey(key: EncryptionKey, salt: Buffer, batchId: string): Buffer {
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
