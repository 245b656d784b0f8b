import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { isGatewayError } from '../../src/core/errors.js';
import { migrate } from '../../src/db/migrate.js';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../helpers/database.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';

describe('migrating', () => {
  let empty: TestDatabase;
  let folder: TemporaryFolder;
  const file = (name: string, sql: string): void => writeFileSync(path.join(folder.path, name), sql);

  beforeEach(async () => {
    empty = await createEmptyDatabase();
    folder = createTemporaryFolder();
  });
  afterEach(async () => {
    folder.remove();
    await empty.drop();
  });

  it('brings an empty database to the newest state, once', async () => {
    const names = await migrate(empty.url);
    assert.equal(names[0], '0001-create-gateway');
    assert.deepEqual([...names].sort(), names);
    assert.deepEqual(await migrate(empty.url), []);
    await empty.database.query('select from batches');
  });

  it('lets starts that meet all succeed and applies each file once', async () => {
    const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(empty.url)));
    assert.equal(applied.filter((names) => names.length > 0).length, 1);
  });

  it('applies files in order, ignores other files, and keeps what stood before one that fails', async () => {
    file('0002-fill-first.sql', "insert into first values ('a; b -- $$');\ninsert into first values ('c');");
    file('0001-create-first.sql', '-- Up to date\ncreate table first (text text not null);');
    file('0003-break.sql', 'create table half (); insert into nowhere values (1);');
    file('README.md', 'no migration');
    await assert.rejects(
      migrate(empty.url, { directory: folder.path }),
      (error) => isGatewayError(error, 'database.unavailable') && /nowhere/.test(error.message),
    );
    const { rows } = await empty.database.query('select text from first');
    assert.deepEqual(rows, [{ text: 'a; b -- $$' }, { text: 'c' }]);
    await assert.rejects(empty.database.query('select from half'), /does not exist/);
    file('0003-break.sql', 'create table whole ();');
    assert.deepEqual(await migrate(empty.url, { directory: folder.path }), ['0003-break']);
  });

  it('gives each test a migrated database of its own', async () => {
    const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await one.database.query('create table mine ()');
    await assert.rejects(two.database.query('select from mine'), /does not exist/);
    await two.database.query('select from batches');
    await Promise.all([one.drop(), two.drop()]);
  });
});
