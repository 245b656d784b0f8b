// A record whose last day is over while nothing has ended it: the job failed, was killed, or the clock jumped. Nobody is
// shown what it said, and it is ended soon.
import assert from 'node:assert/strict';
import type { Foundation } from '../../src/app/gateway.js';
import { startLateEndings } from '../../src/app/own-jobs.js';
import type { CloudEvent } from '../../src/feed/cloud-event.js';
import { readFeed } from '../helpers/feed-events.js';
import { endRecords } from '../../src/jobs/end-records.js';
import { createCapturedLogger } from '../helpers/captured-log.js';
import { openForwardingBench } from '../helpers/forwarding.js';
import { openIntakeBench, type IntakeBench } from '../helpers/intake.js';
import { penaltiesCsv } from '../helpers/penalties.js';
import { firstVersions, recordId, writeChunk } from '../helpers/changes.js';
import { until } from '../helpers/until.js';

/** Decided on 2026-05-31 as 轻微: three months, up to and including 2026-08-31. */
const MINOR = { CF_JDRQ: '2026/5/31', CF_GSJZQ: '', CF_SXYZCD: '轻微' } as const;
const TO_YEARS_END = { CF_JDRQ: '2026/6/30', CF_GSJZQ: '2026/12/31', CF_SXYZCD: '一般' } as const;
const LAST_MOMENT = new Date('2026-08-31T23:59:59.999+08:00');
const NEXT_DAY = new Date('2026-09-01T00:00:00+08:00');
const YEARS_LAST_MOMENT = new Date('2026-12-31T23:59:59.999+08:00');
const NEW_YEAR = new Date('2027-01-01T00:00:00+08:00');

describe('a record whose last day is over before anything has ended it', () => {
  let bench: IntakeBench;
  beforeEach(async () => {
    bench = await openIntakeBench();
  });
  afterEach(() => bench.close());

  const ingest = (...rows: Parameters<typeof penaltiesCsv>[0]): Promise<unknown> =>
    bench.ingest(penaltiesCsv(rows, ['CF_SXYZCD']));
  const feed = (now: Date): Promise<CloudEvent[]> =>
    readFeed({ lastEventId: undefined, limit: 1000 }, { sql: bench.test.database, clock: () => now });
  const shown = async (now: Date): Promise<string[]> =>
    (await feed(now)).map(({ method, data }) => `${method} ${data === undefined ? 'empty' : 'full'}`);
  const end = (now: Date): Promise<number> =>
    endRecords({
      database: bench.test.database,
      clock: () => now,
      audit: () => Promise.resolve(),
      onChanges: () => undefined,
      signal: new AbortController().signal,
    });

  it('is shown without data by the feed from the first moment of the next day on', async () => {
    await ingest({ n: 1, ...MINOR }, { n: 2, ...TO_YEARS_END }, { n: 3 });
    assert.deepEqual(await shown(LAST_MOMENT), ['PUT full', 'PUT full', 'PUT full']);
    assert.deepEqual(await shown(NEXT_DAY), ['PUT empty', 'PUT full', 'PUT full']);
    assert.deepEqual(await shown(YEARS_LAST_MOMENT), ['PUT empty', 'PUT full', 'PUT full']);
    assert.deepEqual(await shown(NEW_YEAR), ['PUT empty', 'PUT empty', 'PUT full']);
  });

  it('has the same events before the job has come and after it', async () => {
    await ingest({ n: 1, ...MINOR }, { n: 2 });
    const before = await feed(NEXT_DAY);
    assert.equal(await end(NEXT_DAY), 1);
    const after = await feed(NEXT_DAY);
    assert.deepEqual(after.slice(0, 2), before);
    assert.deepEqual(
      after.map(({ method }) => method),
      ['PUT', 'PUT', 'DELETE'],
    );
  });

  it('is judged by its current version: an earlier one that lasted longer shows nothing, one that ended sooner does', async () => {
    await ingest({ n: 1, ...MINOR, CF_SXYZCD: '一般' }, { n: 2, ...MINOR });
    await ingest({ n: 1, ...MINOR }, { n: 2, ...MINOR, CF_SXYZCD: '一般' });
    assert.deepEqual(await shown(NEXT_DAY), ['PUT empty', 'PUT full', 'PUT empty', 'PUT full']);
  });

  it('is ended soon although its run failed, and until then told once in the log', async () => {
    await ingest({ n: 1, ...MINOR });
    const { database } = bench.test;
    const log = createCapturedLogger();
    let told = 0;
    await database.query('alter table audit_entries rename to audit_gone');
    const foundation = {
      storage: { database },
      clock: () => NEXT_DAY,
      log: log.log,
      signal: new AbortController().signal,
    } as unknown as Foundation;
    const sweep = startLateEndings(foundation, () => void (told += 1), 10);
    const ended = async (): Promise<number> =>
      (await database.query(`select from record_versions where operation = 'd'`)).rows.length;
    try {
      await until(() => log.lines.some(({ msg }) => msg === 'Sweep failed'));
      assert.equal(await ended(), 0);
      await database.query('alter table audit_gone rename to audit_entries');
      await until(async () => (await ended()) === 1);
      await until(() => log.lines.some(({ msg }) => msg === 'Sweep works again'));
    } finally {
      await sweep.stop();
    }
    assert.equal(told, 1);
    assert.equal(log.lines.filter(({ msg }) => msg === 'Sweep failed').length, 1);
  });
});

describe('forwarding a record whose last day is over before anything has ended it', () => {
  it('sends its end and nothing of what it said, also where the message had been planned before', async () => {
    const bench = await openForwardingBench();
    try {
      const atCity = (n: number): string[] =>
        (bench.city.records.get(recordId(n)) ?? []).map(
          ({ version, operation }) => `${version} ${operation}`,
        );
      await writeChunk(bench.test.database, { changes: firstVersions(3) });
      await bench.query(`update record_versions set ends_on = '2026-06-30' where record_id <> $1`, [
        recordId(3),
      ]);
      bench.city.behave({ mode: 'error-500', times: 1 });
      await bench.forwarder().work();
      assert.equal(bench.city.records.size, 0);
      bench.now = new Date('2026-07-01T00:00:00+08:00');
      await bench.forwarder().work();
      assert.deepEqual([1, 2, 3].map(atCity), [['1 delete'], ['1 delete'], ['1 upsert']]);
      const bodies = bench.messages.flatMap(({ body }) => body).filter(({ id }) => id !== recordId(3));
      assert.ok(bodies.every(({ data }) => Object.keys(data).length === 0));
      await endRecords({
        database: bench.test.database,
        clock: () => bench.now,
        audit: () => Promise.resolve(),
        onChanges: () => undefined,
        signal: new AbortController().signal,
      });
      await bench.forwarder().work();
      assert.deepEqual([1, 2, 3].map(atCity), [
        ['1 delete', '2 delete'],
        ['1 delete', '2 delete'],
        ['1 upsert'],
      ]);
      assert.deepEqual(await bench.query('select delivered from batch_deliveries'), [{ delivered: 3 }]);
    } finally {
      await bench.close();
    }
  });
});
