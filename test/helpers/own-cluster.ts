// A PostgreSQL of a test's own, which it may break: its database, and the server's death and return on the same port.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { migrate } from '../../src/db/migrate.js';
import { openDatabase } from '../../src/db/pool.js';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres.js';
import { createLogger } from '../../src/platform/logger.js';
import { findPostgresBinaries } from '../../src/platform/postgres-binaries.js';
import { clusterFolder } from '../../src/platform/postgres-cluster.js';
import { choosePostgresUser } from '../../src/platform/postgres-user.js';
import { probe, startPostmaster } from '../../src/platform/postmaster.js';
import type { TestDatabase } from './database.js';
import { createTemporaryFolder } from './temporary-folder.js';
import { until } from './until.js';

export interface OwnCluster {
  readonly test: TestDatabase;
  /** Ends the server at once, as a crash does: everybody's connections break, and nothing is tidied up. */
  crash(): void;
  /** Starts it again, once it is down. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** Starts one, with all migrations applied. */
export async function startOwnCluster(): Promise<OwnCluster> {
  const folder = createTemporaryFolder();
  const dataDir = path.join(folder.path, 'data');
  const server = await startEmbeddedPostgres({ dataDir, log: createLogger('silent') });
  const port = Number(new URL(server.url).port);
  const cluster = clusterFolder(dataDir);
  const place = { dataDir, binaries: await findPostgresBinaries(), user: choosePostgresUser(cluster) };
  await migrate(server.url);
  const database = openDatabase({ url: server.url, maxConnections: 5, onIdleError: () => undefined });
  return {
    test: { url: server.url, database, drop: () => database.close() },
    crash: () =>
      process.kill(
        Number(readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0]),
        'SIGQUIT',
      ),
    start: async () => {
      await until(async () => (await probe(port)) === 'silent', { what: 'the server to be down' });
      await until(async () => (await startPostmaster(place, port)).code === 0, {
        what: 'the server to start',
      });
    },
    remove: async () => {
      await server.stop();
      folder.remove();
    },
  };
}
