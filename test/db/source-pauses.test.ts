// Sources that an operator stops: nothing is pulled or processed, nothing is lost, and what came due is made up for.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { listSources, type SourceEntry } from '../../src/app/source-list.js';
import type { Foundation } from '../../src/app/gateway.js';
import { bindPauses } from '../../src/app/pauses.js';
import { workUntilSettled } from '../../src/cli/ingest.js';
import { isGatewayError } from '../../src/core/errors.js';
import { readAudit } from '../../src/db/audit.js';
import { countWaiting, dueSources } from '../../src/db/batches.js';
import { claimFire } from '../../src/db/fires.js';
import type { Database } from '../../src/db/pool.js';
import { duePulls, failPull, orderPull } from '../../src/db/source-pulls.js';
import { createPullWorker } from '../../src/jobs/pull-source.js';
import { createLogger } from '../../src/platform/logger.js';
import { NOW, openIntakeBench, SOURCE, type IntakeBench } from '../helpers/intake.js';
import { penaltiesCsv } from '../helpers/penalties.js';

const CALLER = { keyId: 'k', role: 'operator', agency: null } as const;
const REASON = { reason: 'wrong year', caller: CALLER };
const later = (ms: number): Date => new Date(NOW.getTime() + ms);

describe('a source that is paused', () => {
  let bench: IntakeBench;
  let woken: string[];
  let pauses: ReturnType<typeof bindPauses>;
  beforeEach(async () => {
    bench = await openIntakeBench();
    woken = [];
    pauses = bindPauses({
      storage: { database: bench.test.database },
      clock: () => NOW,
      log: createLogger('silent'),
      dispatcher: { wake: (queue: string, id: string) => Promise.resolve(void woken.push(`${queue} ${id}`)) },
    } as unknown as Foundation);
  });
  afterEach(() => bench.close());

  const list = async (now = NOW, agency: string | null = null): Promise<SourceEntry[]> =>
    listSources(agency, { ...bench.site, sql: bench.test.database, now });
  const entry = async (now = NOW): Promise<SourceEntry> => {
    const found = (await list(now)).find(({ id }) => id === SOURCE);
    assert.ok(found !== undefined);
    return found;
  };

  it('takes uploads, which wait until it is resumed', async () => {
    await pauses.pauseSource(SOURCE, REASON);
    const id = await bench.receive(penaltiesCsv([{ n: 1 }]));
    await bench.work();
    assert.equal((await bench.view(id)).status, 'received');
    assert.deepEqual(await dueSources(bench.test.database, NOW), []);
    assert.equal(await countWaiting(bench.test.database, 10), 0);
    await pauses.resumeSource(SOURCE, { reason: undefined, caller: CALLER });
    assert.deepEqual(woken, [`process-source ${SOURCE}`, `pull-source ${SOURCE}`]);
    assert.deepEqual(await dueSources(bench.test.database, NOW), [SOURCE]);
    assert.equal(await countWaiting(bench.test.database, 10), 1);
    await bench.work();
    assert.equal((await bench.view(id)).status, 'accepted');
  });

  it('keeps no other source from working', async () => {
    await pauses.pauseSource('ecology-environment-penalty', REASON);
    assert.equal((await bench.ingest(penaltiesCsv([{ n: 1 }]))).status, 'accepted');
  });

  it('is not pulled, and makes up once for all that was missed', async () => {
    const { database } = bench.test;
    let runs = 0;
    let nowMs = later(60_000).getTime();
    const work = createPullWorker({
      database,
      configuration: bench.site.configuration,
      clock: () => new Date((nowMs += 1)),
      log: createLogger('silent'),
      owner: randomUUID(),
      signal: new AbortController().signal,
      pullOf: () => () => Promise.resolve(void (runs += 1)),
    });
    await pauses.pauseSource(SOURCE, REASON);
    for (const ms of [0, 10_000, 20_000])
      await orderPull(database, SOURCE, { isFull: false, isSweep: false, at: later(ms) });
    await work(SOURCE);
    assert.equal(runs, 0);
    assert.deepEqual(await duePulls(database, later(60_000)), []);
    await pauses.resumeSource(SOURCE, { reason: 'right file', caller: CALLER });
    assert.deepEqual(await duePulls(database, later(60_000)), [SOURCE]);
    await work(SOURCE);
    assert.equal(runs, 1);
  });

  it('leaves a command the end of a batch that settled right before the pause, and the wait of another', async () => {
    const { database } = bench.test;
    const until = (id: string, sql = database): ReturnType<typeof workUntilSettled> =>
      workUntilSettled(id, SOURCE, {
        site: bench.site,
        storage: { ...bench, database: sql } as never,
        clock: () => NOW,
        log: createLogger('silent'),
        signal: new AbortController().signal,
      });
    await pauses.pauseSource(SOURCE, REASON);
    const id = await bench.receive(penaltiesCsv([{ n: 1 }]));
    assert.equal((await until(id)).finishedAt, null);
    let looks = 0;
    const elsewhere: Database = {
      ...database,
      query: async (text, values) => {
        // A gateway settles the batch, and only then the source is paused.
        if (text.startsWith('select from source_pauses') && ++looks === 1) {
          await pauses.resumeSource(SOURCE, { reason: undefined, caller: CALLER });
          await bench.work();
          await pauses.pauseSource(SOURCE, REASON);
        }
        return database.query(text, values) as never;
      },
    };
    const settled = await until(id, elsewhere);
    assert.deepEqual([looks, settled.status, settled.finishedAt === null], [1, 'accepted', false]);
  });

  it('says so in the list, with who paused it and why, and looks for nothing next', async () => {
    await pauses.pauseSource(SOURCE, REASON);
    const { paused, nextRunAt } = await entry();
    assert.deepEqual(paused, { since: NOW.toISOString(), by: 'operator:k', reason: 'wrong year' });
    assert.equal(nextRunAt, null);
  });

  it('is neither paused twice nor resumed twice, and each act is in the audit log with its reason', async () => {
    const is = (code: 'source.paused' | 'source.not-paused') => (error: unknown) =>
      isGatewayError(error, code);
    await pauses.pauseSource(SOURCE, REASON);
    await assert.rejects(pauses.pauseSource(SOURCE, REASON), is('source.paused'));
    await pauses.resumeSource(SOURCE, { reason: 'right file', caller: CALLER });
    await assert.rejects(pauses.resumeSource(SOURCE, REASON), is('source.not-paused'));
    const acts: unknown[] = [];
    for await (const { action, actor, object, details } of readAudit(bench.test.database))
      acts.push([action, actor, object, JSON.parse(details)]);
    assert.deepEqual(acts, [
      ['source.paused', 'operator:k', SOURCE, { reason: 'wrong year' }],
      ['source.resumed', 'operator:k', SOURCE, { reason: 'right file' }],
    ]);
  });
});

