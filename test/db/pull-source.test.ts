// The worker of scheduled ways in: what is ordered runs once, by one worker, and again after a failure.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { loadSite } from '../../src/app/site.js';
import { GatewayError } from '../../src/core/errors.js';
import { claimSource } from '../../src/db/source-claims.js';
import { duePulls, orderPull, type PullOrder } from '../../src/db/source-pulls.js';
import { createPullWorker, type PullWorkerNeeds } from '../../src/jobs/pull-source.js';
import { createLogger } from '../../src/platform/logger.js';
import { createTestDatabase, type TestDatabase } from '../helpers/database.js';

const SOURCE = 'market-regulation-penalty';
const ONCE: PullOrder = { isFull: false, isSweep: false };

describe('a scheduled way in', () => {
  let test: TestDatabase;
  let nowMs: number;
  let runs: PullOrder[];
  beforeEach(async () => {
    test = await createTestDatabase();
    nowMs = Date.parse('2026-06-30T04:00:00Z');
    runs = [];
  });
  afterEach(() => test.drop());

  const now = (): Date => new Date(nowMs);
  const order = (what: PullOrder = ONCE): Promise<void> =>
    orderPull(test.database, SOURCE, { ...what, at: now() });
  const worker = (
    pull: (order: PullOrder, signal: AbortSignal) => Promise<void> = async () => undefined,
    replaced: Partial<PullWorkerNeeds> = {},
  ): (() => Promise<void>) => {
    const work = createPullWorker({
      configuration: loadSite('config').configuration,
      database: test.database,
      clock: () => {
        nowMs += 1;
        return new Date(nowMs);
      },
      log: createLogger('silent'),
      owner: randomUUID(),
      signal: new AbortController().signal,
      pullOf: (_source, signal) => async (_same, what) => {
        runs.push({ isFull: what.isFull, isSweep: what.isSweep });
        await pull(what, signal);
      },
      ...replaced,
    });
    return () => work(SOURCE);
  };

  it('runs once more for an order that was given before the run began and is noted after it', async () => {
    const given = now();
    await order();
    const work = worker(async () => {
      if (runs.length === 1)
        await orderPull(test.database, SOURCE, { isFull: false, isSweep: true, at: given });
    });
    await work();
    assert.deepEqual(runs, [ONCE, { isFull: false, isSweep: true }]);
  });

  it('runs once for an order, with what all orders since the last run asked for', async () => {
    await order();
    await order({ isFull: false, isSweep: true });
    await worker()();
    await worker()();
    assert.deepEqual(runs, [{ isFull: false, isSweep: true }]);
    await order();
    await worker()();
    assert.deepEqual(runs.at(-1), ONCE);
  });

  it('runs once more for an order that came while it ran', async () => {
    await order();
    let isFirst = true;
    await worker(async () => {
      nowMs += 1000;
      if (isFirst) await order({ isFull: true, isSweep: false });
      isFirst = false;
    })();
    assert.equal(runs.length, 2);
    assert.equal(runs[1]?.isFull, true);
  });

  it('is run by one worker at a time, and by another when that one is gone', async () => {
    await order();
    await claimSource(test.database, {
      source: `pull:${SOURCE}`,
      owner: randomUUID(),
      now: now(),
      claimMs: 10_000,
    });
    assert.deepEqual(await duePulls(test.database, now()), []);
    await worker()();
    assert.equal(runs.length, 0);
    nowMs += 20_000;
    assert.deepEqual(await duePulls(test.database, now()), [SOURCE]);
    await worker()();
    assert.equal(runs.length, 1);
  });

  it('is tried again after each wait, then left to its schedule, and says why without secrets', async () => {
    await order();
    const fail = worker(async () => {
      throw new Error('password=secret');
    });
    for (let tries = 0; tries < 10; tries += 1) {
      await fail();
      nowMs += 3_600_000;
    }
    assert.equal(runs.length, 5, 'the first try and four more');
    const { rows } = await test.database.query<{ error: string; due_at: Date | null }>(
      'select error, due_at from source_pulls',
    );
    assert.deepEqual(rows, [{ error: 'internal.unexpected', due_at: null }]);
    await order();
    await worker(async () => {
      throw new GatewayError('city.unreachable', 'No answer came.');
    })();
    const told = await test.database.query<{ error: string }>('select error from source_pulls');
    assert.equal(told.rows[0]?.error, 'city.unreachable: No answer came.');
  });

  it('waits as long as a service asks for, within bounds', async () => {
    const waits = async (retryAfterMs: number): Promise<number> => {
      await order();
      await worker(async () => {
        throw new GatewayError('pull.failed', 'Too many requests.', { details: { retryAfterMs } });
      })();
      const { rows } = await test.database.query<{ wait: number }>(
        'select (extract(epoch from due_at - finished_at) * 1000)::float8 as wait from source_pulls',
      );
      nowMs += 86_400_000;
      return rows[0]!.wait;
    };
    assert.deepEqual(
      [await waits(120_000), await waits(1), await waits(86_400_000)],
      [120_000, 10_000, 1_800_000],
    );
  });

  it('runs once more for an order that came while its last try failed', async () => {
    await order();
    const fail = worker(async () => {
      throw new Error('away');
    });
    for (let tries = 0; tries < 4; tries += 1) {
      await fail();
      nowMs += 3_600_000;
    }
    await worker(async () => {
      nowMs += 1000;
      await order({ isFull: true, isSweep: false });
      throw new Error('away');
    })();
    assert.deepEqual(await duePulls(test.database, now()), [SOURCE]);
    await worker()();
    assert.deepEqual(runs.at(-1), { isFull: true, isSweep: false });
  });

  it('stays due where its worker was killed or told to stop', async () => {
    await order();
    const stopping = new AbortController();
    await worker(
      async () => {
        stopping.abort();
        throw new Error('stopped');
      },
      { signal: stopping.signal },
    )();
    assert.deepEqual(await duePulls(test.database, now()), [SOURCE]);
  });
});
