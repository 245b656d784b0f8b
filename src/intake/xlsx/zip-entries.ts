// The entries of a workbook's ZIP file, read from stored bytes. The directory is judged before anything is
// unpacked: how many entries, which names, how large altogether; and each entry is then held to the size that
// the directory gives it while it is unpacked, so that no lie there costs more.
import { crc32, createInflateRaw } from 'node:zlib';
import { pipeline, type Readable } from 'node:stream';
import { fromRandomAccessReaderPromise, type Entry, type ZipFile } from 'yauzl';
import { GatewayError, isGatewayError } from '../../core/errors.js';
import { overLimit, type ReadingLimits } from '../../core/reading-limits.js';
import type { StoredBytes } from '../../platform/stored-bytes.js';
import { malformed, truncated } from './workbook-faults.js';
import { createZipReader } from './zip-reader.js';

export interface ZipEntries {
  /** The names, as they are written. */
  readonly names: readonly string[];
  /** Unpacks an entry by its name, whatever its case; undefined where there is none. */
  read(name: string): AsyncGenerator<Buffer> | undefined;
  close(): void;
}

/** Deflate reaches 1032 : 1; sheets of long repeated text reach 75 : 1, and nothing that people write more. */
const MAX_RATIO = 100;
/** So much may be unpacked of a file of any size. */
const ALWAYS_UNPACKED_BYTES = 67_108_864;
const STORED = 0;
const DEFLATED = 8;
const PIECE_BYTES = 65_536;

/** Opens a ZIP file; throws `file.too-large`, `file.truncated`, `file.malformed` or `upload.type-not-supported`. */
export async function openZip(bytes: StoredBytes, limits: ReadingLimits): Promise<ZipEntries> {
  const zip = await openDirectory(bytes);
  try {
    const entries = await readDirectory(zip, bytes, limits);
    return {
      names: [...entries.values()].map((entry) => entry.fileName),
      read: (name) => {
        const entry = entries.get(name.toLowerCase());
        return entry === undefined ? undefined : unpack({ zip, bytes, entry });
      },
      close: () => zip.close(),
    };
  } catch (error) {
    zip.close();
    throw asFault(error);
  }
}

/** Gives how many bytes a file of this size may unpack to. */
export function unpackedLimit(size: number, { maxUnpackedBytes }: ReadingLimits): number {
  if (maxUnpackedBytes === Infinity) return Infinity;
  return Math.min(maxUnpackedBytes, Math.max(ALWAYS_UNPACKED_BYTES, MAX_RATIO * size));
}

async function openDirectory(bytes: StoredBytes): Promise<ZipFile> {
  try {
    return await fromRandomAccessReaderPromise(createZipReader(bytes), bytes.size, { autoClose: false });
  } catch (error) {
    throw asFault(error);
  }
}

async function readDirectory(
  zip: ZipFile,
  bytes: StoredBytes,
  limits: ReadingLimits,
): Promise<Map<string, Entry>> {
  if (zip.entryCount > limits.maxEntries) throw overLimit('maxEntries', limits.maxEntries);
  const most = unpackedLimit(bytes.size, limits);
  const entries = new Map<string, Entry>();
  let unpacked = 0;
  let packed = 0;
  for await (const entry of zip.eachEntry()) {
    unpacked += entry.uncompressedSize;
    packed += entry.compressedSize;
    if (unpacked > most) throw overLimit('maxUnpackedBytes', most);
    if (packed > bytes.size) throw malformed('entries that lie over one another');
    if (entry.fileName.endsWith('/')) continue;
    if (entry.isEncrypted()) throw encrypted();
    const name = entry.fileName.toLowerCase();
    if (entries.has(name)) throw malformed('two entries of one name', { part: entry.fileName });
    entries.set(name, entry);
  }
  return entries;
}

function encrypted(): GatewayError {
  return new GatewayError(
    'upload.type-not-supported',
    'This is an encrypted ZIP file; remove its password and upload the workbook in it.',
    { detailZh: '该文件是加密的 ZIP 压缩文件，请取消密码保护后重新上传其中的工作簿。' },
  );
}

interface Packed {
  readonly zip: ZipFile;
  readonly bytes: StoredBytes;
  readonly entry: Entry;
}

/** Yields the content of an entry; throws where it is not what the directory says it is. */
async function* unpack({ zip, bytes, entry }: Packed): AsyncGenerator<Buffer> {
  const { fileName: part, uncompressedSize } = entry;
  let unpacked = 0;
  let sum = 0;
  try {
    for await (const piece of await openEntry({ zip, bytes, entry })) {
      unpacked += piece.length;
      if (unpacked > uncompressedSize) throw malformed('an entry larger than the directory says', { part });
      sum = crc32(piece, sum);
      yield piece;
    }
  } catch (error) {
    throw asFault(error, part);
  }
  if (unpacked < uncompressedSize) throw truncated('an entry smaller than the directory says', { part });
  if (sum !== entry.crc32) throw malformed('a wrong checksum', { part });
}

async function openEntry({ zip, bytes, entry }: Packed): Promise<AsyncIterable<Buffer>> {
  const { compressedSize, compressionMethod, fileName: part } = entry;
  const { fileDataStart: start } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
  const source = bytes.read({ start, end: start + compressedSize });
  switch (compressionMethod) {
    case STORED:
      return source as AsyncIterable<Buffer>;
    case DEFLATED:
      return inflate(source) as AsyncIterable<Buffer>;
    default:
      source.destroy();
      throw malformed('an entry packed in an unknown way', { part });
  }
}

function inflate(source: Readable): Readable {
  // What fails is thrown to whoever reads the end of the pipe.
  return pipeline(source, createInflateRaw({ chunkSize: PIECE_BYTES }), () => undefined);
}

const TOO_SHORT = /unexpected (EOF|end of file)|signature not found|overflows file bounds/i;
/** What yauzl and zlib throw has no type of its own; anything else is our own failure. */
const FROM_STORE = /^(E[A-Z]+|ERR_.*)$/;

function asFault(error: unknown, part?: string): unknown {
  if (!(error instanceof Error) || isGatewayError(error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code !== undefined && FROM_STORE.test(code)) return error;
  if (/strong encryption/i.test(error.message)) return encrypted();
  const place = { cause: error, ...(part === undefined ? {} : { part }) };
  if (TOO_SHORT.test(error.message)) return truncated('its ZIP file ends too early', place);
  return malformed('its ZIP file cannot be read', place);
}
