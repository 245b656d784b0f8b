// The intake of a batch without HTTP: a fresh database, originals in a folder of its own, the sample
// district's configuration, and a clock that stands still.
import { randomBytes, randomUUID } from 'node:crypto';
import path from 'node:path';
import { Readable } from 'node:stream';
import { viewBatch, type BatchView } from '../../src/app/batch-view.js';
import { loadSite, type Site } from '../../src/app/site.js';
import type { Clock } from '../../src/core/clock.js';
import type { Source } from '../../src/core/configuration.js';
import { readProblems, type ProblemPage } from '../../src/db/problems.js';
import { receiveDelivery, type Delivery, type ReceiveNeeds } from '../../src/intake/receive.js';
import { createSourceWorker } from '../../src/jobs/process-source.js';
import { createLogger, type Logger } from '../../src/platform/logger.js';
import { createOriginals, type Originals } from '../../src/platform/originals.js';
import { projectRoot } from '../../src/platform/project-root.js';
import { createSealer, type Sealer } from '../../src/platform/sealing.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { createTemporaryFolder } from './temporary-folder.js';

export const NOW = new Date('2026-06-30T04:00:00Z');
export const SOURCE = 'market-regulation-penalty';

export interface IntakeBench {
  readonly site: Site;
  readonly test: TestDatabase;
  readonly originals: Originals;
  readonly sealer: Sealer;
  readonly folder: string;
  /** Receives bytes as one delivery; gives the id of the batch. */
  receive(
    body: string | Buffer | Readable,
    options?: Partial<Delivery> & { sourceId?: string },
  ): Promise<string>;
  /** Works a source off with another chunk size or signal where wanted. */
  work(options?: {
    sourceId?: string;
    chunkRows?: number;
    signal?: AbortSignal;
    originals?: Originals;
    /** Settings of the source that differ from the sample district's. */
    source?: Partial<Source>;
    log?: Logger;
    clock?: Clock;
    /** Other definitions than the sample district's. */
    site?: Site;
  }): Promise<void>;
  /** Makes one worker, to be called more than once. */
  worker(options?: Parameters<IntakeBench['work']>[0]): () => Promise<void>;
  /** Receives and works off; gives the batch. */
  ingest(body: string | Buffer, options?: Partial<Delivery> & { sourceId?: string }): Promise<BatchView>;
  view(id: string): Promise<BatchView>;
  problems(id: string): Promise<ProblemPage>;
  close(): Promise<void>;
}

/** Opens a bench. */
export async function openIntakeBench(): Promise<IntakeBench> {
  const folder = createTemporaryFolder();
  const test = await createTestDatabase();
  const key = { id: '0a0b0c0d', encryption: randomBytes(32), index: randomBytes(32) };
  const originals = createOriginals(path.join(folder.path, 'originals'), key);
  const sealer = createSealer(key);
  const site = loadSite(path.join(projectRoot, 'config'));
  const needs: ReceiveNeeds = {
    ...site,
    database: test.database,
    originals,
    sealer,
    clock: () => NOW,
    log: createLogger('silent'),
    wake: () => Promise.resolve(),
  };
  const bench: IntakeBench = {
    site,
    test,
    originals,
    sealer,
    folder: folder.path,
    receive: async (body, options = {}) =>
      (await receiveDelivery(deliveryOf(body, sourceOf(site, options.sourceId), options), needs)).id,
    work: (options) => bench.worker(options)(),
    worker: (options = {}) => {
      const { site: chosen = site } = options;
      return makeWorker({ ...needs, ...chosen, sealer, originals }, chosen, options);
    },
    ingest: async (body, options) => {
      const id = await bench.receive(body, options);
      await bench.work(options?.sourceId === undefined ? {} : { sourceId: options.sourceId });
      return bench.view(id);
    },
    view: async (id) => {
      const batch = await viewBatch(test.database, id);
      if (batch === null) throw new Error(`There is no batch ${id}.`);
      return batch;
    },
    problems: (id) => readProblems(test.database, id, { after: undefined, limit: 1000 }),
    close: async () => {
      await test.drop();
      folder.remove();
    },
  };
  return bench;
}

function sourceOf(site: Site, id = SOURCE): Source {
  const source = site.configuration.sources.find((entry) => entry.id === id);
  if (source === undefined) throw new Error(`There is no source ${id}.`);
  return source;
}

function deliveryOf(body: string | Buffer | Readable, source: Source, options: Partial<Delivery>): Delivery {
  return {
    source,
    body: body instanceof Readable ? body : Readable.from([Buffer.from(body)]),
    declaredCharset: undefined,
    expectedDigests: new Map(),
    idempotencyKey: undefined,
    maxBytes: 1 << 30,
    ...options,
  };
}

function makeWorker(
  needs: ReceiveNeeds & { sealer: Sealer },
  site: Site,
  options: NonNullable<Parameters<IntakeBench['work']>[0]>,
): () => Promise<void> {
  const gateway = { ...site.configuration.gateway, chunkRows: options.chunkRows ?? 100 };
  const id = options.sourceId ?? SOURCE;
  const sources = site.configuration.sources.map((source) =>
    source.id === id ? { ...source, ...options.source } : source,
  );
  const work = createSourceWorker({
    ...site,
    ...needs,
    ...(options.originals === undefined ? {} : { originals: options.originals }),
    ...(options.log === undefined ? {} : { log: options.log }),
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    configuration: { ...site.configuration, gateway, sources },
    owner: randomUUID(),
    signal: options.signal ?? new AbortController().signal,
    onChanges: () => undefined,
  });
  return () => work(id);
}
