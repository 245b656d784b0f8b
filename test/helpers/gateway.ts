// A whole gateway with its sandbox for a flow test: a database of its own, a folder of its own, any port.
import path from 'node:path';
import { startGateway, type Gateway } from '../../src/app/gateway.js';
import type { BatchView } from '../../src/app/batch-view.js';
import type { Address } from '../../src/core/addresses.js';
import { createLogger, type Logger } from '../../src/platform/logger.js';
import { projectRoot } from '../../src/platform/project-root.js';
import { createApi, type Call } from './api.js';
import { createTestDatabase, type TestDatabase } from './database.js';
import { createTemporaryFolder, type TemporaryFolder } from './temporary-folder.js';
import { until } from './until.js';

export interface Answer<T> {
  readonly status: number;
  /** The parsed JSON, else the text. */
  readonly body: T;
}

/** Calls the gateway; the answer is held against the OpenAPI document. */
export type Api = <T = Record<string, unknown>>(
  path: string,
  call?: Omit<Call, 'path'>,
) => Promise<Answer<T>>;

export interface TestGateway {
  readonly gateway: Gateway;
  readonly folder: TemporaryFolder;
  readonly dataDir: string;
  readonly api: Api;
  readonly test: TestDatabase;
  /** The key of an agency of the sandbox. */
  keyOf(agency: string): string;
  readonly cityKey: string;
  readonly operatorKey: string;
  /** Uploads a CSV and waits until it is settled and the city has answered for all of it. */
  upload(source: string, csv: string | Buffer, agency?: string): Promise<BatchView>;
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  /** Wakes its workers through Bull. */
  readonly redisUrl?: string;
  /** Another configuration than that of the sample district. */
  readonly configDir?: string;
  /** The folder of other schemas and mappings than those of the package. */
  readonly definitionsRoot?: string;
  /** Where destinations are; a city of the test's own takes the place of the sandbox's. */
  readonly addresses?: Readonly<Record<string, Address>>;
  readonly log?: Logger;
  /** Goes on where another one was stopped (`gateway.stop`): the same database and folder, with other settings. */
  readonly continues?: TestGateway;
}

/** Starts one. */
export async function startTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { continues } = options;
  const folder = continues?.folder ?? createTemporaryFolder();
  const test = continues?.test ?? (await createTestDatabase());
  const gateway = await startGateway({
    environment: {
      host: '127.0.0.1',
      port: 0,
      dataDir: folder.path,
      configDir: options.configDir ?? path.join(projectRoot, 'config'),
      databaseUrl: test.url,
      redisUrl: options.redisUrl,
      addressesOf: () => new Map(Object.entries(options.addresses ?? {})),
      logLevel: 'silent',
    },
    log: options.log ?? createLogger('silent'),
    roles: ['api', 'worker', 'scheduler'],
    sandbox: true,
    takeFreePort: false,
    ...(options.definitionsRoot === undefined ? {} : { definitionsRoot: options.definitionsRoot }),
  });
  const api = bindApi(gateway.url);
  const file = gateway.sandbox?.file;
  if (file === undefined) throw new Error('The gateway has no sandbox.');
  const keyOf = (agency: string): string => file.agencies[agency]?.key ?? '';
  return {
    gateway,
    folder,
    dataDir: folder.path,
    api,
    test,
    keyOf,
    cityKey: file.city.key,
    operatorKey: file.operator.key,
    upload: async (source, csv, agency = 'market-regulation') => {
      const { body } = await api<{ id: string }>(`/v1/sources/${source}/batches`, {
        method: 'POST',
        key: keyOf(agency),
        headers: { 'content-type': 'text/csv' },
        body: csv,
      });
      return until(() => settled(api, body.id, keyOf(agency)), {
        timeoutMs: 60_000,
        what: 'the batch to settle',
      });
    },
    close: async () => {
      await gateway.stop();
      await test.drop();
      folder.remove();
    },
  };
}

function bindApi(url: string): Api {
  const call = createApi(url);
  return async <T>(at: string, options: Omit<Call, 'path'> = {}) => {
    const { status, headers, text } = await call({ ...options, path: at });
    const isJson = (headers.get('content-type') ?? '').includes('json');
    return { status, body: (isJson ? JSON.parse(text) : text) as T };
  };
}

async function settled(api: Api, id: string, key: string): Promise<BatchView | false> {
  const { body } = await api<BatchView>(`/v1/batches/${id}`, { key });
  return body.finishedAt !== null && body.city.pending === 0 && body;
}
