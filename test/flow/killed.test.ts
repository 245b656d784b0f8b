// SIGKILL in the middle of a batch, of Node alone and of Node with its PostgreSQL: real processes, the
// embedded server, the simulated city's ledger on disk. KILL_ROWS makes the batch larger.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { BatchView } from '../../src/app/batch-view.js';
import { projectRoot } from '../../src/platform/project-root.js';
import { readSandboxFile, type SandboxFile } from '../../src/sandbox/sandbox-file.js';
import { createTemporaryFolder, type TemporaryFolder } from '../helpers/temporary-folder.js';
import { AGENCY } from '../helpers/penalties.js';
import { until } from '../helpers/until.js';
import { HEADINGS, penaltyRow } from '../../bench/penalty-rows.js';

const ROWS = Number(process.env['KILL_ROWS'] ?? 40_000);
const SOURCE = 'market-regulation-penalty';
const WAIT = { timeoutMs: 120_000 };

interface Ledger {
  readonly records: number;
  readonly versions: number;
  readonly outOfOrder: number;
  readonly conflicts: number;
}

async function get<T>(url: string, key: string): Promise<T | undefined> {
  try {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
    return answer.ok ? ((await answer.json()) as T) : undefined;
  } catch {
    // Nobody listens yet, or no longer: the caller looks again.
    return undefined;
  }
}

describe('a gateway that is killed', function () {
  this.timeout(300_000);
  let folder: TemporaryFolder;
  let child: ChildProcess;
  let sandbox: SandboxFile;
  let log = '';

  const start = async (): Promise<void> => {
    child = spawn(process.execPath, [path.join(projectRoot, 'dist/src/main.js'), 'serve', '--sandbox'], {
      env: { PATH: process.env['PATH'], DATA_DIR: folder.path, PORT: '0', LOG_LEVEL: 'warn' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const said = new Promise<string>((resolve, reject) => {
      child.stderr?.on('data', (bytes: Buffer) => {
        log += bytes.toString();
        const url = /Listening on (\S+)/.exec(log.slice(log.lastIndexOf('Listening on')))?.[1];
        if (url !== undefined) resolve(url);
      });
      child.once('exit', () => reject(new Error(`The gateway ended: ${log.slice(-2000)}`)));
    });
    log = '';
    const url = await said;
    await until(() => get(`${url}/readyz`, ''), { ...WAIT, what: 'readyz' });
    sandbox = (await readSandboxFile(folder.path)) as SandboxFile;
    assert.equal(sandbox.url, url);
  };

  const kill = async (pids: readonly number[]): Promise<void> => {
    const gone = once(child, 'exit');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await gone;
  };

  const postmaster = (): number =>
    Number(readFileSync(path.join(folder.path, 'postgres/postmaster.pid'), 'utf8').split('\n')[0]);

  const batch = (id: string): Promise<BatchView | undefined> =>
    get<BatchView>(`${sandbox.url}/v1/batches/${id}`, sandbox.agencies['market-regulation']?.key ?? '');

  const reached = (id: string, rows: number): Promise<BatchView> =>
    until(
      async () => {
        const view = await batch(id);
        return view !== undefined && view.counts.received >= rows && view;
      },
      { ...WAIT, what: `${rows} rows` },
    );

  before(() => {
    folder = createTemporaryFolder();
    assert.ok(existsSync(path.join(projectRoot, 'dist/src/main.js')), 'build first');
  });
  after(async () => {
    if (child.exitCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    folder.remove();
  });

  it('finishes the batch: the account closes and the city has every record once, in order', async () => {
    await start();
    const lines = Array.from({ length: ROWS }, (_, n) => penaltyRow(n, AGENCY).join(','));
    const answer = await fetch(`${sandbox.url}/v1/sources/${SOURCE}/batches`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${sandbox.agencies['market-regulation']?.key}`,
        'content-type': 'text/csv',
      },
      body: [HEADINGS.join(','), ...lines].join('\r\n'),
    });
    assert.equal(answer.status, 202);
    const { id } = (await answer.json()) as { id: string };

    const first = await reached(id, 1);
    assert.equal(first.finishedAt, null, 'the batch was finished before it could be killed');
    await kill([child.pid as number]);
    await start();
    const second = await reached(id, first.counts.received + 1);
    assert.equal(second.finishedAt, null, 'the batch was finished before it could be killed again');
    await kill([child.pid as number, postmaster()]);
    await start();

    const done = await until(
      async () => {
        const view = await batch(id);
        return view !== undefined && view.finishedAt !== null && view.city.pending === 0 && view;
      },
      { ...WAIT, what: 'the batch at the city' },
    );
    assert.equal(done.status, 'accepted');
    assert.deepEqual([done.counts.received, done.counts.new], [ROWS, ROWS]);
    assert.deepEqual(done.city, { pending: 0, delivered: ROWS, rejected: 0 });
    const ledger = await get<Ledger>(`${sandbox.city.url}/ledger`, sandbox.city.key);
    assert.deepEqual(
      [ledger?.records, ledger?.versions, ledger?.outOfOrder, ledger?.conflicts],
      [ROWS, ROWS, 0, 0],
    );
  });

  it('stops cleanly on SIGTERM: exit code 0, and PostgreSQL is gone', async () => {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await gone, [0, null], log);
    assert.ok(!existsSync(path.join(folder.path, 'postgres/postmaster.pid')));
  });
});
