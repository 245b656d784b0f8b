// The feedback table in real databases: the verdict of every row stands beside its key, whatever broke on the way.
import assert from 'node:assert/strict';
import { dropBatch } from '../../../src/db/held-batches.js';
import type { Database } from '../../../src/db/pool.js';
import {
  createFeedbackWriter,
  type FeedbackWriterNeeds,
} from '../../../src/intake/front-end/feedback-writer.js';
import { NOW } from '../../helpers/intake.js';
import { openForSuite } from '../../helpers/agency-suite.js';
import { KINDS, type AgencyDatabase } from './agency-database.js';
import { openPullBench, type PullBench } from './pull-bench.js';

const T0 = '2026-06-01 10:00:00';
const FEEDBACK = { feedbackTable: 'credit_feedback', withdrawsMissing: true };
const JOINED = `select cast(p.id as char(20)) as id, f.verdict, f.status, f.codes, f.message from penalties p
  join credit_feedback f on f.id = p.id order by p.id, f.fed_back_at`;

for (const kind of KINDS)
  describe(`the feedback table of a front-end database (${kind})`, function () {
    this.timeout(60_000);
    let agency: AgencyDatabase;
    let bench: PullBench;

    openForSuite(kind, (opened) => {
      agency = opened;
    });
    beforeEach(async () => {
      await agency.run('delete from penalties');
      await agency.run('drop table if exists credit_feedback');
      bench = await openPullBench(agency);
    });
    afterEach(() => bench.close());

    const pull = async (isSweep = false): Promise<void> => {
      await bench.pull({ settings: FEEDBACK, order: { isSweep } });
      await bench.work();
    };
    const write = (replaced: Partial<FeedbackWriterNeeds> = {}): Promise<void> =>
      createFeedbackWriter({ ...bench.needs, ...replaced })(bench.source(FEEDBACK));
    const counts = async (): Promise<Record<string, number>> => {
      const rows = await agency.run(
        'select status, verdict, count(*) as count from credit_feedback group by status, verdict',
      );
      return Object.fromEntries(
        rows.map(({ status, verdict, count }) => [`${String(status)}/${String(verdict)}`, Number(count)]),
      );
    };
    const due = async (): Promise<number> =>
      (await bench.bench.test.database.query(`select from pull_feedback where state = 'due'`)).rowCount ?? 0;

    it('has the verdict of every row beside the key that the agency knows, to be joined by it', async () => {
      await agency.insert([
        { id: 1, at: T0 },
        { id: '9007199254740993', n: 2, at: T0, cells: { CF_JDRQ: '31/12/2025', CF_XDR_LB: '企业' } },
        { id: '9007199254740994', n: 3, at: T0 },
      ]);
      await pull();
      await write();
      const rows = await agency.run(JOINED);
      assert.deepEqual(
        rows.map(({ id, verdict, status }) => [String(id).trim(), verdict, status]),
        [
          ['1', 'new', 'accepted'],
          ['9007199254740993', 'rejected', 'rejected'],
          ['9007199254740994', 'new', 'accepted'],
        ],
      );
      assert.match(String(rows[1]?.['codes']), /date\./);
      assert.match(String(rows[1]?.['message']), /CF_JDRQ/i);
      assert.match(String(rows[1]?.['message']), /[\u4e00-\u9fff]/);
      assert.equal(await due(), 0);
    });

    it('is written once a batch has settled, and not before', async () => {
      await agency.insert([{ id: 1, at: T0 }]);
      await bench.pull({ settings: FEEDBACK });
      await write();
      assert.equal(await due(), 1);
      await bench.work();
      await write();
      assert.deepEqual(await counts(), { 'accepted/new': 1 });
    });

    it('is whole after a writer was killed in the middle, with every row once', async () => {
      const count = 1800;
      await agency.insert(Array.from({ length: count }, (_, i) => ({ id: i + 1, at: T0 })));
      await pull();
      const boom = new Error('killed on purpose');
      for (const allowed of [0, 1, 1]) {
        let moves = 0;
        const database: Database = {
          ...bench.needs.database,
          query: (text, values) => {
            if (text.includes('set next_row') && (moves += 1) > allowed) throw boom;
            return bench.needs.database.query(text, values);
          },
        };
        await assert.rejects(write({ database }), boom);
      }
      await write();
      await write();
      assert.deepEqual(await counts(), { 'accepted/new': count });
      assert.equal(await due(), 0);
    });

    it('has the verdict of withdrawals, under the keys of rows that are gone', async () => {
      await agency.insert(Array.from({ length: 40 }, (_, i) => ({ id: i + 1, at: T0 })));
      await pull();
      await agency.run('delete from penalties where id = 7');
      await pull(true);
      await write();
      assert.deepEqual(await counts(), { 'accepted/new': 40, 'accepted/withdrawn': 1 });
      const [row] = await agency.run(`select id from credit_feedback where verdict = 'withdrawn'`);
      assert.equal(String(row?.['id']), '7');
    });

    it('says of a dropped batch that its rows were not processed', async () => {
      await agency.insert(Array.from({ length: 10 }, (_, i) => ({ id: i + 1, at: T0 })));
      await pull();
      await agency.run('delete from penalties where id <= 5');
      await pull(true);
      await write();
      assert.deepEqual(await counts(), { 'accepted/new': 10 });
      const held = (await bench.batches()).at(-1)!;
      assert.equal(held.status, 'held');
      const warning = { code: 'batch.dropped', message: 'Dropped.', messageZh: '放弃。' };
      await dropBatch(bench.bench.test.database, { id: held.id, at: NOW, warning });
      await write();
      assert.deepEqual(await counts(), { 'accepted/new': 10, 'not-processed/null': 5 });
    });

    it('may be made by the agency itself, as long as it has the columns', async () => {
      await agency.run(
        `create table credit_feedback (batch_id char(36), row_no bigint, id varchar(40), verdict varchar(20),
           status varchar(20), codes text, message text, fed_back_at timestamp, note text,
           primary key (batch_id, row_no))`,
      );
      await agency.insert([{ id: 1, at: T0 }]);
      await pull();
      await write();
      const [row] = await agency.run('select id, status, fed_back_at from credit_feedback');
      assert.equal(row?.['id'], '1');
    });

    it('is refused where it lacks columns, and the batch stays due', async () => {
      await agency.run('create table credit_feedback (batch_id char(36) primary key)');
      await agency.insert([{ id: 1, at: T0 }]);
      await pull();
      await assert.rejects(write(), { code: 'pull.misconfigured', message: /row_no, id, verdict/ });
      assert.equal(await due(), 1);
    });

    it('keeps no order for a source without one', async () => {
      await agency.insert([{ id: 1, at: T0 }]);
      await bench.pull();
      assert.equal(await due(), 0);
      await createFeedbackWriter(bench.needs)(bench.source());
    });
  });
