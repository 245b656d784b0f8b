// The PostgreSQL server of a test run: TEST_DATABASE_URL; in a whole run an embedded one in TEST_DATA_DIR, which its
// processes share and the last one stops; else one that answers on 127.0.0.1:5432 without a password; else an embedded
// one in a temporary folder. Rule: ours does not wait for the disk, for its data is gone after the tests.
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
  const shared = process.env.TEST_DATA_DIR;
  if (shared) return startHasty(shared);
  if (await answers(LOCAL_URL)) return { url: LOCAL_URL, stop };
  const folder = createTemporaryFolder();
  const dataDir = path.join(folder.path, 'data');
  const server = await startHasty(dataDir);
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      folder.remove();
    },
  };
}

async function startHasty(dataDir: string): Promise<TestServer> {
  const server = await startEmbeddedPostgres({ dataDir, log: createLogger('silent') });
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  await client.query('alter system set fsync = off');
  await client.query('select pg_reload_conf()');
  await client.end();
  return server;
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
