// Takes one delivery in: store the bytes ─▶ digests ─▶ idempotency ─▶ inspect ─▶ batch row ─▶ wake.
// When it returns, bytes and batch row are on disk; when it throws, nothing is left behind.
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { PassThrough } from 'node:stream';
import type { Clock } from '../core/clock.js';
import type { Source } from '../core/configuration.js';
import type { Definitions, Mapping } from '../core/definitions.js';
import { GatewayError } from '../core/errors.js';
import { findSameBytes, insertBatch, readBatch, type BatchWarning } from '../db/batches.js';
import { finishKey } from '../db/idempotency-keys.js';
import type { Database } from '../db/pool.js';
import type { Logger } from '../platform/logger.js';
import type { Originals } from '../platform/originals.js';
import type { Charset } from './charset.js';
import { holdKey, type EarlierAnswer, type HeldKey } from './hold-key.js';
import { inspectCsv, type Inspected } from './inspect.js';
import { createMeter, type Measured } from './meter.js';

export interface Delivery {
  readonly source: Source;
  readonly body: Readable;
  readonly declaredCharset: Charset | undefined;
  /** Digests the sender promised, base64 by algorithm of RFC 9530. */
  readonly expectedDigests: ReadonlyMap<string, string>;
  readonly idempotencyKey: string | undefined;
  readonly maxBytes: number;
}

export interface ReceiveNeeds {
  readonly database: Database;
  readonly originals: Originals;
  readonly definitions: Definitions;
  readonly requiredFields: (mapping: Mapping) => readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Wakes the worker of a source. */
  readonly wake: (source: string) => Promise<void>;
}

export interface Received {
  readonly id: string;
  readonly status: 'received';
}

/** Receives a delivery; throws a GatewayError of the tables `upload.`, `file.`, `idempotency.` or `request.`. */
export async function receiveDelivery(delivery: Delivery, needs: ReceiveNeeds): Promise<Received> {
  const held = await holdKey(delivery, needs);
  const id = randomUUID();
  try {
    const earlier = await takeIn(id, { delivery, held }, needs);
    if (earlier !== undefined) return { id: earlier, status: 'received' };
  } finally {
    await held?.end();
  }
  await needs.wake(delivery.source.id);
  return { id, status: 'received' };
}

/** Gives the id of the batch that these bytes became earlier under their key; undefined for a new batch. */
async function takeIn(
  id: string,
  { delivery, held }: { delivery: Delivery; held: HeldKey | undefined },
  needs: ReceiveNeeds,
): Promise<string | undefined> {
  let isRecording = false;
  try {
    const measured = await storeBytes(id, delivery, needs.originals);
    checkDigests(measured, delivery.expectedDigests);
    if (held?.earlier !== undefined) {
      refuseOtherBytes(measured, held.earlier);
      await needs.originals.remove(id);
      return held.earlier.batchId;
    }
    const inspected = await inspect(id, measured, { delivery, needs });
    isRecording = true;
    await recordBatch({ id, measured, inspected, delivery, held }, needs);
    return undefined;
  } catch (error) {
    // A commit whose answer was lost may have happened: its bytes stay until it is known that there is no batch.
    if (!isRecording || (await isUnknown(id, needs))) await removeQuietly(id, needs);
    throw error;
  }
}

async function isUnknown(id: string, { database }: ReceiveNeeds): Promise<boolean> {
  try {
    return (await readBatch(database, id)) === undefined;
  } catch {
    // Bytes without a batch harm nobody; a batch without bytes does.
    return false;
  }
}

/** The reason for the removal is what the sender must hear, not that the removal failed as well. */
async function removeQuietly(id: string, { originals, log }: ReceiveNeeds): Promise<void> {
  try {
    await originals.remove(id);
  } catch (error) {
    log.error({ err: error, batch: id }, 'Bytes of a refused upload could not be removed');
  }
}

async function storeBytes(id: string, delivery: Delivery, originals: Originals): Promise<Measured> {
  const meter = createMeter(delivery.maxBytes, [...delivery.expectedDigests.keys()]);
  const metered = new PassThrough();
  // Both are awaited together: a body that breaks off ends the writing, a full disk ends the reading.
  await Promise.all([
    pipeline(delivery.body, meter.stream, metered, { end: true }).catch((error: unknown) => {
      metered.destroy(error as Error);
      throw brokenOff(error);
    }),
    originals.write(id, metered),
  ]);
  return meter.result();
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

function refuseOtherBytes(measured: Measured, earlier: EarlierAnswer): void {
  if (measured.sha256 === earlier.sha256) return;
  throw new GatewayError(
    'idempotency.key-reused',
    'This Idempotency-Key came with other bytes before; use a new key.',
    { details: { batch: earlier.batchId }, detailZh: '该幂等键此前用于其他内容，请更换。' },
  );
}

function inspect(
  id: string,
  measured: Measured,
  { delivery, needs }: { delivery: Delivery; needs: ReceiveNeeds },
): Promise<Inspected> {
  const { definitions, originals } = needs;
  const schema = definitions.types.get(delivery.source.type);
  if (schema === undefined)
    throw new GatewayError(
      'catalogue.not-listed',
      `There is no schema for the record type ${delivery.source.type}.`,
    );
  return inspectCsv({
    open: () => originals.read(id),
    isUtf8: measured.isUtf8,
    declared: delivery.declaredCharset,
    schema,
    mappings: delivery.source.mappings.flatMap((name) => definitions.mappings.get(name) ?? []),
    requiredFields: needs.requiredFields,
  });
}

interface Accepted {
  readonly id: string;
  readonly measured: Measured;
  readonly inspected: Inspected;
  readonly delivery: Delivery;
  readonly held: HeldKey | undefined;
}

async function recordBatch(accepted: Accepted, needs: ReceiveNeeds): Promise<void> {
  const { id, measured, inspected, delivery, held } = accepted;
  const { source } = delivery;
  await needs.database.transaction(async (sql) => {
    const earlier = await findSameBytes(sql, source.id, measured.sha256);
    await insertBatch(sql, {
      id,
      source: source.id,
      agency: source.agency,
      recordType: source.type,
      mapping: inspected.mapping.id,
      sha256: measured.sha256,
      bytes: measured.bytes,
      reading: inspected.reading,
      receivedAt: needs.clock(),
      warnings: [...inspected.warnings, ...(earlier === undefined ? [] : [sameBytes(earlier)])],
    });
    if (held !== undefined)
      await finishKey(sql, { ...held, source: source.id, sha256: measured.sha256, batchId: id });
  });
}

function sameBytes(earlier: string): BatchWarning {
  return {
    code: 'batch.same-bytes',
    message: `These bytes were delivered before, as batch ${earlier}; every row was judged afresh.`,
    messageZh: `相同内容此前已作为批次 ${earlier} 报送，本次逐行重新判定。`,
    batch: earlier,
  };
}
