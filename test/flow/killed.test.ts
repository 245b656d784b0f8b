// SIGKILL in the middle of a batch, of Node alone and of Node with its PostgreSQL: real processes, the
// embedded server, the simulated city's ledger on disk. KILL_ROWS makes the batch larger.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { BatchView } from '../../src/app/batch-view.js';
import { prepareServedGateway, type ServedGateway } from '../helpers/served-gateway.js';
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

describe('a gateway that is killed', function () {
  this.timeout(300_000);
  let folder: TemporaryFolder;
  let served: ServedGateway;

  const batch = (id: string): Promise<BatchView | undefined> =>
    served.get<BatchView>(`/v1/batches/${id}`, served.sandbox.agencies['market-regulation']?.key ?? '');

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
    served = prepareServedGateway(folder.path);
  });
  after(async () => {
    await served.stop();
    folder.remove();
  });

  it('finishes the batch: the account closes and the city has every record once, in order', async () => {
    await served.start();
    const lines = Array.from({ length: ROWS }, (_, n) => penaltyRow(n, AGENCY).join(','));
    const { sandbox } = served;
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
    await served.kill();
    await served.start();
    const second = await reached(id, first.counts.received + 1);
    assert.equal(second.finishedAt, null, 'the batch was finished before it could be killed again');
    await served.kill([served.postmaster()]);
    await served.start();

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
    const { city } = served.sandbox;
    const ledger = await served.get<Ledger>(`${city.url}/ledger`, city.key);
    assert.deepEqual(
      [ledger?.records, ledger?.versions, ledger?.outOfOrder, ledger?.conflicts],
      [ROWS, ROWS, 0, 0],
    );
  });

  it('stops cleanly on SIGTERM: exit code 0, and PostgreSQL is gone', async () => {
    assert.deepEqual(await served.stop(), [0, null], served.log);
    assert.ok(!existsSync(path.join(folder.path, 'postgres/postmaster.pid')));
  });
});
