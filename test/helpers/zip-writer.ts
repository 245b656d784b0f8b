// Writes ZIP files by hand, honest ones and such as lie about what is in them.
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { constants, crc32, createDeflateRaw, deflateRawSync } from 'node:zlib';

export interface ZipEntrySpec {
  readonly name: string;
  readonly content: string | Buffer;
  /** Kept as it is, without deflate. */
  readonly isStored?: boolean;
  /** `content` is deflated already; `declaredSize` and `declaredCrc` must be given then. */
  readonly isPacked?: boolean;
  /** What the directory says of the unpacked size, where it lies. */
  readonly declaredSize?: number;
  readonly declaredCrc?: number;
  readonly flags?: number;
  readonly method?: number;
  /** Points to the data of this entry instead of having its own. */
  readonly sameDataAs?: string;
}

export interface ZipForm {
  /** Writes sizes, places and counts as ZIP64 does. */
  readonly isZip64?: boolean;
}

interface Written {
  readonly name: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly place: number;
}

const UTF8_NAME = 0x0800;
const SIZES_BEHIND = 0x0008;

/** Makes a ZIP file in memory. */
export function makeZip(entries: readonly ZipEntrySpec[], { isZip64 = false }: ZipForm = {}): Buffer {
  const pieces: Buffer[] = [];
  const written = new Map<string, Written>();
  let place = 0;
  const all: Written[] = [];
  for (const spec of entries) {
    const shared = spec.sameDataAs === undefined ? undefined : written.get(spec.sameDataAs);
    const data = packEntry(spec);
    const entry = { ...describe(spec, data.length), place: shared?.place ?? place };
    if (shared === undefined) {
      const header = localHeader(entry);
      pieces.push(header, data);
      place += header.length + data.length;
    }
    written.set(spec.name, entry);
    all.push(entry);
  }
  return Buffer.concat([...pieces, directory(all, place, isZip64)]);
}

/** Makes an entry that unpacks to head, `times` times the piece, and tail, without ever having it as a whole. */
export function packBomb(
  name: string,
  { head, piece, times, tail }: { head: string; piece: string; times: number; tail: string },
): ZipEntrySpec {
  const flushed = (text: string): Buffer => deflateRawSync(text, { finishFlush: constants.Z_FULL_FLUSH });
  const packed = flushed(piece);
  const bytes = Buffer.from(piece);
  let declaredCrc = crc32(head);
  for (let i = 0; i < times; i += 1) declaredCrc = crc32(bytes, declaredCrc);
  const content = Buffer.concat([flushed(head), ...Array<Buffer>(times).fill(packed), deflateRawSync(tail)]);
  const declaredSize = Buffer.byteLength(head) + times * bytes.length + Buffer.byteLength(tail);
  return { name, content, isPacked: true, declaredSize, declaredCrc: crc32(tail, declaredCrc) };
}

function packEntry({ content, isStored = false, isPacked = false }: ZipEntrySpec): Buffer {
  const bytes = Buffer.from(content as string);
  return isStored || isPacked ? bytes : deflateRawSync(bytes);
}

function describe(spec: ZipEntrySpec, packed: number): Omit<Written, 'place'> {
  const bytes = Buffer.from(spec.content as string);
  return {
    name: Buffer.from(spec.name),
    flags: UTF8_NAME | (spec.flags ?? 0),
    method: spec.method ?? (spec.isStored === true ? 0 : 8),
    crc: spec.declaredCrc ?? crc32(bytes),
    packed,
    size: spec.declaredSize ?? bytes.length,
  };
}

