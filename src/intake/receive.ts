// Takes one delivery in: store the bytes ─▶ digests ─▶ idempotency ─▶ inspect ─▶ batch row ─▶ wake.
// When it returns, bytes and batch row are on disk; when it throws, nothing is left behind.
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { GATEWAY } from '../core/audit-entry.js';
import { shanghaiDay, type Clock } from '../core/clock.js';
import type { Configuration, Source } from '../core/configuration.js';
import type { Definitions, Mapping } from '../core/definitions.js';
import { GatewayError } from '../core/errors.js';
import { ANY_DAY, maskPersonalNumbersIn } from '../core/mask.js';
import { SETTLED_FOR_PULLS, type Format } from '../core/words.js';
import { appendAudit } from '../db/audit.js';
import { findSameBytes, insertBatch, readBatch, type BatchWarning, type Hold } from '../db/batches.js';
import { finishKey } from '../db/idempotency-keys.js';
import type { Connection, Database } from '../db/pool.js';
import type { Logger } from '../platform/logger.js';
import type { Originals } from '../platform/originals.js';
import type { Sealer } from '../platform/sealing.js';
import type { Charset } from './charset.js';
import { holdKey, type EarlierAnswer, type HeldKey } from './hold-key.js';
import { inspectDelivery } from './inspect.js';
import type { Inspected } from './inspection.js';
import type { Measured } from './meter.js';
import { maskedReading } from './masked-reading.js';
import { storeBytes } from './store-bytes.js';

export interface Delivery {
  readonly source: Source;
  readonly body: Readable;
  readonly declaredCharset: Charset | undefined;
  /** Digests the sender promised, base64 by algorithm of RFC 9530. */
  readonly expectedDigests: ReadonlyMap<string, string>;
  readonly idempotencyKey: string | undefined;
  /** Who delivers, for the audit log; the gateway itself where nobody is named. */
  readonly actor?: string;
  readonly maxBytes: number;
  /** What the sender says the bytes are; the bytes themselves decide. */
  readonly declaredFormat?: Format | undefined;
  /** Skips bytes whose last batch of this source has settled as accepted, partially accepted or rejected. */
  readonly skipsSettled?: boolean;
  /** Runs in the transaction that makes these bytes a batch, or that finds them settled already. */
  readonly alongside?: (sql: Connection, batchId: string) => Promise<void>;
  /** As the sender named the file. */
  readonly fileName?: string;
  /** Stores the batch as held: nothing of it is processed before somebody releases it. */
  readonly heldAs?: Hold;
}

export interface ReceiveNeeds {
  readonly database: Database;
  readonly originals: Originals;
  readonly sealer: Pick<Sealer, 'index'>;
  readonly configuration: Configuration;
  readonly definitions: Definitions;
  readonly requiredFields: (mapping: Mapping) => readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
  /** Wakes the worker of a source. */
  readonly wake: (source: string) => Promise<void>;
}

export interface Received {
  readonly id: string;
  /** `skipped` where these bytes were settled before, as the batch of this id. */
  readonly status: 'received' | 'held' | 'skipped';
}

/** Receives a delivery; throws a GatewayError of the tables `upload.`, `file.`, `idempotency.` or `request.`. */
export async function receiveDelivery(delivery: Delivery, needs: ReceiveNeeds): Promise<Received> {
  const held = await holdKey(delivery, needs);
  const id = randomUUID();
  let received: Received;
  try {
    received = await takeIn(id, { delivery, held }, needs);
  } finally {
    await held?.end();
  }
  if (received.id === id && received.status === 'received') await needs.wake(delivery.source.id);
  return received;
}

