// A PostgreSQL that is not ours: whole runs use one of their own, and try some tests on this one besides.
import pg from 'pg';

const LOCAL_URL = 'postgres://postgres@127.0.0.1:5432/postgres';
const ANSWER_MS = 2_000;

/** What depends most on the server: migrations, COPY, positions, locks. */
export const EXTERNAL_TESTS = ['test/db/migrate.test.ts', 'test/db/intake.test.ts', 'test/db/feed.test.ts'];

/** Gives the address of a server on 127.0.0.1:5432 that takes us without a password; undefined where all tests run on a named one. */
export async function findPostgres() {
  if (process.env.TEST_DATABASE_URL) return undefined;
  const client = new pg.Client({ connectionString: LOCAL_URL, connectionTimeoutMillis: ANSWER_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return LOCAL_URL;
  } catch {
    // None there, or not for us: then there is nothing to try.
    return undefined;
  } finally {
    await client.end().catch(() => undefined);
  }
}
