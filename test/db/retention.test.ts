// What is past its retention is deleted in portions, written down, and said clearly afterwards.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { feedViews } from '../../src/app/feed-views.js';
import { requireKept, requireProblemsKept } from '../../src/app/kept.js';
import { bindReports } from '../../src/app/reports.js';
import type { Storage } from '../../src/app/storage.js';
import type { Retention } from '../../src/core/configuration.js';
import type { KeptDays, TypeKeeping } from '../../src/core/keeping.js';
import { isGatewayError } from '../../src/core/errors.js';
import { readBatch } from '../../src/db/batches.js';
import { readFeed } from '../helpers/feed-events.js';
import type { CloudEvent } from '../../src/feed/cloud-event.js';
import { applyRetention } from '../../src/jobs/apply-retention.js';
import type { RetentionNeeds } from '../../src/jobs/retention-step.js';
import type { AuditAct } from '../../src/core/audit-entry.js';
import { appendAudits } from '../../src/db/audit.js';
import { replaceFile } from '../../src/db/original-files.js';
import { until } from '../helpers/until.js';
import { recordId, writeChunk } from '../helpers/changes.js';
import { NOW, openIntakeBench, type IntakeBench } from '../helpers/intake.js';
import { KEPT_FOR_GOOD } from '../helpers/kept-for-good.js';
import { penaltiesCsv } from '../helpers/penalties.js';

const DAY_MS = 86_400_000;
/** The catalogue of a site that keeps problems of penalties for so long. */
const penaltyKept = (problemsDays: KeptDays): TypeKeeping[] => [
  { type: 'administrative-penalty', retention: { problemsDays, oldVersionsDays: 'unlimited' } },
];

const storageOf = ({ test, originals, sealer }: IntakeBench): Omit<Storage, 'signer'> => ({
  database: test.database,
  originals,
  sealer,
});

