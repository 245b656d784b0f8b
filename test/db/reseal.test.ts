// Sealing everything anew on a real PostgreSQL, with an intake beside it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { resealEverything, type ResealNeeds } from '../../src/app/reseal.js';
import { rotateKeys } from '../../src/app/rotate.js';
import { sealedCounts } from '../../src/app/sealed-counts.js';
import { checkChain } from '../../src/core/audit-chain.js';
import { isGatewayError } from '../../src/core/errors.js';
import { readAudit } from '../../src/db/audit.js';
import { sealedColumns } from '../../src/db/sealed-columns.js';
import { loadDataKey } from '../../src/platform/data-key.js';
import { openKeyRing } from '../../src/platform/key-ring.js';
import { createLogger } from '../../src/platform/logger.js';
import { createOriginals } from '../../src/platform/originals.js';
import { rotateDataKey } from '../../src/platform/rotate-data-key.js';
import { createSealer } from '../../src/platform/sealing.js';
import { createTestDatabase, type TestDatabase } from '../helpers/database.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';

const ROWS = 3000;

describe('sealing anew', function () {
  this.timeout(60_000);
  let test: TestDatabase;
  let folder: TemporaryFolder;
  let nowMs = 0;
  let needs: ResealNeeds;
  beforeEach(async () => {
    test = await createTestDatabase();
    folder = createTemporaryFolder();
    nowMs = Date.parse('2026-06-30T04:00:00Z');
    const clock = (): Date => new Date(nowMs);
    const dataKeyFile = path.join(folder.path, 'data-key.json');
    const keys = openKeyRing(dataKeyFile, clock);
    const originalsDir = path.join(folder.path, 'originals');
    needs = {
      database: test.database,
      originals: createOriginals(originalsDir, keys),
      originalsDir,
      sealer: createSealer(keys),
      dataKeyFile,
      clock,
      log: createLogger('silent'),
      wait: (ms) => {
        nowMs += ms;
        return Promise.resolve();
      },
    };
  });
  afterEach(async () => {
    await test.drop();
    folder.remove();
  });

  const reject = async (from: number, count: number): Promise<void> => {
    const sealed = Array.from({ length: count }, (_, i) => needs.sealer.seal(`row ${from + i}`));
    await test.database.query(
      `insert into rejected_rows (batch_id, row_number, sealed)
       select '00000000-0000-0000-0000-000000000001', $1 + ordinality, value
       from unnest($2::bytea[]) with ordinality as given (value, ordinality)`,
      [from - 1, sealed],
    );
  };
  const opened = async (): Promise<string[]> => {
    const { rows } = await test.database.query<{ sealed: Buffer }>(
      'select sealed from rejected_rows order by row_number',
    );
    return rows.map(({ sealed }) => createSealer(loadDataKey(needs.dataKeyFile)).open(sealed).toString());
  };
  const expected = (count: number): string[] => Array.from({ length: count }, (_, i) => `row ${i}`);
  const rotate = (): string => {
    const { keys } = rotateDataKey(needs.dataKeyFile, new Date(nowMs));
    nowMs += 1000;
    return keys.id;
  };

  it('knows every sealed column: a new bytea column is sealed, or is named here as what it is', async () => {
    const { rows } = await test.database.query<{ name: string }>(
      `select table_name || '.' || column_name as name from information_schema.columns
       where table_schema = 'public' and data_type = 'bytea'`,
    );
    const known = (await sealedColumns(test.database)).map(({ table, column }) => `${table}.${column}`);
    const others = rows.map(({ name }) => name).filter((name) => !known.includes(name));
    // Digests are of what is masked.
    assert.deepEqual(others.sort(), [
      'api_keys.hash',
      'folder_files.name',
      'reconciliation_differences.city_digest',
      'reconciliation_differences.our_digest',
      'reconciliation_lines.digest',
    ]);
    for (const column of ['record_versions', 'rejected_rows', 'notices', 'pulled_rows', 'pulled_rows_staged'])
      assert.ok(known.includes(`${column}.sealed`), column);
  });

  it('brings every value and file under the new key, then takes the old one away', async () => {
    await reject(0, ROWS);
    await needs.originals.write('a', Readable.from([Buffer.alloc(100_000, 1)]));
    const old = loadDataKey(needs.dataKeyFile).id;
    const id = rotate();
    const report = await resealEverything(needs);
    assert.deepEqual(report, { values: ROWS, files: 1, waiting: 0, removed: [old] });
    assert.deepEqual(loadDataKey(needs.dataKeyFile).older, []);
    assert.deepEqual(await sealedCounts(test.database, needs.originalsDir), {
      [id]: { 'rejected_rows.sealed': ROWS, originals: 1 },
    });
    assert.deepEqual(await opened(), expected(ROWS));
    assert.deepEqual(await resealEverything(needs), { values: 0, files: 0, waiting: 0, removed: [] });
  });

  it('takes along what was still sealed with the old key after the rotation', async () => {
    await reject(0, 10);
    const old = createSealer(loadDataKey(needs.dataKeyFile));
    rotate();
    const report = await resealEverything({
      ...needs,
      wait: async (ms) => {
        const fresh = needs.sealer;
        needs = { ...needs, sealer: old };
        await reject(10, 10);
        needs = { ...needs, sealer: fresh };
        nowMs += ms;
      },
    });
    assert.deepEqual([report.values, report.removed.length], [20, 1]);
    assert.deepEqual(await opened(), expected(20));
  });

  const acts = async (): Promise<[string, string, unknown][]> => {
    const found: [string, string, unknown][] = [];
    for await (const { action, object, details } of readAudit(test.database))
      found.push([action, object, JSON.parse(details)]);
    return found;
  };

  it('is in the audit log from the rotation to the removal, once each', async () => {
    await reject(0, 10);
    const old = loadDataKey(needs.dataKeyFile).id;
    const { keys } = await rotateKeys(needs);
    assert.equal((await rotateKeys(needs)).isRotated, false);
    nowMs += 1000;
    await resealEverything(needs);
    await resealEverything(needs);
    assert.deepEqual(await acts(), [
      ['data-key.rotated', keys.id, { kept: 1, replaces: old }],
      ['data-key.resealed', keys.id, { files: 0, values: 10, waiting: 0 }],
      ['data-key.removed', old, { current: keys.id }],
    ]);
    assert.equal((await checkChain(readAudit(test.database))).firstBroken, null);
  });

  it('neither rotates nor takes a key away while that cannot be written down', async () => {
    await reject(0, 10);
    const rename = (from: string, to: string): Promise<unknown> =>
      test.database.query(`alter table ${from} rename to ${to}`);
    const { id } = loadDataKey(needs.dataKeyFile);
    await rename('audit_entries', 'audit_gone');
    await assert.rejects(rotateKeys(needs), { code: 'audit.unavailable' });
    assert.equal(loadDataKey(needs.dataKeyFile).id, id);
    rotate();
    await assert.rejects(resealEverything(needs), { code: 'audit.unavailable' });
    assert.deepEqual(
      loadDataKey(needs.dataKeyFile).older.map((key) => key.id),
      [id],
    );
    await rename('audit_gone', 'audit_entries');
    assert.deepEqual((await resealEverything(needs)).removed, [id]);
    assert.deepEqual(await opened(), expected(10));
  });

  it('goes on where it was killed, and two at once do no harm', async () => {
    await reject(0, ROWS);
    rotate();
    let calls = 0;
    const killed = {
      ...needs,
      sealer: {
        ...needs.sealer,
        seal: (plain: string | Buffer): Buffer => {
          calls += 1;
          if (calls > ROWS / 2) throw new Error('killed');
          return needs.sealer.seal(plain);
        },
      },
    };
    await assert.rejects(resealEverything(killed), /killed/);
    assert.equal(loadDataKey(needs.dataKeyFile).older.length, 1);
    await Promise.all([resealEverything(needs), resealEverything(needs)]);
    assert.deepEqual(await opened(), expected(ROWS));
    assert.equal((await resealEverything(needs)).values, 0);
  });

  const short = { waitMs: 100, tryMs: 50, tries: 3, betweenMs: 10 };
  /** What is thrown while another transaction holds what a statement takes. */
  const busyBeside = async (statement: string, work: () => Promise<unknown>): Promise<string> => {
    let message = '';
    await test.database.transaction(async (sql) => {
      await sql.query(statement);
      const { rows } = await sql.query<{ pid: number }>('select pg_backend_pid() as pid');
      await assert.rejects(work(), (error) => {
        assert.ok(isGatewayError(error, 'data-key.busy'));
        message = error.message;
        for (const text of [message, error.detailZh ?? ''])
          assert.ok(text.includes(String(rows[0]?.pid)), text);
        return true;
      });
    });
    return message;
  };

  it('changes nothing and says who is in the way while somebody else holds the lock of the keys', async () => {
    await reject(0, 10);
    const lock = 'select pg_advisory_xact_lock(727004)';
    const first = readFileSync(needs.dataKeyFile);
    const rotating = await busyBeside(lock, () => rotateKeys({ ...needs, lockWaitMs: 100 }));
    assert.match(rotating, /Nothing was changed/);
    assert.deepEqual(readFileSync(needs.dataKeyFile), first);
    const old = loadDataKey(needs.dataKeyFile).id;
    rotate();
    const kept = readFileSync(needs.dataKeyFile);
    const resealing = await busyBeside(lock, () => resealEverything({ ...needs, lockWaits: short }));
    assert.match(resealing, /Nothing was changed/);
    assert.deepEqual(readFileSync(needs.dataKeyFile), kept);
    const counts = await sealedCounts(test.database, needs.originalsDir);
    assert.deepEqual([counts, await acts()], [{ [old]: { 'rejected_rows.sealed': 10 } }, []]);
    assert.deepEqual((await resealEverything({ ...needs, lockWaits: short })).removed, [old]);
  });

  for (const [what, statement] of [
    ['is writing a sealed table', 'update rejected_rows set sealed = sealed where false'],
    ['has changed a row of it', 'update rejected_rows set row_number = row_number where row_number = 3'],
    ['has all of it', 'lock table rejected_rows'],
  ] as const)
    it(`removes no key and ends, in a bounded time, where another transaction ${what}`, async () => {
      await reject(0, 10);
      const old = loadDataKey(needs.dataKeyFile).id;
      rotate();
      const told: string[] = [];
      const onWriter = (table: string): unknown => told.push(table);
      const message = await busyBeside(statement, () =>
        resealEverything({ ...needs, lockWaits: short, onWriter }),
      );
      assert.match(message, /No key was removed/);
      const isWriter = what.startsWith('is writing');
      assert.deepEqual(told, isWriter ? ['rejected_rows', 'rejected_rows'] : []);
      assert.deepEqual(
        loadDataKey(needs.dataKeyFile).older.map(({ id }) => id),
        [old],
      );
      assert.deepEqual((await resealEverything({ ...needs, lockWaits: short })).removed, [old]);
      assert.deepEqual(await opened(), expected(10));
    });

  it('keeps the old key while an upload under it is still being written', async () => {
    const source = new Readable({ read: () => undefined });
    source.push(Buffer.alloc(70_000, 1));
    const writing = needs.originals.write('a', source);
    const seen = async (): Promise<boolean> => {
      const counts = await sealedCounts(test.database, needs.originalsDir);
      return (counts[loadDataKey(needs.dataKeyFile).id]?.['originals'] ?? 0) > 0;
    };
    while (!(await seen())) await new Promise((resolve) => setImmediate(resolve));
    rotate();
    const report = await resealEverything(needs);
    assert.deepEqual([report.waiting, report.removed], [1, []]);
    assert.equal(loadDataKey(needs.dataKeyFile).older.length, 1);
    source.push(null);
    await writing;
    assert.deepEqual((await resealEverything(needs)).files, 1);
    assert.equal((await resealEverything(needs)).removed.length, 0);
  });
});