function localHeader({ name, flags, method, crc, packed, size }: Written): Buffer {
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  header.writeUInt16LE(45, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(crc, 14);
  header.writeUInt32LE(packed, 18);
  header.writeUInt32LE(size, 22);
  header.writeUInt16LE(name.length, 26);
  return Buffer.concat([header, name]);
}

function directory(entries: readonly Written[], start: number, isZip64: boolean): Buffer {
  const heads = Buffer.concat(entries.map((entry) => directoryEntry(entry, isZip64)));
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(isZip64 ? 0xffff : entries.length, 8);
  end.writeUInt16LE(isZip64 ? 0xffff : entries.length, 10);
  end.writeUInt32LE(isZip64 ? 0xffffffff : heads.length, 12);
  end.writeUInt32LE(isZip64 ? 0xffffffff : start, 16);
  if (!isZip64) return Buffer.concat([heads, end]);
  return Buffer.concat([heads, zip64End(entries.length, start, heads.length), end]);
}

function directoryEntry(entry: Written, isZip64: boolean): Buffer {
  const head = Buffer.alloc(46);
  head.writeUInt32LE(0x02014b50, 0);
  head.writeUInt16LE(45, 4);
  head.writeUInt16LE(45, 6);
  head.writeUInt16LE(entry.flags, 8);
  head.writeUInt16LE(entry.method, 10);
  head.writeUInt32LE(entry.crc, 16);
  head.writeUInt32LE(isZip64 ? 0xffffffff : entry.packed, 20);
  head.writeUInt32LE(isZip64 ? 0xffffffff : entry.size, 24);
  head.writeUInt16LE(entry.name.length, 28);
  head.writeUInt16LE(isZip64 ? 28 : 0, 30);
  head.writeUInt32LE(isZip64 ? 0xffffffff : entry.place, 42);
  if (!isZip64) return Buffer.concat([head, entry.name]);
  const extra = Buffer.alloc(28);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(24, 2);
  extra.writeBigUInt64LE(BigInt(entry.size), 4);
  extra.writeBigUInt64LE(BigInt(entry.packed), 12);
  extra.writeBigUInt64LE(BigInt(entry.place), 20);
  return Buffer.concat([head, entry.name, extra]);
}

function zip64End(count: number, start: number, length: number): Buffer {
  const record = Buffer.alloc(56);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(44n, 4);
  record.writeUInt16LE(45, 12);
  record.writeUInt16LE(45, 14);
  record.writeBigUInt64LE(BigInt(count), 24);
  record.writeBigUInt64LE(BigInt(count), 32);
  record.writeBigUInt64LE(BigInt(length), 40);
  record.writeBigUInt64LE(BigInt(start), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(start + length), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([record, locator]);
}

export interface StreamedEntry {
  readonly name: string;
  readonly pieces: Iterable<string>;
}

/** Streams a ZIP file to disk, as programs write that do not know the sizes beforehand. */
export async function writeZipFile(path: string, entries: Iterable<StreamedEntry>): Promise<void> {
  const file = createWriteStream(path);
  const all: Written[] = [];
  let place = 0;
  const put = async (bytes: Buffer): Promise<void> => {
    place += bytes.length;
    if (!file.write(bytes)) await once(file, 'drain');
  };
  for (const { name, pieces } of entries) {
    const head = { name: Buffer.from(name), flags: UTF8_NAME | SIZES_BEHIND, method: 8, place };
    await put(localHeader({ ...head, crc: 0, packed: 0, size: 0 }));
    const start = place;
    const { crc, size } = await deflateTo(put, pieces);
    const packed = place - start;
    await put(sizesBehind(crc, packed, size));
    all.push({ ...head, crc, packed, size });
  }
  await put(directory(all, place, false));
  file.end();
  await finished(file);
}

async function deflateTo(
  put: (bytes: Buffer) => Promise<void>,
  pieces: Iterable<string>,
): Promise<{ crc: number; size: number }> {
  const deflate = createDeflateRaw({ level: 6 });
  let crc = 0;
  let size = 0;
  const feed = async (): Promise<void> => {
    for (const piece of pieces) {
      const bytes = Buffer.from(piece);
      crc = crc32(bytes, crc);
      size += bytes.length;
      if (!deflate.write(bytes)) await once(deflate, 'drain');
    }
    deflate.end();
  };
  const feeding = feed();
  for await (const packed of deflate) await put(packed as Buffer);
  await feeding;
  return { crc, size };
}

function sizesBehind(crc: number, packed: number, size: number): Buffer {
  const behind = Buffer.alloc(16);
  behind.writeUInt32LE(0x08074b50, 0);
  behind.writeUInt32LE(crc, 4);
  behind.writeUInt32LE(packed, 8);
  behind.writeUInt32LE(size, 12);
  return behind;
}
