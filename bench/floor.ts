// The floor: one server-side COPY of the already canonical rows straight into a table with the same
// columns and indexes. Nothing that stores these rows can be faster.
import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../src/db/pool.js';

/** Gives the seconds of the COPY, of everything that stands in record_versions. */
export async function runFloor(database: Database): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'floor-'));
  // The server may run as another user than this process.
  await chmod(folder, 0o777);
  const file = join(folder, 'rows.copy').replaceAll("'", "''");
  try {
    await database.query('drop table if exists floor_versions');
    await database.query('create table floor_versions (like record_versions including all)');
    await database.query(`copy record_versions to '${file}'`);
    await database.query('checkpoint');
    const start = process.hrtime.bigint();
    await database.query(`copy floor_versions from '${file}'`);
    return Number(process.hrtime.bigint() - start) / 1e9;
  } finally {
    await database.query('drop table if exists floor_versions');
    await rm(folder, { recursive: true, force: true });
  }
}