describe('retention', () => {
  let bench: IntakeBench;
  let acts: AuditAct[];
  beforeEach(async () => {
    bench = await openIntakeBench();
    acts = [];
  });
  afterEach(() => bench.close());

  const apply = (
    days: number,
    retention: Partial<Retention>,
    options: Partial<RetentionNeeds> = {},
  ): Promise<void> =>
    applyRetention({
      database: bench.test.database,
      originals: bench.originals,
      retention: { ...KEPT_FOR_GOOD, ...retention },
      catalogue: [],
      views: [],
      clock: () => new Date(NOW.getTime() + days * DAY_MS),
      audit: async (sql, entries) => {
        await appendAudits(sql, entries);
        acts.push(...entries);
      },
      signal: new AbortController().signal,
      ...options,
    });
  const count = async (table: string): Promise<number> => {
    const { rows } = await bench.test.database.query<{ n: number }>(`select count(*) as n from ${table}`);
    return rows[0]!.n;
  };
  const faulty = (rows: number, from = 0): string =>
    penaltiesCsv(
      Array.from({ length: rows }, (_, n) => ({ n: n + from, ...(n === 0 ? {} : { CF_JDRQ: '' }) })),
    );
  const told = (): [string, string, unknown][] =>
    acts.map(({ action, object, details }) => [action, object, details?.['count']]);
  const isGone = (error: unknown): boolean => isGatewayError(error, 'batch.past-retention');

  describe('of a batch', () => {
    it('deletes the original on its day, and not a day before', async () => {
      const { id } = await bench.ingest(faulty(2));
      await apply(10, { originals: { days: 10 } });
      await bench.originals.open(id);
      await apply(10.001, { originals: { days: 10 } });
      await assert.rejects(bench.originals.open(id));
      assert.deepEqual(told(), [
        ['original.deletion-ordered', id, 1],
        ['original.deleted', id, 1],
      ]);
      const batch = await readBatch(bench.test.database, id);
      assert.ok(batch);
      assert.throws(() => requireKept(batch, { original: true, problems: false }), isGone);
      requireKept(batch, { original: false, problems: true });
      const reports = bindReports({ site: bench.site, clock: () => NOW, storage: storageOf(bench) });
      const out = new PassThrough();
      await assert.rejects(reports.writeCorrection(id, { onlyFaulty: false }, out), isGone);
      await apply(20, { originals: { days: 10 } });
      assert.equal(acts.length, 2, 'once');
    });

    it('deletes rejected rows and problems in portions, and writes each down', async () => {
      const { id } = await bench.ingest(faulty(8));
      assert.equal(await count('rejected_rows'), 7);
      await apply(31, { rejectedRows: { days: 30 } }, { rowsAtOnce: 3 });
      assert.equal(await count('rejected_rows'), 0);
      assert.equal(await count('row_problems'), 7, 'these are kept for longer');
      assert.deepEqual(told(), [
        ['rejected-rows.deleted', id, 3],
        ['rejected-rows.deleted', id, 3],
        ['rejected-rows.deleted', id, 1],
      ]);
      await requireProblemsKept(bench.test.database, id);
      await apply(31, { problems: { days: 30 } }, { rowsAtOnce: 3 });
      assert.equal(await count('row_problems'), 0);
      await assert.rejects(requireProblemsKept(bench.test.database, id), isGone);
      const { problemsCsv } = bindReports({ site: bench.site, clock: () => NOW, storage: storageOf(bench) });
      await assert.rejects(text(Readable.from(problemsCsv(id))), isGone);
      assert.equal((await bench.view(id)).counts.rejected, 7, 'the account stays');
    });

    it('deletes what the city said with the problems', async () => {
      const { id } = await bench.ingest(faulty(3));
      const { database } = bench.test;
      for (const position of [1, 2, 3])
        await database.query(`insert into refusals values ('city', $1, $2, 1, $3, 2, 'E1', 'words', now())`, [
          position,
          randomUUID(),
          id,
        ]);
      await apply(31, { problems: { days: 30 } }, { rowsAtOnce: 2 });
      assert.equal((await count('row_problems')) + (await count('refusals')), 0);
      assert.deepEqual(
        told().map(([, , n]) => n),
        [2, 2, 1, 0],
        'the last two portions are faults as well',
      );
    });

    it('deletes with the problems what tells whether a fault has come again', async () => {
      const { id } = await bench.ingest(faulty(5));
      assert.equal(await count('source_faults'), 4);
      await apply(29, { problems: { days: 30 } });
      assert.equal(await count('source_faults'), 4);
      await apply(31, { problems: { days: 30 } }, { rowsAtOnce: 3 });
      assert.equal(await count('source_faults'), 0);
      assert.deepEqual(
        acts.map(({ action, object, details }) => [action, object, details]),
        [
          ['problems.deleted', id, { count: 3, faults: 0 }],
          ['problems.deleted', id, { count: 1, faults: 2 }],
          ['problems.deleted', id, { count: 0, faults: 2 }],
        ],
      );
    });

    it('deletes what the city refused of own changes as long after as problems, by type, and writes it down', async () => {
      const { database } = bench.test;
      await writeChunk(database, { changes: [{ recordId: recordId(1) }] });
      const refuse = (position: number): Promise<unknown> =>
        database.query(`insert into refusals values ('city', $1, $2, 1, null, 2, 'E1', 'words', $3)`, [
          position,
          position === 1 ? recordId(1) : randomUUID(),
          NOW,
        ]);
      for (const position of [1, 2, 3, 4]) await refuse(position);
      const problems = { days: 10 };
      const catalogue = penaltyKept(30);
      await apply(9, { problems }, { catalogue });
      assert.equal(await count('refusals'), 4);
      await apply(11, { problems }, { catalogue, rowsAtOnce: 2 });
      assert.equal(await count('refusals'), 1, 'that of the penalty stays');
      await apply(31, { problems }, { catalogue });
      assert.equal(await count('refusals'), 0);
      assert.deepEqual(told(), [
        ['refusals.deleted', 'own-changes', 2],
        ['refusals.deleted', 'own-changes', 1],
        ['refusals.deleted', 'own-changes', 1],
      ]);
    });

    it('holds nobody up while an original is being removed, however long that takes', async () => {
      const { id } = await bench.ingest(faulty(2));
      let letGo = (): void => undefined;
      const isHanging = new Promise<void>((resolve) => (letGo = resolve));
      let isRemoving = false;
      const remove = async (batch: string): Promise<void> => {
        isRemoving = true;
        await isHanging;
        await bench.originals.remove(batch);
      };
      const all = { originals: { days: 1 }, rejectedRows: { days: 1 } };
      const applied = apply(100, all, { originals: { remove } });
      try {
        await until(() => isRemoving);
        assert.equal(await count('rejected_rows'), 0, 'everything else is deleted');
        const other = await bench.ingest(faulty(2, 50));
        assert.equal(other.status, 'partially-accepted');
        assert.deepEqual(told()[0], ['original.deletion-ordered', id, 1]);
      } finally {
        letGo();
        await applied;
      }
      assert.deepEqual(told().at(-1), ['original.deleted', id, 1]);
      await assert.rejects(bench.originals.open(id));
    });

    it('is read by nobody once its deletion is ordered; one that cannot be removed is removed by the next run', async () => {
      const ids = [];
      for (const from of [0, 100]) ids.push((await bench.ingest(faulty(2, from))).id);
      const [stuck = '', other = ''] = ids;
      const remove = (batch: string): Promise<void> =>
        batch === stuck ? Promise.reject(new Error('the storage is away')) : bench.originals.remove(batch);
      const originals = { days: 1 };
      await assert.rejects(apply(100, { originals }, { originals: { remove } }), /1 originals/);
      await bench.originals.open(stuck);
      await assert.rejects(bench.originals.open(other));
      const batch = await readBatch(bench.test.database, stuck);
      assert.ok(batch);
      assert.throws(() => requireKept(batch, { original: true, problems: false }), isGone);
      acts = [];
      await apply(100, { originals });
      await assert.rejects(bench.originals.open(stuck));
      assert.deepEqual(told(), [['original.deleted', stuck, 1]]);
    });

    it('is not brought back by a reseal, whichever of the two comes first', async () => {
      const { database } = bench.test;
      const { id } = await bench.ingest(faulty(2));
      let isRemoved = false;
      const remove = async (batch: string): Promise<void> => {
        await bench.originals.remove(batch);
        isRemoved = true;
      };
      let applied = Promise.resolve();
      const isWaiting = async (): Promise<boolean> => {
        const { rowCount } = await database.query(
          `select from pg_locks where locktype = 'advisory' and not granted and classid = 727005`,
        );
        return rowCount === 1;
      };
      await bench.originals.reseal(id, (replace) =>
        replaceFile(database, id, async () => {
          applied = apply(100, { originals: { days: 1 } }, { originals: { remove } });
          await until(async () => isRemoved || (await isWaiting()));
          // What stands between looking for the file and putting the new one there.
          await replace().catch(() => bench.originals.write(id, Readable.from(['brought back'])));
        }),
      );
      await applied;
      await assert.rejects(bench.originals.open(id));
      const second = await bench.ingest(faulty(2, 50));
      const failing = (): Promise<void> => Promise.reject(new Error('not yet'));
      await assert.rejects(apply(100, { originals: { days: 1 } }, { originals: { remove: failing } }));
      const replaced = bench.originals.reseal(second.id, (replace) =>
        replaceFile(database, second.id, replace),
      );
      await assert.rejects(replaced, isGone);
    });

    it('lasts as long as its type says, where its type says so', async () => {
      const penalty = await bench.ingest(faulty(2));
      const catalogue = penaltyKept(100);
      await apply(50, { problems: { days: 10 } }, { catalogue });
      assert.equal(await count('row_problems'), 1);
      await apply(50, { problems: { days: 10 } }, { catalogue: penaltyKept('unlimited') });
      assert.equal(await count('row_problems'), 1);
      await apply(101, { problems: { days: 1000 } }, { catalogue });
      assert.deepEqual(told(), [['problems.deleted', penalty.id, 1]]);
    });

    it('touches none that has not settled or is held', async () => {
      const all = { originals: { days: 1 }, rejectedRows: { days: 1 }, problems: { days: 1 } };
      const waiting = await bench.receive(faulty(2));
      const { id: held } = await bench.ingest(faulty(300, 1000));
      await bench.test.database.query(
        `update batches set status = 'held', finished_at = received_at where id = $1`,
        [held],
      );
      await bench.test.database.query(
        `update batches set status = 'processing', finished_at = null where id = $1`,
        [waiting],
      );
      await apply(100, all);
      for (const id of [waiting, held]) await bench.originals.open(id);
      assert.deepEqual(told(), []);
    });

    it('deletes nothing that cannot be written down', async () => {
      const { id } = await bench.ingest(faulty(3));
      const all = { originals: { days: 1 }, rejectedRows: { days: 1 } };
      const audit = (): Promise<void> => Promise.reject(new Error('no audit log'));
      await assert.rejects(apply(100, all, { audit }), /no audit log/);
      await bench.originals.open(id);
      assert.equal(await count('rejected_rows'), 2);
      await apply(100, all);
      assert.equal(await count('rejected_rows'), 0);
    });

    it('is done once where two jobs run at once', async () => {
      for (const from of [0, 100, 200]) await bench.ingest(faulty(5, from));
      const all = { originals: { days: 1 }, rejectedRows: { days: 1 }, problems: { days: 1 } };
      await Promise.all([1, 2].map(() => apply(100, all, { rowsAtOnce: 2 })));
      await apply(100, all);
      const sum = (action: string): number =>
        acts
          .filter((entry) => entry.action === action)
          .reduce((total, { details }) => total + Number(details?.['count']), 0);
      assert.deepEqual(
        ['original.deleted', 'rejected-rows.deleted', 'problems.deleted'].map(sum),
        [3, 12, 12],
      );
    });
  });

  describe('of old versions', () => {
    const ingest = (remark: string): Promise<unknown> =>
      bench.ingest(penaltiesCsv([{ n: 1, BZ: remark }, { n: 2 }]));
    const versions = async (): Promise<[number, boolean][]> => {
      const { rows } = await bench.test.database.query<{ version: number; empty: boolean }>(
        `select version, data = '{}' as empty from record_versions order by record_id, version`,
      );
      return rows.map(({ version, empty }) => [version, empty]);
    };
    const feed = (lastEventId?: string): Promise<CloudEvent[]> =>
      readFeed({ lastEventId, limit: 1000 }, { sql: bench.test.database, clock: () => NOW });

    it('deletes what they said and never the current one; their events stay, without data', async () => {
      await ingest('一');
      await ingest('二');
      await apply(10, { oldVersions: { days: 10 } });
      assert.ok((await versions()).every(([, empty]) => !empty));
      await apply(11, { oldVersions: { days: 10 } });
      assert.deepEqual((await versions()).filter(([, empty]) => empty).length, 1);
      const events = await feed();
      assert.deepEqual(
        events.map(({ recordversion, data }) => [recordversion, data !== undefined]),
        [
          [1, false],
          [1, true],
          [2, true],
        ],
      );
      assert.equal(acts[0]?.action, 'old-versions.deleted');
      assert.equal(acts.length, 1);
      assert.equal((await bench.ingest(penaltiesCsv([{ n: 1, BZ: '二' }]))).counts.unchanged, 1);
    });

    it('deletes nothing that the city is still to be sent', async () => {
      await ingest('一');
      await ingest('二');
      const { database } = bench.test;
      await database.query(`insert into destinations (id, planned_to) values ('city', 2)`);
      await apply(100, { oldVersions: { days: 10 } });
      assert.ok(
        (await versions()).every(([, empty]) => !empty),
        'not planned yet',
      );
      await database.query('update destinations set planned_to = 3');
      await database.query(`insert into changes_waiting values ('city', 3, $1, 'a', 't')`, [recordId(1)]);
      await apply(100, { oldVersions: { days: 10 } });
      assert.ok(
        (await versions()).every(([, empty]) => !empty),
        'waiting',
      );
      await database.query('delete from changes_waiting');
      await apply(100, { oldVersions: { days: 10 } });
      assert.equal((await versions()).filter(([, empty]) => empty).length, 1);
    });

    it('leaves the feed whole unless it has a retention of its own, and then says where it begins', async () => {
      const { database } = bench.test;
      await ingest('一');
      await ingest('二');
      await writeChunk(database, {
        changes: [{ recordId: recordId(9) }],
        committedAt: new Date(NOW.getTime() + 95 * DAY_MS),
      });
      await database.query(`insert into destinations (id, planned_to) values ('city', 4)`);
      await apply(100, { oldVersions: { days: 10 } });
      assert.equal((await feed()).length, 4);
      await apply(100, { feed: { days: 10 } });
      assert.deepEqual(told().at(-1), ['events.deleted', 'feed', 3]);
      assert.equal((await versions()).length, 3, 'the event of the old version is gone');
      for (const lastEventId of [undefined, '0', '2'])
        await assert.rejects(feed(lastEventId), (error) => {
          assert.ok(isGatewayError(error, 'feed.past-retention'));
          assert.deepEqual(error.details, { oldestPosition: '4', lastEventId: '3' });
          return true;
        });
      assert.deepEqual(
        (await feed('3')).map(({ id }) => id),
        ['4'],
      );
      assert.deepEqual(await feed('4'), []);
      assert.equal((await bench.ingest(penaltiesCsv([{ n: 2 }]))).counts.unchanged, 1, 'records are kept');
    });

    it('begins the feed behind nothing that somebody is still to be sent', async () => {
      const { database } = bench.test;
      await ingest('一');
      await ingest('二');
      await apply(100, { feed: { days: 10 } });
      assert.equal((await feed()).length, 3, 'nobody has been sent anything');
      await database.query(`insert into destinations (id, planned_to) values ('city', 2)`);
      await apply(100, { feed: { days: 10 } });
      assert.deepEqual(
        (await feed('2')).map(({ id }) => id),
        ['3'],
      );
    });

    it('drops an old version whose event is before the beginning of the feed', async () => {
      const { database } = bench.test;
      await ingest('一');
      await ingest('二');
      await database.query(`insert into destinations (id, planned_to) values ('city', 3)`);
      await apply(100, { feed: { days: 10 } });
      assert.equal((await versions()).length, 3, 'old versions are kept for longer');
      await apply(100, { oldVersions: { days: 10 } });
      assert.equal((await versions()).length, 2);
    });

    for (const [first, second] of [
      [{ feed: { days: 10 } }, { oldVersions: { days: 3 } }],
      [{ oldVersions: { days: 3 } }, { feed: { days: 10 } }],
    ] satisfies Partial<Retention>[][])
      it(`tells nobody of the end of what it never saw once the version before is gone, ${Object.keys(first!)[0]} first`, async () => {
        const { database } = bench.test;
        const view = feedViews(bench.site.configuration)('agency');
        const reader = { sql: database, clock: () => NOW };
        const ofAgency = async (): Promise<string[]> =>
          (await readFeed({ lastEventId: '5', limit: 1000, view }, reader)).map(
            ({ method, subject, recordversion }) => `${method} ${subject.at(-1)} ${recordversion}`,
          );
        const closed = (n: number, version = 1) => ({ recordId: recordId(n), version, openness: 2 }) as const;
        await writeChunk(database, {
          changes: [closed(1), { recordId: recordId(2) }, closed(3), closed(3, 2), closed(4)],
          committedAt: NOW,
        });
        await writeChunk(database, {
          changes: [closed(1, 2), closed(2, 2), closed(3, 3), { recordId: recordId(4), version: 2 }],
          committedAt: new Date(NOW.getTime() + 95 * DAY_MS),
        });
        await database.query(`insert into destinations (id, planned_to) values ('city', 9)`);
        const before = await ofAgency();
        assert.deepEqual(before, ['DELETE 2 2', 'PUT 4 2']);
        for (const retention of [first, second]) await apply(100, retention!);
        assert.deepEqual(
          (await versions()).map(([version]) => version),
          [2, 2, 3, 2],
          'the versions before are gone',
        );
        assert.deepEqual(await ofAgency(), before);
      });
  });
});
