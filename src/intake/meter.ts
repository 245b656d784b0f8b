// Watches the bytes of an upload as they pass: how many, their digests, and whether all of them are
// UTF-8. Above the limit it fails with `upload.too-large`.
import { createHash, type Hash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { Transform } from 'node:stream';
import { GatewayError } from '../core/errors.js';

export interface Measured {
  readonly bytes: number;
  /** Digests by algorithm, as base64; `sha-256` is always there. */
  readonly digests: ReadonlyMap<string, string>;
  readonly sha256: string;
  readonly isUtf8: boolean;
}

export interface Meter {
  readonly stream: Transform;
  /** Gives the measures once the stream has ended. */
  result(): Measured;
}

const HASHES: Readonly<Record<string, string>> = { 'sha-256': 'sha256', 'sha-512': 'sha512' };

/** Makes a meter that lets at most `maxBytes` pass and computes `algorithms` besides SHA-256. */
export function createMeter(maxBytes: number, algorithms: readonly string[]): Meter {
  const wanted = [...new Set(['sha-256', ...algorithms])].filter((name) => HASHES[name] !== undefined);
  const hashes = new Map<string, Hash>(wanted.map((name) => [name, createHash(HASHES[name] as string)]));
  const utf8 = createUtf8Check();
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) {
        done(tooLarge(maxBytes));
        return;
      }
      for (const hash of hashes.values()) hash.update(chunk);
      utf8.add(chunk);
      done(null, chunk);
    },
  });
  return { stream, result: () => measure({ bytes, hashes, isUtf8: utf8.end() }) };
}

function measure(seen: { bytes: number; hashes: ReadonlyMap<string, Hash>; isUtf8: boolean }): Measured {
  const digests = new Map([...seen.hashes].map(([name, hash]) => [name, hash.digest('base64')]));
  const sha256 = Buffer.from(digests.get('sha-256') ?? '', 'base64').toString('hex');
  return { bytes: seen.bytes, digests, sha256, isUtf8: seen.isUtf8 };
}

/** The failure of an upload that is larger than its source allows. */
export function tooLarge(maxBytes: number): GatewayError {
  return new GatewayError(
    'upload.too-large',
    `The upload is larger than ${maxBytes} bytes; split the file.`,
    {
      details: { maxBytes },
      detailZh: `上传内容超过 ${maxBytes} 字节，请拆分文件。`,
    },
  );
}

interface Utf8Check {
  add(chunk: Buffer): void;
  end(): boolean;
}

function createUtf8Check(): Utf8Check {
  let carried: Buffer = Buffer.alloc(0);
  let isValid = true;
  return {
    add: (chunk) => {
      if (!isValid) return;
      const bytes = carried.length === 0 ? chunk : Buffer.concat([carried, chunk]);
      const whole = bytes.length - openBytes(bytes);
      isValid = isUtf8(bytes.subarray(0, whole));
      carried = Buffer.from(bytes.subarray(whole));
    },
    end: () => isValid && carried.length === 0,
  };
}

/** Counts the bytes at the end that begin a character without finishing it. */
function openBytes(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}
