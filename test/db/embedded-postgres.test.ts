import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { isAlive, identify } from '../../src/platform/process-identity.js';
import { startIdleGateway, type IdleGateway } from '../helpers/idle-gateway.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';
import { until } from '../helpers/until.js';

const isRoot = process.getuid?.() === 0;

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(sql);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

const postmasterPid = (dataDir: string): number =>
  Number(readFileSync(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);

describe('the embedded PostgreSQL', function () {
  this.timeout(60_000);
  let folder: TemporaryFolder;
  let dataDir: string;
  const gateways: IdleGateway[] = [];

  const start = async (asUser?: string): Promise<IdleGateway> => {
    const gateway = await startIdleGateway(dataDir, asUser);
    gateways.push(gateway);
    return gateway;
  };
  const stopAll = async (): Promise<void> => {
    for (const gateway of gateways.splice(0)) {
      if (identify(gateway.pid) !== undefined) await gateway.stop();
    }
  };

  before(() => {
    folder = createTemporaryFolder();
    dataDir = path.join(folder.path, 'data');
  });
  afterEach(stopAll);
  after(() => folder.remove());

  it('is made at the first start, in UTF-8, with a password, by one of two that start at once', async () => {
    const both = await Promise.all([start(), start()]);
    assert.deepEqual(both.map(({ said }) => said.adopted).sort(), [false, true], JSON.stringify(both));
    const url = both[0].said.url!;
    assert.equal(url, both[1].said.url);
    assert.equal(await ask(url, 'select 1 as answer'), 1);
    const expected: Record<string, string> = {
      server_encoding: 'UTF8',
      lc_collate: 'C',
      shared_buffers: '256MB',
      max_wal_size: '2GB',
      synchronous_commit: 'on',
      fsync: 'on',
      max_connections: '60',
      TimeZone: 'UTC',
      listen_addresses: '127.0.0.1',
      password_encryption: 'scram-sha-256',
    };
    for (const [name, value] of Object.entries(expected)) {
      const sql =
        name === 'lc_collate'
          ? 'select datcollate as answer from pg_database where datname = current_database()'
          : `select current_setting('${name}') as answer`;
      assert.equal(await ask(url, sql), value, name);
    }
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await assert.rejects(ask(wrong.href, 'select 1'), /password authentication failed/);
    assert.equal(statSync(path.join(dataDir, 'postgres-password')).mode & 0o777, 0o600);
    await ask(url, 'create table kept as select 42 as answer');
  });

  it('is stopped by its last user only', async () => {
    const first = await start();
    const second = await start();
    assert.deepEqual([first.said.adopted, second.said.adopted], [false, true]);
    await first.stop();
    assert.equal(await ask(second.said.url!, 'select answer from kept'), 42);
    const server = identify(postmasterPid(dataDir))!;
    await second.stop();
    assert.equal(isAlive(server), false);
    assert.equal(existsSync(path.join(dataDir, 'postgres/postmaster.pid')), false);
  });

  it('lives in a session of its own, so that a signal to our process group does not reach it', async () => {
    const gateway = await start();
    const server = postmasterPid(dataDir);
    process.kill(-gateway.pid, 'SIGKILL');
    await until(() => identify(gateway.pid) === undefined);
    assert.notEqual(identify(server), undefined);
    assert.equal(await ask(gateway.said.url!, 'select answer from kept'), 42);
    const next = await start();
    assert.equal(next.said.adopted, true);
    assert.equal(next.said.url, gateway.said.url);
    await next.stop();
    assert.equal(identify(server), undefined);
  });

  it('recovers when the gateway and the server were both killed', async () => {
    const gateway = await start();
    await ask(gateway.said.url!, 'update kept set answer = 43');
    process.kill(postmasterPid(dataDir), 'SIGKILL');
    await gateway.kill();
    assert.equal(existsSync(path.join(dataDir, 'postgres/postmaster.pid')), true);
    const next = await start();
    assert.equal(next.said.error, undefined);
    assert.equal(next.said.adopted, false);
    assert.equal(await ask(next.said.url!, 'select answer from kept'), 43);
  });

  it('refuses a data folder of another major version and names both', async () => {
    const file = path.join(dataDir, 'postgres/PG_VERSION');
    const own = readFileSync(file, 'utf8');
    writeFileSync(file, '12\n');
    try {
      const { said } = await start();
      assert.equal(said.code, 'postgres.not-startable');
      assert.match(said.error!, /made by PostgreSQL 12, .* brings PostgreSQL 18/);
    } finally {
      writeFileSync(file, own);
    }
  });

  it('makes the data folder again that was broken off in the middle, and forgets dead users', async () => {
    const fresh = createTemporaryFolder();
    dataDir = path.join(fresh.path, 'data');
    mkdirSync(path.join(dataDir, 'postgres-init-dead/data'), { recursive: true });
    mkdirSync(path.join(dataDir, 'postgres-users'));
    writeFileSync(path.join(dataDir, 'postgres-users/1-999999999'), '');
    mkdirSync(path.join(dataDir, 'postgres-start'));
    writeFileSync(path.join(dataDir, 'postgres-start/1-999999999'), '');
    const gateway = await start();
    assert.equal(gateway.said.error, undefined);
    assert.deepEqual(
      readdirSync(dataDir).filter((name) => name.startsWith('postgres-init')),
      [],
    );
    const server = identify(postmasterPid(dataDir))!;
    await gateway.stop();
    assert.equal(isAlive(server), false);
    fresh.remove();
    dataDir = path.join(folder.path, 'data');
  });

  it('names the folder and the command when its user may not enter a folder above', async function () {
    // Only root runs PostgreSQL as another user.
    if (!isRoot) this.skip();
    const closed = path.join(folder.path, 'closed');
    mkdirSync(path.join(closed, 'inner'), { recursive: true });
    chmodSync(closed, 0o700);
    dataDir = path.join(closed, 'inner/data');
    const { said } = await start();
    assert.equal(said.code, 'postgres.not-startable');
    assert.ok(said.error!.endsWith(`Run: chmod o+x ${closed}`), said.error);
    dataDir = path.join(folder.path, 'data');
  });

  it('runs as the user of the gateway when that is not root', async function () {
    // Only root can start a process as somebody else.
    if (!isRoot) this.skip();
    const own = createTemporaryFolder();
    chmodSync(own.path, 0o777);
    dataDir = path.join(own.path, 'data');
    const gateway = await start('65534');
    assert.equal(gateway.said.error, undefined);
    assert.equal(statSync(path.join(dataDir, 'postgres')).uid, 65_534);
    assert.equal(await ask(gateway.said.url!, 'select 1 as answer'), 1);
    await gateway.stop();
    own.remove();
    dataDir = path.join(folder.path, 'data');
  });
});
