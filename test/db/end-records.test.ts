// Records whose last day is over: they leave by themselves, once, through the change log, whoever runs when.
import assert from 'node:assert/strict';
import { readDeliveries } from '../../src/db/deliveries.js';
import { readFeed } from '../helpers/feed-events.js';
import type { CloudEvent } from '../../src/feed/cloud-event.js';
import type { AuditAct } from '../../src/core/audit-entry.js';
import { appendAudits } from '../../src/db/audit.js';
import { endRecords, type EndingNeeds } from '../../src/jobs/end-records.js';
import { NOW, openIntakeBench, type IntakeBench } from '../helpers/intake.js';
import { penaltiesCsv } from '../helpers/penalties.js';

/** Decided on 2026-05-31 as 轻微: three months, up to and including 2026-08-31. */
const MINOR = { CF_JDRQ: '2026/5/31', CF_GSJZQ: '', CF_SXYZCD: '轻微' } as const;
const LAST_MOMENT = new Date('2026-08-31T23:59:59.999+08:00');
const NEXT_DAY = new Date('2026-09-01T00:00:00+08:00');

const csvOf = (...rows: Parameters<typeof penaltiesCsv>[0]): string => penaltiesCsv(rows, ['CF_SXYZCD']);

describe('records whose last day is over', () => {
  let bench: IntakeBench;
  let acts: AuditAct[];
  let told: number;
  beforeEach(async () => {
    bench = await openIntakeBench();
    acts = [];
    told = 0;
  });
  afterEach(() => bench.close());

  const end = (now: Date, options: Partial<EndingNeeds> = {}): Promise<number> =>
    endRecords({
      database: bench.test.database,
      clock: () => now,
      audit: async (sql, entries) => {
        await appendAudits(sql, entries);
        acts.push(...entries);
      },
      onChanges: () => (told += 1),
      signal: new AbortController().signal,
      ...options,
    });
  const feed = (): Promise<CloudEvent[]> =>
    readFeed({ lastEventId: undefined, limit: 1000 }, { sql: bench.test.database, clock: () => NOW });
  const endsOf = async (): Promise<(string | null)[]> => {
    const { rows } = await bench.test.database.query<{ day: string | null }>(
      'select ends_on::text as day from record_versions order by row_number, version',
    );
    return rows.map(({ day }) => day);
  };
  const methods = async (): Promise<string[]> => (await feed()).map(({ method }) => method);

  it('are told by class and day, or by what the record states, and by nothing else', async () => {
    await bench.ingest(
      csvOf(
        { n: 1, ...MINOR },
        { n: 2, CF_JDRQ: '2026/6/30', CF_GSJZQ: '2028/1/1', CF_SXYZCD: '一般' },
        { n: 3, CF_JDRQ: '2026/6/30', CF_GSJZQ: '2028/1/1' },
        { n: 4, CF_JDRQ: '2026/6/30', CF_GSJZQ: '长期' },
        { n: 5, CF_JDRQ: '2026/6/30', CF_GSJZQ: '', CF_YXQ: '2026/7/1' },
      ),
    );
    assert.deepEqual(await endsOf(), ['2026-08-31', '2027-06-30', '2028-01-01', null, null]);
  });

  it('end as their next day begins in Shanghai, not a moment before', async () => {
    await bench.ingest(csvOf({ n: 1, ...MINOR }, { n: 2 }));
    assert.equal(await end(LAST_MOMENT), 0);
    assert.deepEqual(await methods(), ['PUT', 'PUT']);
    assert.equal(await end(NEXT_DAY), 1);
    const events = await feed();
    assert.deepEqual(
      events.map(({ id, method, recordversion }) => [id, method, recordversion]),
      [
        ['1', 'PUT', 1],
        ['2', 'PUT', 1],
        ['3', 'DELETE', 2],
      ],
    );
    assert.equal(events[0]?.data, undefined, 'what has ended comes without its data');
    assert.equal(events[2]?.agency, 'market-regulation', 'it stays the record of its agency');
    assert.equal(events[2].subject, events[0]?.subject);
    assert.equal(told, 1);
  });

  it('are amended to the last moment, and by nobody after it, whether the night has run or not', async () => {
    await bench.ingest(csvOf({ n: 1, ...MINOR }));
    const deliver = async (reason: string, now: Date): Promise<Record<string, number>> => {
      const id = await bench.receive(csvOf({ n: 1, ...MINOR, CF_SY: reason }));
      await bench.work({ clock: () => now });
      const { counts } = await bench.view(id);
      return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
    };
    assert.deepEqual(await deliver('更正一', LAST_MOMENT), { received: 1, amended: 1 });
    assert.deepEqual(await deliver('更正二', NEXT_DAY), { received: 1, stale: 1 });
    assert.deepEqual(await deliver('更正一', NEXT_DAY), { received: 1, stale: 1 });
    assert.equal(await end(NEXT_DAY), 1);
    assert.deepEqual(await deliver('更正三', NEXT_DAY), { received: 1, stale: 1 });
    assert.deepEqual(await methods(), ['PUT', 'PUT', 'DELETE']);
  });

  it('end once, however often one looks', async () => {
    await bench.ingest(csvOf({ n: 1, ...MINOR }));
    assert.equal(await end(NEXT_DAY), 1);
    assert.equal(await end(NEXT_DAY), 0);
    assert.equal(await end(new Date('2030-01-01T00:00:00Z')), 0);
    assert.deepEqual(await methods(), ['PUT', 'DELETE']);
  });

  it('are caught up however late one looks, over the end of a year and a leap day', async () => {
    await bench.ingest(
      csvOf(
        { n: 1, ...MINOR },
        { n: 2, CF_JDRQ: '2026/6/30', CF_GSJZQ: '2026/12/31', CF_SXYZCD: '一般' },
        { n: 3, CF_JDRQ: '2026/6/30', CF_GSJZQ: '2028/2/29', CF_SXYZCD: '严重' },
      ),
    );
    assert.equal(await end(new Date('2026-12-31T15:59:59Z')), 1);
    assert.equal(await end(new Date('2026-12-31T16:00:00Z')), 1);
    assert.equal(await end(new Date('2028-02-29T15:59:59Z')), 0);
    assert.equal(await end(new Date('2028-03-15T00:00:00Z')), 1);
  });

  it('are written down with their number, in the transaction in which they end', async () => {
    await bench.ingest(csvOf({ n: 1, ...MINOR }, { n: 2, ...MINOR }));
    const broken = end(NEXT_DAY, { audit: () => Promise.reject(new Error('no audit log')) });
    await assert.rejects(broken, /no audit log/);
    assert.deepEqual(await methods(), ['PUT', 'PUT'], 'what is not written down does not happen');
    assert.equal(await end(NEXT_DAY), 2);
    assert.deepEqual(acts, [
      {
        at: NEXT_DAY,
        actor: 'gateway',
        action: 'records.ended',
        object: 'market-regulation/administrative-penalty',
        details: { records: 2 },
      },
    ]);
  });

  it('are not brought back by a later delivery, and withdrawing them changes nothing', async () => {
    const csv = csvOf({ n: 1, ...MINOR });
    await bench.ingest(csv);
    await end(NEXT_DAY);
    const again = await bench.ingest(csv);
    assert.equal(again.counts.stale, 1);
    assert.deepEqual(
      (await bench.problems(again.id)).problems.map(({ code }) => code),
      ['record.ended'],
    );
    const corrected = await bench.ingest(csvOf({ n: 1, ...MINOR, BZ: '更正' }));
    assert.equal(corrected.counts.stale, 1);
    const withdrawn = await bench.ingest(
      penaltiesCsv([{ n: 1, ...MINOR, 操作: '撤销' }], ['CF_SXYZCD', '操作']),
    );
    assert.equal(withdrawn.counts.unchanged, 1);
    assert.deepEqual(await methods(), ['PUT', 'DELETE']);
  });

  it('are judged by their current version alone', async () => {
    await bench.ingest(csvOf({ n: 1, ...MINOR }, { n: 2, ...MINOR }));
    await bench.ingest(
      penaltiesCsv(
        [
          { n: 1, ...MINOR, CF_SXYZCD: '一般' },
          { n: 2, ...MINOR, 操作: '撤销' },
        ],
        ['CF_SXYZCD', '操作'],
      ),
    );
    assert.equal(await end(NEXT_DAY), 0, 'one lasts longer now, one was withdrawn');
    assert.equal(await end(new Date('2027-06-01T00:00:00+08:00')), 1);
    assert.deepEqual(await methods(), ['PUT', 'PUT', 'PUT', 'DELETE', 'DELETE']);
  });

  it('end in portions, those of each owner apart, without a hole in the positions', async () => {
    await bench.ingest(csvOf(...Array.from({ length: 7 }, (_, n) => ({ n, ...MINOR }))));
    await bench.ingest(csvOf(...Array.from({ length: 6 }, (_, n) => ({ n: n + 100, ...MINOR }))), {
      sourceId: 'ecology-environment-penalty',
    });
    assert.equal(await end(NEXT_DAY, { versionsAtOnce: 5 }), 13);
    const events = await feed();
    assert.deepEqual(
      events.map(({ id }) => Number(id)),
      Array.from({ length: 26 }, (_, n) => n + 1),
    );
    const deleted = events.filter(({ method }) => method === 'DELETE').map(({ agency }) => agency);
    assert.deepEqual(deleted.sort(), [
      ...Array<string>(6).fill('ecology-environment'),
      ...Array<string>(7).fill('market-regulation'),
    ]);
    assert.equal(new Set(events.map(({ subject, method }) => `${subject} ${method}`)).size, 26);
  });

  it('end once where two jobs run at once', async () => {
    await bench.ingest(csvOf(...Array.from({ length: 40 }, (_, n) => ({ n, ...MINOR }))));
    const ended = await Promise.all([1, 2, 3].map(() => end(NEXT_DAY, { versionsAtOnce: 3 })));
    assert.equal(
      ended.reduce((sum, count) => sum + count, 0),
      40,
    );
    assert.equal((await methods()).filter((method) => method === 'DELETE').length, 40);
  });

  it('end later where the job was killed in the middle, nothing half done', async () => {
    await bench.ingest(csvOf(...Array.from({ length: 6 }, (_, n) => ({ n, ...MINOR }))));
    const { database } = bench.test;
    let portions = 0;
    const killed = end(NEXT_DAY, {
      versionsAtOnce: 2,
      audit: async (sql) => {
        portions += 1;
        if (portions === 2) await sql.query('select pg_terminate_backend(pg_backend_pid())');
      },
    });
    await assert.rejects(killed);
    const { rows } = await database.query(
      `select (select count(*) from chunks where origin = 'ended') as chunks,
              (select count(*) from record_versions where operation = 'd') as ended`,
    );
    assert.deepEqual(rows, [{ chunks: 1, ended: 2 }]);
    assert.equal(await end(NEXT_DAY), 4);
    assert.equal((await methods()).length, 12);
  });

  it('give way to a delivery that amends one of them at the same moment', async () => {
    await bench.ingest(csvOf({ n: 1, ...MINOR }, { n: 2, ...MINOR }));
    let amended = false;
    const ended = await end(NEXT_DAY, {
      database: {
        ...bench.test.database,
        transaction: (work) =>
          bench.test.database.transaction((connection) =>
            work(
              new Proxy(connection, {
                get: (target, name) => {
                  const value: unknown = Reflect.get(target, name);
                  if (name !== 'query')
                    return typeof value === 'function' ? (value.bind(target) as unknown) : value;
                  return async (text: string, values: unknown[]) => {
                    const result = await target.query(text, values);
                    // Between the look at what is due and the writing of it.
                    if (!amended && text.includes('for update skip locked')) {
                      amended = true;
                      await bench.ingest(csvOf({ n: 1, ...MINOR, CF_SXYZCD: '一般' }));
                    }
                    return result;
                  };
                },
              }),
            ),
          ),
      },
    });
    assert.equal(ended, 1);
    assert.deepEqual(await methods(), ['PUT', 'PUT', 'PUT', 'DELETE']);
  });

  it('are no part of the account of any batch', async () => {
    const { id } = await bench.ingest(csvOf({ n: 1, ...MINOR }));
    await end(NEXT_DAY);
    assert.deepEqual(await readDeliveries(bench.test.database, id), {
      pending: 1,
      delivered: 0,
      rejected: 0,
    });
    const { rows } = await bench.test.database.query(
      'select batch_id, origin from chunks order by id desc limit 1',
    );
    assert.deepEqual(rows, [{ batch_id: null, origin: 'ended' }]);
  });
});
