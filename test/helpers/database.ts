// A fresh, migrated database for a test file: cloned from a template that is migrated once and used again as
// long as the migrations stay the same. The server: TEST_DATABASE_URL, else one on 127.0.0.1:5432, else our own.
import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { migrate } from '../../src/db/migrate.js';
import { openDatabase, type Database } from '../../src/db/pool.js';
import { projectRoot } from '../../src/platform/project-root.js';
import { startTestServer } from './test-server.js';

export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  /** Closes the pool and drops the database, whoever is still connected. */
  drop(): Promise<void>;
}

const TEMPLATE_LOCK = 7_201_503;
const MIGRATIONS = path.join(projectRoot, 'src/db/migrations');

/** Creates a database of its own with all migrations applied, and a pool on it. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = await startTestServer();
  const name = `gateway_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await onServer(server.url, async (client) => {
    const template = await findOrMakeTemplate(client, server.url);
    await client.query(`create database ${name} template ${template}`);
  });
  return openTestDatabase(server.url, name);
}

/** Creates an empty database, without any migration, and a pool on it. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const server = await startTestServer();
  const name = `gateway_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  await onServer(server.url, (client) => client.query(`create database ${name} template template0`));
  return openTestDatabase(server.url, name);
}

function openTestDatabase(serverUrl: string, name: string): TestDatabase {
  const url = withDatabase(serverUrl, name);
  const database = openDatabase({ url, maxConnections: 5, onIdleError: () => undefined });
  return {
    url,
    database,
    drop: async () => {
      await database.close();
      await onServer(serverUrl, (client) => client.query(`drop database if exists ${name} with (force)`));
    },
  };
}

async function findOrMakeTemplate(client: pg.Client, serverUrl: string): Promise<string> {
  const template = `gateway_template_${hashOfMigrations()}`;
  await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const found = await client.query('select 1 from pg_database where datname = $1', [template]);
    if (found.rowCount === 0) {
      // Migrated under another name first: a run that is killed half-way leaves no half template.
      const draft = `${template}_draft`;
      await client.query(`drop database if exists ${draft} with (force)`);
      await client.query(`create database ${draft} template template0`);
      await migrate(withDatabase(serverUrl, draft));
      await client.query(`alter database ${draft} rename to ${template}`);
    }
  } finally {
    await client.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
  return template;
}

function hashOfMigrations(): string {
  const hash = createHash('sha256');
  for (const file of readdirSync(MIGRATIONS).sort()) {
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(path.join(MIGRATIONS, file)));
  }
  return hash.digest('hex').slice(0, 12);
}

async function onServer<T>(serverUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function withDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
