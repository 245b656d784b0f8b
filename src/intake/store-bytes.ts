// Brings the body of a delivery to disk while it is measured, and holds it against the digests that its
// sender promised.
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GatewayError } from '../core/errors.js';
import type { Originals } from '../platform/originals.js';
import { createMeter, type Measured } from './meter.js';

export interface Body {
  readonly body: Readable;
  /** Digests the sender promised, base64 by algorithm of RFC 9530. */
  readonly expectedDigests: ReadonlyMap<string, string>;
  readonly maxBytes: number;
}

/** Stores the body of a delivery under an id; throws `upload.broken-off`, `upload.too-large` or `request.digest-mismatch`, and the bytes stay for the caller to remove. */
export async function storeBytes(id: string, delivery: Body, originals: Originals): Promise<Measured> {
  const meter = createMeter(delivery.maxBytes, [...delivery.expectedDigests.keys()]);
  const metered = new PassThrough();
  const writing = originals.write(id, metered);
  // Both are awaited together: a body that breaks off ends the writing, a full disk ends the reading.
  await Promise.all([
    pipeline(delivery.body, meter.stream, metered, { end: true }).catch(async (error: unknown) => {
      metered.destroy(error as Error);
      // Whoever hears of the failure finds no draft any more.
      await writing.catch(() => undefined);
      throw brokenOff(error);
    }),
    writing,
  ]);
  const measured = meter.result();
  checkDigests(measured, delivery.expectedDigests);
  return measured;
}

function brokenOff(error: unknown): unknown {
  const code = (error as { code?: unknown }).code;
  const isBroken = code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET' || code === 'ABORT_ERR';
  return isBroken
    ? new GatewayError('upload.broken-off', 'The upload ended before its last byte; send it again.', {
        cause: error,
      })
    : error;
}

function checkDigests(measured: Measured, expected: ReadonlyMap<string, string>): void {
  for (const [algorithm, digest] of expected) {
    const found = measured.digests.get(algorithm);
    if (found !== undefined && found !== digest)
      throw new GatewayError(
        'request.digest-mismatch',
        `The ${algorithm} of the body is not the one that was announced.`,
        {
          details: { algorithm },
          detailZh: '收到的内容与声明的摘要不一致，请重新上传。',
        },
      );
  }
}