/** Gives another id than the one passed in where these bytes became a batch before. */
async function takeIn(
  id: string,
  { delivery, held }: { delivery: Delivery; held: HeldKey | undefined },
  needs: ReceiveNeeds,
): Promise<Received> {
  let isRecording = false;
  try {
    const measured = await storeBytes(id, delivery, needs.originals);
    if (held?.earlier !== undefined) {
      refuseOtherBytes(measured, held.earlier);
      await needs.originals.remove(id);
      return { id: held.earlier.batchId, status: 'received' };
    }
    const settled = await findSettled(measured, delivery, needs);
    if (settled !== undefined) {
      await needs.originals.remove(id);
      return { id: settled, status: 'skipped' };
    }
    const inspected = await inspect(id, measured, { delivery, needs });
    isRecording = true;
    await recordBatch({ id, measured, inspected, delivery, held }, needs);
    return { id, status: delivery.heldAs === undefined ? 'received' : 'held' };
  } catch (error) {
    // A commit whose answer was lost may have happened: its bytes stay until it is known that there is no batch.
    if (!isRecording || (await isUnknown(id, needs))) await removeQuietly(id, needs);
    throw error;
  }
}

/** Names the batch as which these bytes were settled, where the delivery is not to be judged a second time. */
async function findSettled(
  measured: Measured,
  { source, skipsSettled, alongside }: Delivery,
  { database }: ReceiveNeeds,
): Promise<string | undefined> {
  if (skipsSettled !== true) return undefined;
  return database.transaction(async (sql) => {
    const earlier = await findSameBytes(sql, source.id, measured.sha256);
    if (earlier === undefined || !SETTLED_FOR_PULLS.includes(earlier.status)) return undefined;
    await alongside?.(sql, earlier.id);
    return earlier.id;
  });
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

function refuseOtherBytes(measured: Measured, earlier: EarlierAnswer): void {
  if (measured.sha256 === earlier.sha256) return;
  throw new GatewayError(
    'idempotency.key-reused',
    'This Idempotency-Key came with other bytes before; use a new key.',
    { details: { batch: earlier.batchId }, detailZh: '该幂等键此前用于其他内容，请更换。' },
  );
}

async function inspect(
  id: string,
  measured: Measured,
  { delivery, needs }: { delivery: Delivery; needs: ReceiveNeeds },
): Promise<Inspected> {
  const { definitions, originals } = needs;
  const { source } = delivery;
  const schema = definitions.types.get(source.type);
  if (schema === undefined || !needs.configuration.catalogue.some(({ type }) => type === source.type))
    throw new GatewayError(
      'catalogue.not-listed',
      `The record type ${source.type} is not in the catalogue and may not be exchanged.`,
      { detailZh: `信息类别 ${source.type} 不在目录内，不得归集。` },
    );
  return inspectDelivery({
    bytes: await originals.open(id),
    isUtf8: measured.isUtf8,
    declared: delivery.declaredCharset,
    declaredFormat: delivery.declaredFormat,
    source,
    schema,
    mappings: source.mappings.flatMap((name) => definitions.mappings.get(name) ?? []),
    requiredFields: needs.requiredFields,
    limits: { ...needs.configuration.gateway.limits, ...source.limits },
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
  const { source, actor = GATEWAY } = delivery;
  const receivedAt = needs.clock();
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
      reading: maskedReading(inspected.reading, shanghaiDay(receivedAt)),
      receivedAt,
      warnings: [...inspected.warnings, ...(earlier === undefined ? [] : [sameBytes(earlier.id)])],
      hold: delivery.heldAs,
      fileName: delivery.fileName === undefined ? null : shownName(delivery.fileName),
    });
    await delivery.alongside?.(sql, id);
    if (held !== undefined)
      await finishKey(sql, { ...held, source: source.id, sha256: measured.sha256, batchId: id });
    await appendAudit(sql, {
      at: receivedAt,
      actor,
      action: 'batch.received',
      object: id,
      details: {
        source: source.id,
        agency: source.agency,
        sha256: measured.sha256,
        bytes: measured.bytes,
        held: delivery.heldAs?.reason ?? null,
      },
    });
  });
}

const MAX_NAME = 255;

function shownName(name: string): string {
  const text = name.toWellFormed().replaceAll(/\p{Cc}/gu, '');
  return maskPersonalNumbersIn(text, ANY_DAY).slice(0, MAX_NAME);
}

function sameBytes(earlier: string): BatchWarning {
  return {
    code: 'batch.same-bytes',
    message: `These bytes were delivered before, as batch ${earlier}; every row was judged afresh.`,
    messageZh: `相同内容此前已作为批次 ${earlier} 报送，本次逐行重新判定。`,
    batch: earlier,
  };
}
