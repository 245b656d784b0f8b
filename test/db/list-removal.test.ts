// A removal from a list is a decision of its own: it ends the entry that it names, and no other, whichever of the two
// comes first.
import assert from 'node:assert/strict';
import type { BatchView } from '../../src/app/batch-view.js';
import type { Foundation } from '../../src/app/gateway.js';
import { bindRecordDecisions } from '../../src/app/record-decisions.js';
import type { CloudEvent } from '../../src/feed/cloud-event.js';
import { createLogger } from '../../src/platform/logger.js';
import { readFeed } from '../helpers/feed-events.js';
import type { Database } from '../../src/db/pool.js';
import { until } from '../helpers/until.js';
import { NOW, openIntakeBench, type IntakeBench } from '../helpers/intake.js';
import { ENTRY, HEADINGS, REMOVAL } from '../helpers/list-entries.js';

describe('a removal from a list', () => {
  let bench: IntakeBench;
  beforeEach(async () => {
    bench = await openIntakeBench();
  });
  afterEach(() => bench.close());

  const SOURCE = 'market-regulation-serious-dishonesty-list-entry';
  const ingest = (...rows: string[]): Promise<BatchView> => ingestFrom(SOURCE, ...rows);
  const ingestFrom = (sourceId: string, ...rows: string[]): Promise<BatchView> =>
    bench.ingest([HEADINGS, ...rows].join('\r\n'), { sourceId });
  const feed = (): Promise<CloudEvent[]> =>
    readFeed({ lastEventId: undefined, limit: 1000 }, { sql: bench.test.database, clock: () => NOW });
  const events = async (): Promise<string[]> => {
    const all = await feed();
    const subjects = [...new Set(all.map(({ subject }) => subject))];
    return all.map(({ method, subject, data }) =>
      [method, subjects.indexOf(subject), data === undefined ? 'empty' : 'full'].join(' '),
    );
  };
  const codesOf = async ({ id }: BatchView): Promise<string[]> =>
    (await bench.problems(id)).problems.map(({ code }) => code);

  it('ends its entry, which an earlier file brought, and stays itself', async () => {
    await ingest(ENTRY);
    const batch = await ingest(REMOVAL);
    assert.deepEqual(await codesOf(batch), []);
    assert.equal(batch.counts.new, 1);
    assert.deepEqual(await events(), ['PUT 0 empty', 'PUT 1 full', 'DELETE 0 empty']);
    const again = await ingest(ENTRY, REMOVAL);
    assert.deepEqual(
      [again.counts.stale, again.counts.unchanged],
      [1, 1],
      'a full export brings nothing back',
    );
  });

  it('ends an entry of its own file, in any number of chunks', async () => {
    await ingest(ENTRY, REMOVAL);
    assert.deepEqual(await events(), ['PUT 0 empty', 'PUT 1 full', 'DELETE 0 empty']);
  });

  it('ends no entry of another list, subject or number, and says that it knows none', async () => {
    await ingest(ENTRY);
    const others = [
      REMOVAL.replace('津滨市监列〔2026〕1号', '津滨市监列〔2026〕99号'),
      REMOVAL.replace('91120116MA6100009L', '91120116MA61000335').replace('移〔2026〕4号', '移〔2026〕5号'),
    ];
    const batch = await ingest(...others);
    assert.equal(batch.counts.new, 2);
    assert.deepEqual(await codesOf(batch), ['list.unknown-entry', 'list.unknown-entry']);
    assert.deepEqual(await events(), ['PUT 0 full', 'PUT 1 full', 'PUT 2 full']);
  });

  it('ends its entry where both come at the same moment, from two sources', async () => {
    const { site } = bench;
    const source = site.configuration.sources.find(({ id }) => id === SOURCE)!;
    const other = { ...source, id: 'second' };
    const both = { ...site.configuration, sources: [...site.configuration.sources, other] };
    await bench.receive([HEADINGS, ENTRY].join('\r\n'), { source });
    await bench.receive([HEADINGS, REMOVAL].join('\r\n'), { source: other });
    meetBeforeWriting(bench.test.database);
    await Promise.all(
      [source, other].map(({ id }) => bench.work({ sourceId: id, site: { ...site, configuration: both } })),
    );
    const all = await feed();
    const isEntry = ({ subject }: CloudEvent): boolean => subject === all.at(-1)?.subject;
    assert.deepEqual(
      all.filter(isEntry).map(({ method }) => method),
      ['PUT', 'DELETE'],
    );
    assert.equal(all.length, 3);
  });

  describe('that comes before its entry', () => {
    const ENDED = ['PUT 0 full', 'PUT 1 empty', 'DELETE 1 empty'];

    it('says at each delivery that its entry is not known, and ends it as soon as it comes', async () => {
      assert.deepEqual(await codesOf(await ingest(REMOVAL)), ['list.unknown-entry']);
      const again = await ingest(REMOVAL);
      assert.equal(again.counts.unchanged, 1);
      assert.deepEqual(await codesOf(again), ['list.unknown-entry']);
      const entry = await ingest(ENTRY);
      assert.equal(entry.counts.new, 1);
      assert.deepEqual(await codesOf(entry), ['list.removed-before']);
      assert.deepEqual(await events(), ENDED);
      const full = await ingest(ENTRY, REMOVAL);
      assert.deepEqual([full.counts.stale, full.counts.unchanged], [1, 1]);
      assert.deepEqual(await codesOf(full), ['record.ended'], 'the entry is known now');
      assert.deepEqual(await events(), ENDED);
    });

    for (const chunkRows of [1, 100])
      it(`ends it in its own file, rows in their order, in chunks of ${chunkRows}`, async () => {
        const csv = [HEADINGS, REMOVAL, ENTRY, ENTRY].join('\r\n');
        const id = await bench.receive(csv, { sourceId: SOURCE });
        await bench.work({ sourceId: SOURCE, chunkRows });
        const { counts } = await bench.view(id);
        assert.deepEqual([counts.new, counts.stale], [2, 1]);
        const { problems } = await bench.problems(id);
        assert.deepEqual(
          problems.map(({ row, code }) => [row, code]),
          [
            [2, 'list.unknown-entry'],
            [3, 'list.removed-before'],
            [4, 'record.ended'],
          ],
        );
        assert.deepEqual(await events(), ENDED);
      });

    it('ends none of another agency, subject or number, nor one that it names no longer', async () => {
      const other = 'food-medicine-serious-dishonesty-list-entry';
      await ingestFrom(other, REMOVAL);
      await ingest(
        REMOVAL.replace('津滨市监列〔2026〕1号', '津滨市监列〔2026〕98号').replace(
          '移〔2026〕4号',
          '移〔2026〕5号',
        ),
        REMOVAL.replace('91120116MA6100009L', '91120116MA61000335').replace('移〔2026〕4号', '移〔2026〕6号'),
        REMOVAL.replace('移〔2026〕4号', '移〔2026〕7号'),
      );
      await ingest(
        REMOVAL.replace('津滨市监列〔2026〕1号', '津滨市监列〔2026〕97号').replace(
          '移〔2026〕4号',
          '移〔2026〕7号',
        ),
      );
      const entry = await ingest(ENTRY);
      assert.deepEqual(await codesOf(entry), []);
      const last = (await feed()).at(-1);
      assert.deepEqual([last?.method, last?.data !== undefined], ['PUT', true]);
    });

    it('ends none where its list is another one', async () => {
      await ingest(REMOVAL);
      await bench.test.database.query(
        `update record_versions set data = replace(data, '市场监督管理严重违法失信名单', '别的名单')`,
      );
      await ingest(ENTRY);
      assert.deepEqual(await events(), ['PUT 0 full', 'PUT 1 full']);
    });

    it('ends none once it has been withdrawn', async () => {
      await ingest(REMOVAL);
      await bench.ingest([`${HEADINGS},操作`, `${REMOVAL},撤销`].join('\r\n'), { sourceId: SOURCE });
      await ingest(ENTRY);
      assert.deepEqual(await events(), ['PUT 0 empty', 'DELETE 0 empty', 'PUT 1 full']);
    });

    it('leaves an entry that was brought back, whatever full exports say again', async () => {
      await ingest(REMOVAL);
      await ingest(ENTRY);
      const foundation = {
        site: bench.site,
        storage: { database: bench.test.database },
        clock: () => NOW,
        log: createLogger('silent'),
        dispatcher: { wake: () => Promise.resolve() },
      } as unknown as Foundation;
      const { reinstateRecord } = bindRecordDecisions(foundation, () => undefined);
      const recordId = (await feed()).at(-1)?.subject ?? '';
      const caller = { keyId: 'k', role: 'operator', agency: null } as const;
      await reinstateRecord({ recordId, caller, reason: 'the removal was set aside' });
      const full = await ingest(REMOVAL, ENTRY);
      assert.equal(full.counts.unchanged, 2);
      assert.deepEqual(await codesOf(full), []);
      assert.equal((await events()).at(-1), 'PUT 1 full');
    });
  });
});

/** Has the first two that would store a chunk wait for each other, unless the second waits for a lock of the first. */
function meetBeforeWriting(database: Database): void {
  const { transaction } = database;
  let arrived = 0;
  const isLocked = async (): Promise<boolean> => {
    const { rowCount } = await database.query(
      `select from pg_locks where locktype = 'advisory' and not granted
         and database = (select oid from pg_database where datname = current_database())`,
    );
    return rowCount !== 0;
  };
  const meet = async (): Promise<void> => {
    arrived += 1;
    await until(async () => arrived >= 2 || (await isLocked()), { what: 'the other source' });
  };
  database.transaction = (work) =>
    transaction((connection) => {
      // What is copied in gives a stream at once, and no promise.
      const stores = (text: unknown): boolean =>
        typeof text === 'string' && text.startsWith('update batches set last_row');
      const query = (...args: [string]): unknown =>
        stores(args[0]) ? meet().then(() => connection.query(...args)) : connection.query(...args);
      const get = (on: typeof connection, name: string): unknown =>
        name === 'query' ? query : (Reflect.get(on, name, on) as unknown);
      return work(new Proxy(connection, { get }));
    });
}