describe('the list of sources', () => {
  let bench: IntakeBench;
  beforeEach(async () => {
    bench = await openIntakeBench();
  });
  afterEach(() => bench.close());
  const entryOf = async (now = NOW): Promise<SourceEntry> => {
    const needs = { ...bench.site, sql: bench.test.database, now };
    const found = (await listSources('market-regulation', needs)).find(({ id }) => id === SOURCE);
    assert.ok(found !== undefined);
    return found;
  };

  it('tells the last batch, and when one was last taken', async () => {
    assert.equal((await entryOf()).lastBatch, null);
    const taken = await bench.ingest(penaltiesCsv([{ n: 1 }]));
    const refused = await bench.ingest(penaltiesCsv([{ n: 2, CF_JDRQ: '' }]));
    assert.equal(refused.status, 'rejected');
    const { lastBatch, lastSuccessAt, lastRunAt } = await entryOf();
    assert.deepEqual(
      [lastBatch?.id, lastBatch?.status, lastBatch?.counts.rejected],
      [refused.id, 'rejected', 1],
    );
    assert.equal(lastSuccessAt?.toISOString(), taken.finishedAt);
    assert.deepEqual(lastRunAt, NOW);
  });

  it('counts failed runs over all orders, until one ends well', async () => {
    const { database } = bench.test;
    const order = { isFull: false, isSweep: false, at: NOW };
    for (let n = 1; n <= 3; n += 1) {
      await orderPull(database, SOURCE, order);
      await failPull(database, { source: SOURCE, at: later(n), retryAt: null, error: 'pull.failed' });
    }
    const { pull, consecutiveFailures } = await entryOf();
    assert.deepEqual([pull?.failures, consecutiveFailures], [1, 3]);
  });

  it('calls a source late whose schedule has passed unused', async () => {
    const fire = { schedule: `folder:${SOURCE}`, dueAt: NOW, nextDueAt: later(10_000), owner: randomUUID() };
    await claimFire(bench.test.database, fire, NOW);
    const { late, nextRunAt } = await entryOf(later(20_000));
    assert.deepEqual([late, nextRunAt], [false, later(10_000)]);
    assert.equal((await entryOf(later(600_000))).late, true);
  });

  it('names the next fire of a schedule that has never fired', async () => {
    assert.ok((await entryOf()).nextRunAt instanceof Date);
  });
});
