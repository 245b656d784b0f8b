// The PostgreSQL server of a test run: TEST_DATABASE_URL, else one that answers on 127.0.0.1:5432 without a
// password, else an embedded one, started once and stopped by the root hook: in TEST_DATA_DIR, where the processes of
// a whole run share it and the last one stops it, or in a temporary folder.
import path from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.js';
import { createLogger } from '../../src/platform/logger.js';
import { createTemporaryFolder } from './temporary-folder.js';

export interface TestServer {
  /** Address of a database in which databases may be created. */
  readonly url: string;
  stop(): Promise<void>;
}

const LOCAL_URL = 'postgres://postgres@127.0.0.1:5432/postgres';
const ANSWER_MS = 2_000;

let running: Promise<TestServer> | undefined;

/** Finds or starts the server of this run; every call of one process gives the same one. */
export function startTestServer(): Promise<TestServer> {
  running ??= findServer();
  return running;
}

/** Stops the server if this run started one. */
export async function stopTestServer(): Promise<void> {
  const server = await running;
  running = undefined;
  await server?.stop();
}

async function findServer(): Promise<TestServer> {
  const stop = async (): Promise<void> => undefined;
  const named = process.env.TEST_DATABASE_URL;
  if (named) return { url: named, stop };
  if (await answers(LOCAL_URL)) return { url: LOCAL_URL, stop };
  return startOwnServer();
}

async function startOwnServer(): Promise<TestServer> {
  const shared = process.env.TEST_DATA_DIR;
  if (shared) return startEmbeddedPostgres({ dataDir: shared, log: createLogger('silent') });
  const folder = createTemporaryFolder();
  const dataDir = path.join(folder.path, 'data');
  const server = await startEmbeddedPostgres({ dataDir, log: createLogger('silent') });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      folder.remove();
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: ANSWER_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ can: boolean }>(
      'select rolcreatedb or rolsuper as can from pg_roles where rolname = current_user',
    );
    return rows[0]?.can === true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
