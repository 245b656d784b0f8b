// `gateway ingest FILE`: the whole intake of one file in this process, to its settled batch. A gateway
// that runs on the same database may take the batch over; then this waits for it.
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { basename } from 'node:path';
import { viewBatch, type BatchView } from '../app/batch-view.js';
import { signReceipt } from '../app/receipts.js';
import type { Site } from '../app/site.js';
import type { Storage } from '../app/storage.js';
import { COMMAND_LINE } from '../core/audit-entry.js';
import type { Clock } from '../core/clock.js';
import { isPaused } from '../db/source-pauses.js';
import { receiveDelivery } from '../intake/receive.js';
import { createSourceWorker } from '../jobs/process-source.js';
import type { Logger } from '../platform/logger.js';
import { batchTable, note, print } from './output.js';
import { openSite, withSession } from './session.js';
import { tellUnsettled } from './unsettled.js';
import { waitForSignal } from './serve.js';
import { knownSource } from './validate.js';

/** Runs `gateway ingest`. */
export function runIngest(file: string, options: { source: string; json: boolean }): Promise<void> {
  return withSession(async (session) => {
    const stopping = new AbortController();
    void waitForSignal().then(() => stopping.abort(new Error('Interrupted.')));
    const { site, storage } = await openSite(session, async (known) => {
      knownSource(options.source, known);
      await access(file);
    });
    const batch = await ingestFile(file, options.source, {
      site,
      storage,
      clock: () => new Date(),
      log: session.log,
      signal: stopping.signal,
      onProgress: (received) => note(`${received} rows · 行 …`),
    });
    print(options.json ? JSON.stringify(batch) : batchTable(batch));
    if (tellUnsettled(batch)) return;
    if (!options.json && batch.status !== 'held')
      print(`receipt · 回执     ${await signReceipt(batch.id, storage)}`);
  });
}

export interface IngestNeeds {
  readonly site: Site;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Told from time to time how many rows are done. */
  readonly onProgress: (received: number) => void;
}

const LOOK_EVERY_MS = 500;

/** Ingests a file; gives its settled batch. */
export async function ingestFile(path: string, sourceId: string, needs: IngestNeeds): Promise<BatchView> {
  const { site, storage, clock } = needs;
  const source = knownSource(sourceId, site);
  const { id } = await receiveDelivery(
    {
      source,
      body: createReadStream(path),
      declaredCharset: undefined,
      expectedDigests: new Map(),
      idempotencyKey: undefined,
      actor: COMMAND_LINE,
      fileName: basename(path),
      maxBytes: source.maxUploadBytes ?? site.configuration.gateway.maxUploadBytes,
    },
    { ...storage, ...site, clock, log: needs.log, wake: () => Promise.resolve() },
  );
  const look = setInterval(() => {
    viewBatch(storage.database, id)
      .then((batch) => batch && needs.onProgress(batch.counts.received))
      .catch((error: unknown) => needs.log.debug({ err: error }, 'Progress could not be read'));
  }, LOOK_EVERY_MS);
  try {
    return await workUntilSettled(id, sourceId, needs);
  } finally {
    clearInterval(look);
  }
}

/** Works off a source until a batch of it has settled, here or in a gateway on the same database; gives it unsettled where its source is paused. */
export async function workUntilSettled(
  id: string,
  source: string,
  needs: Omit<IngestNeeds, 'onProgress'>,
): Promise<BatchView> {
  const { site, storage } = needs;
  const onChanges = (): undefined => undefined;
  const work = createSourceWorker({ ...storage, ...site, ...needs, owner: randomUUID(), onChanges });
  for (;;) {
    await work(source);
    // The pause first: a batch that settles right before a pause is told with its end.
    const waits = await isPaused(storage.database, source);
    const batch = await viewBatch(storage.database, id);
    if (batch !== null && (batch.finishedAt !== null || waits)) return batch;
    needs.signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
