// Brings a database to the newest state: src/db/migrations/NNNN-verb-what.sql in order, forward only, each in
// one transaction. Starts that meet wait for one another, so that all of them succeed.
import path from 'node:path';
import { runner } from 'node-pg-migrate';
import { GatewayError } from '../core/errors.js';
import { projectRoot } from '../platform/project-root.js';

const MIGRATIONS = path.join(projectRoot, 'src/db/migrations');

export interface MigrateOptions {
  /** Folder of the SQL files; the gateway's own where none is given. */
  readonly directory?: string;
}

/** Applies what is not yet applied and returns the names (without `.sql`) of what it applied; throws `database.unavailable`. */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<string[]> {
  const silent = {
    debug: () => undefined,
    info: () => undefined,
    warn: () => undefined,
    error: () => undefined,
  };
  try {
    const applied = await runner({
      databaseUrl: url,
      dir: options.directory ?? MIGRATIONS,
      // Other files beside the migrations (a README, an editor's copy) are none.
      ignorePattern: '(?!\\d{4}-[a-z0-9-]+\\.sql$).*',
      migrationsTable: 'migrations',
      direction: 'up',
      // Its default makes the second of two starts fail. The lock is the session's: it goes with the connection.
      advisoryLockMode: 'wait',
      singleTransaction: false,
      logger: silent,
    });
    return applied.map(({ name }) => name);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GatewayError('database.unavailable', `The database cannot be migrated: ${reason}`, {
      cause: error,
    });
  }
}
