// The data key as an operator changes it: real processes that rotate, seal anew and say how far it is, alone and
// beside a serving gateway, killed in the middle, and with a key file that is missing or another one.
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadDataKey, replaceDataKeys } from '../../src/platform/data-key.js';
import { createSealer } from '../../src/platform/sealing.js';
import { startCommand, type Command, type Ran } from '../helpers/command.js';
import { createEmptyDatabase, type TestDatabase } from '../helpers/database.js';
import { penaltiesCsv } from '../helpers/penalties.js';
import { prepareServedGateway } from '../helpers/served-gateway.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';

const SOURCE = 'market-regulation-penalty';
const VALUES = 60_000;
const BATCH = '00000000-0000-0000-0000-000000000001';

interface Status {
  readonly current: string;
  readonly older: readonly string[];
  readonly missing: readonly string[];
  readonly sealed: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

describe('the commands of the data key', function () {
  this.timeout(300_000);
  let folder: TemporaryFolder;
  let test: TestDatabase;
  let file = '';
  beforeEach(async () => {
    folder = createTemporaryFolder();
    test = await createEmptyDatabase();
    file = path.join(folder.path, 'data-key.json');
  });
  afterEach(async () => {
    await test.drop();
    folder.remove();
  });

  const start = (...args: string[]): Command =>
    startCommand(args, { DATA_DIR: folder.path, DATABASE_URL: test.url });
  const run = (...args: string[]): Promise<Ran> => start('data-key', ...args).ended;
  const done = async (...args: string[]): Promise<Ran> => {
    const ran = await run(...args);
    assert.equal(ran.code, 0, ran.stderr);
    return ran;
  };
  const status = async (): Promise<Status> => JSON.parse((await done('status')).stdout) as Status;
  const keyId = (): string => loadDataKey(file).id;
  /** Has the rotation happened long enough ago, so that nobody waits. */
  const age = (): void => {
    const rotatedAt = new Date(Date.now() - 600_000);
    replaceDataKeys(file, { ...loadDataKey(file), rotatedAt });
  };
  const ingest = async (): Promise<void> => {
    const upload = path.join(folder.path, 'upload.csv');
    writeFileSync(upload, penaltiesCsv([{ n: 1, CF_JDRQ: 'never' }, { n: 2 }]));
    const ran = await start('ingest', upload, '--source', SOURCE, '--json').ended;
    assert.equal(ran.code, 0, ran.stderr);
  };
  const sealMany = async (): Promise<void> => {
    const sealer = createSealer(loadDataKey(file));
    const sealed = Array.from({ length: VALUES }, (_, n) => sealer.seal(`row ${n}`));
    await test.database.query(
      `insert into rejected_rows (batch_id, row_number, sealed)
       select '${BATCH}', ordinality, value from unnest($1::bytea[]) with ordinality as given (value, ordinality)`,
      [sealed],
    );
  };
  const opened = async (): Promise<string[]> => {
    const sealer = createSealer(loadDataKey(file));
    const { rows } = await test.database.query<{ sealed: Buffer }>(
      `select sealed from rejected_rows where batch_id = '${BATCH}' order by row_number`,
    );
    return rows.map(({ sealed }) => sealer.open(sealed).toString());
  };
  const sealedWith = async (id: string): Promise<number> => {
    const { rows } = await test.database.query<{ n: number }>(
      `select count(*)::int as n from rejected_rows where encode(substring(sealed from 2 for 4), 'hex') = $1`,
      [id],
    );
    return rows[0]?.n ?? 0;
  };

  it('rotate, status and reseal while nothing runs; the old key opens until nothing is sealed with it', async () => {
    await ingest();
    const old = keyId();
    const rotated = await done('rotate');
    assert.notEqual(keyId(), old);
    assert.ok(rotated.stdout.includes(keyId()) && rotated.stdout.includes(old), rotated.stdout);
    assert.match(rotated.stderr, /reseal/);
    const again = await done('rotate');
    assert.match(again.stdout, /less than a minute.*未作更改/);
    const before = await status();
    assert.deepEqual([before.older, before.missing, Object.keys(before.sealed)], [[old], [], [old]]);
    age();
    const resealed = await done('reseal');
    assert.match(resealed.stdout, new RegExp(`Removed.*已移除.*${old}`));
    const { older, sealed } = await status();
    assert.deepEqual([older, Object.keys(sealed)], [[], [keyId()]]);
    const places = { 'rejected_rows.sealed': 1, originals: 1 };
    assert.deepEqual([before.sealed[old], sealed[keyId()]], [places, places]);
  });

  it('say in both languages what to do where there was no rotation, and change nothing', async () => {
    await ingest();
    const kept = readFileSync(file, 'utf8');
    const ran = await done('reseal');
    assert.match(ran.stdout, /one data key alone.*只有一个密钥/);
    assert.match(ran.stderr, /data-key rotate.*请先运行 rotate/);
    assert.equal(readFileSync(file, 'utf8'), kept);
  });

  it('go on where a kill left them, in the middle of sealing and while they wait', async () => {
    await done('rotate');
    await sealMany();
    age();
    const old = keyId();
    await done('rotate');
    age();
    const first = start('data-key', 'reseal');
    await until(async () => (await sealedWith(keyId())) > 0, {
      timeoutMs: 120_000,
      what: 'a start',
    });
    first.child.kill('SIGKILL');
    assert.equal((await first.ended).code, null);
    const left = await sealedWith(old);
    assert.ok(left > 0 && left < VALUES, String(left));
    assert.ok((await status()).older.includes(old));
    replaceDataKeys(file, { ...loadDataKey(file), rotatedAt: new Date() });
    const second = start('data-key', 'reseal');
    let said = '';
    second.child.stderr?.on('data', (bytes: Buffer) => (said += bytes.toString()));
    await until(() => said.includes('请稍候'), { timeoutMs: 120_000, what: 'the wait' });
    second.child.kill('SIGKILL');
    await second.ended;
    assert.ok((await status()).older.includes(old), 'nothing is taken away before the second look');
    age();
    await done('reseal');
    const { older, sealed } = await status();
    assert.deepEqual([older, Object.keys(sealed)], [[], [keyId()]]);
    assert.deepEqual(
      await opened(),
      Array.from({ length: VALUES }, (_, n) => `row ${n}`),
    );
  });

  it('rotate and reseal beside a serving gateway, which seals with the new key from then on', async () => {
    const gateway = prepareServedGateway(folder.path, { DATABASE_URL: test.url });
    await gateway.start();
    try {
      const { url, agencies } = gateway.sandbox;
      const key = agencies['market-regulation']?.key ?? '';
      const upload = async (n: number): Promise<void> => {
        const answer = await fetch(`${url}/v1/sources/${SOURCE}/batches`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv' },
          body: penaltiesCsv([{ n, CF_JDRQ: 'never' }]),
        });
        assert.equal(answer.status, 202);
        const { id } = (await answer.json()) as { id: string };
        await until(
          async () =>
            (await gateway.get<{ finishedAt: string | null }>(`/v1/batches/${id}`, key))?.finishedAt != null,
          { timeoutMs: 60_000, what: 'the batch to settle' },
        );
      };
      await upload(1);
      const old = keyId();
      await done('rotate');
      // A process may seal with the old key for a second.
      await until(
        async () => {
          await upload(2);
          return Object.keys((await status()).sealed).includes(keyId());
        },
        { timeoutMs: 60_000, what: 'the new key to be in use' },
      );
      age();
      await done('reseal');
      const { older, sealed } = await status();
      assert.deepEqual([older, Object.keys(sealed)], [[], [keyId()]]);
      assert.ok(!readFileSync(file, 'utf8').includes(old));
      await upload(3);
      const after = await status();
      assert.deepEqual([after.missing, Object.keys(after.sealed)], [[], [keyId()]]);
    } finally {
      assert.equal((await gateway.stop())[0], 0, gateway.log);
    }
  });

  it('refuse a key file that is missing, another one, none, or from before the rotation', async () => {
    await ingest();
    const kept = `${file}.kept`;
    copyFileSync(file, kept);
    const refused = async (command: string, words: RegExp): Promise<void> => {
      const ran = await run(command);
      assert.equal(ran.code, 2, ran.stdout);
      assert.match(ran.stderr, /config\.invalid/);
      assert.match(ran.stderr, words);
    };
    rmSync(file);
    for (const command of ['rotate', 'reseal', 'status'])
      await refused(command, /right file back.*\n.*请放回/);
    const serve = await start('serve').ended;
    assert.deepEqual([serve.code, /right file back/.test(serve.stderr)], [2, true], serve.stderr);
    writeFileSync(file, '{}');
    await refused('rotate', /not a data key.*\n.*请放回/);
    copyFileSync(kept, file);
    await done('rotate');
    age();
    await done('reseal');
    const current = keyId();
    copyFileSync(kept, file);
    const ran = await run('status');
    assert.deepEqual([ran.code, (JSON.parse(ran.stdout) as Status).missing], [1, [current]]);
    await refused('reseal', /does not hold.*\n.*请放回/);
  });
});
